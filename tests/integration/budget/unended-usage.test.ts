import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Past } from '../../../coordinator/dispatch/past.ts';
import { unendedUsage } from '../../../coordinator/run/unended-usage.ts';
import { noUsage } from '../../../tasks/index.ts';

const usage = (inputTokens: number) => ({ ...noUsage(), inputTokens });
const lines = (...entries: unknown[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

it('sums up what transcripts tell of attempts that never ended, and of no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unended-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, 'subtasks', path), { recursive: true });
    writeFileSync(join(folder, 'subtasks', path, 'transcript.jsonl'), text);
  };
  write('a/2', lines({ type: 'message', usage: usage(5) }, { type: 'compact', usage: usage(7) }));
  write('a/2/candidate-1', `${lines({ type: 'message', usage: usage(100) })}{"type":"message","usage":{"inp`);
  write('b/1', lines({ type: 'message', usage: usage(9) }, { type: 'resume', usage: usage(9) }, { type: 'message' }));
  write('c/1', lines({ type: 'message', usage: usage(1_000) }));
  const past = new Map<string, Past>([
    ['a', { kind: 'out', attempts: 2, forgiven: 0 }],
    ['b', { kind: 'out', attempts: 1, forgiven: 0 }],
    ['c', { kind: 'again', attempts: 1, forgiven: 0 }],
    ['d', { kind: 'out', attempts: 1, forgiven: 0 }],
  ]);
  const found = await unendedUsage(folder, past);
  expect(found.map(({ inputTokens }) => inputTokens)).toEqual([112, 9, 0]);
});
