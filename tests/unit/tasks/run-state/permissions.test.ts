import { describe, expect, it } from 'vitest';
import { type EventInput, reduceEvents } from '../../../../tasks/index.ts';
import { attemptEnd, begin, end, events, plan, queue, runEnd, start } from './sample-events.ts';

const asked = (request: string, subtask = 'a'): EventInput => ({
  type: 'permission-request',
  subtask,
  attempt: 1,
  worker: 'w',
  request,
  tool: 'Bash',
  summary: 'npm install',
  reason: 'No rule allows it.',
});
const answered = (request: string, subtask = 'a'): EventInput => ({
  type: 'permission-end',
  subtask,
  request,
  allowed: true,
  by: 'person',
});
const opening = [start, plan, queue('a'), begin('a'), queue('b'), begin('b')];
const pending = (...rest: EventInput[]) =>
  reduceEvents(events(...opening, ...rest)).permissions.map(({ request }) => request);

describe('pending permission requests', () => {
  it('are known until they are answered, each once', () => {
    expect(pending(asked('r-1'), asked('r-2', 'b'), asked('r-1'))).toEqual(['r-1', 'r-2']);
    expect(pending(asked('r-1'), asked('r-2', 'b'), answered('r-1'))).toEqual(['r-2']);
    expect(pending(answered('r-1'))).toEqual([]);
  });

  it('end with the attempt, the subtask, the run and the session that asked', () => {
    const both = [asked('r-1'), asked('r-2', 'b')];
    expect(pending(...both, attemptEnd('a', { retry: true }))).toEqual(['r-2']);
    expect(pending(...both, end('b'))).toEqual(['r-1']);
    expect(pending(...both, runEnd)).toEqual([]);
    expect(pending(...both, start)).toEqual([]);
  });
});

describe('messages', () => {
  it('are kept for the report, the last 1,000', () => {
    const sent = Array.from(
      { length: 1_005 },
      (_, index): EventInput => ({ type: 'message-send', from: 'a', to: 'coordinator', text: String(index) }),
    );
    const { messages } = reduceEvents(events(...opening, ...sent));
    expect(messages).toHaveLength(1_000);
    expect(messages[0]).toMatchObject({ from: 'a', to: 'coordinator', text: '5' });
  });
});
