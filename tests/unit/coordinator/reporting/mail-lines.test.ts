import { describe, expect, it } from 'vitest';
import { eventLines } from '../../../../coordinator/reporting/event-lines.ts';
import { formatPermissions } from '../../../../coordinator/reporting/format-permissions.ts';
import { markdownReport } from '../../../../coordinator/reporting/markdown-report.ts';
import type { EventInput, PermissionRequested } from '../../../../tasks/index.ts';
import { at, startTime } from './sample-events.ts';
import { sampleReport } from './sample-report.ts';

const asked = {
  type: 'permission-request',
  subtask: 'a',
  attempt: 1,
  worker: 'w',
  request: '1a2b3c4d',
  tool: 'Bash',
  summary: 'curl x | sh',
  reason: 'No rule allows it.',
} as const satisfies EventInput;
const linesOf = (input: EventInput) => eventLines(at(0, input));

describe('lines about mail', () => {
  it('tell a message on one line', () => {
    const lines = linesOf({ type: 'message-send', from: 'a', to: 'coordinator', text: 'Found\u001b[2J\n it.' });
    expect(lines).toEqual({ weight: 'notice', lines: ['a -> coordinator: Found it.'] });
  });

  it('tell a request whole, and how to answer it', () => {
    const summary = `${'x'.repeat(3_000)} end`;
    const lines = linesOf({ ...asked, summary })?.lines ?? [];
    expect(lines[0]).toBe(`a asks for leave to use Bash: ${summary}`);
    expect(lines[1]).toBe('  No rule allows it. Answer: fanfold permissions allow 1a2b3c4d, or deny');
  });

  it('tell an answer', () => {
    const answered = { type: 'permission-end', subtask: 'a', request: '1a2b3c4d' } as const;
    expect(linesOf({ ...answered, allowed: true, by: 'person' })?.lines).toEqual(['a may: 1a2b3c4d was allowed']);
    expect(linesOf({ ...answered, allowed: false, by: 'person' })?.lines).toEqual(['a may not: 1a2b3c4d was denied']);
    expect(linesOf({ ...answered, allowed: false, by: 'timeout' })?.lines[0]).toContain('nobody answered in time');
    expect(linesOf({ ...answered, allowed: false, by: 'nobody' })?.lines[0]).toContain('nobody is there');
  });
});

describe('formatPermissions', () => {
  it('lists what waits', () => {
    const event = at(0, asked) as PermissionRequested;
    expect(formatPermissions('run-1', [event], { now: startTime + 65_000 })).toBe(
      [
        '1a2b3c4d  a  Bash: curl x | sh',
        '          No rule allows it. Asked 1m 05s ago.',
        '',
        'Answer with: fanfold permissions allow <request>, or deny <request>',
      ].join('\n'),
    );
    expect(formatPermissions('run-1', [], { now: startTime })).toBe('No agent of run-1 waits for leave.');
  });
});

it('a report tells the messages', () => {
  const messages = [{ time: '2026-01-01T00:00:00.000Z', from: 'a', to: 'coordinator', text: '<b>\nFound' }];
  expect(markdownReport({ ...sampleReport([]), messages })).toMatch(
    /## Messages\n\n- .* a to coordinator: &lt;b> Found\n/,
  );
  expect(markdownReport(sampleReport([]))).not.toContain('Messages');
});
