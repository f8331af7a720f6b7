import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Past } from '../../../coordinator/dispatch/past.ts';
import { gateUsage, lostGateUsage, unendedUsage } from '../../../coordinator/run/unended-usage.ts';
import { usageOfJudges } from '../../../ipc/index.ts';
import { initialRunState, noUsage, reduceRun } from '../../../tasks/index.ts';

const usage = (inputTokens: number) => ({ ...noUsage(), inputTokens });
const lines = (...entries: unknown[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

it('sums up what transcripts tell of attempts that never ended, and of no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unended-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string, name = 'transcript.jsonl') => {
    mkdirSync(join(folder, 'subtasks', path), { recursive: true });
    writeFileSync(join(folder, 'subtasks', path, name), text);
  };
  write('a/2', lines({ type: 'message', usage: usage(5) }, { type: 'compact', usage: usage(7) }));
  write('a/2/candidate-1', `${lines({ type: 'message', usage: usage(100) })}{"type":"message","usage":{"inp`);
  write('b/1', lines({ type: 'message', usage: usage(9) }, { type: 'resume', usage: usage(9) }, { type: 'message' }));
  // A judge begins anew each time, in the same file.
  const judged = { type: 'message', usage: usage(1_000) };
  write('a/2', lines({ type: 'start' }, judged, { type: 'start' }, judged), 'judge-quality.jsonl');
  write('a/2/candidate-1', lines(judged), 'judge-quality.jsonl');
  write('a/2/helpers/1', lines({ type: 'message', usage: usage(10_000) }));
  write('a/2', lines({ type: 'message', usage: usage(7) }), 'check-quality.log');
  write('c/1', lines({ type: 'message', usage: usage(1_000) }));
  const past = new Map<string, Past>([
    ['a', { kind: 'out', attempts: 2, forgiven: 0 }],
    ['b', { kind: 'out', attempts: 1, forgiven: 0 }],
    ['c', { kind: 'again', attempts: 1, forgiven: 0 }],
    ['d', { kind: 'out', attempts: 1, forgiven: 0 }],
  ]);
  const found = await unendedUsage(folder, past);
  expect(found.map(({ inputTokens }) => inputTokens)).toEqual([13_112, 9, 0]);
  expect((await usageOfJudges(join(folder, 'subtasks/a/2'))).inputTokens).toBe(2_000);
  expect(await usageOfJudges(join(folder, 'subtasks/d/1'))).toEqual(noUsage());
});

it('tells what judges of lost gates used, until the journal has it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unended-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const judge = (gate: string, tokens: number) => {
    mkdirSync(join(folder, 'gates', gate), { recursive: true });
    writeFileSync(join(folder, 'gates', gate, 'judge-q.jsonl'), lines({ type: 'message', usage: usage(tokens) }));
  };
  const at = { time: '2026-11-22T12:00:00.000Z', run: 'r' };
  const check = { name: 'q', gate: true, passed: true, exitCode: null, durationMs: 1, outputTail: '' };
  const attempt = { subtask: 'a', attempt: 1, worker: 'w', durationMs: 1, denials: 0 } as const;
  let state = initialRunState();
  state = reduceRun(state, {
    ...at,
    type: 'attempt-end',
    ...attempt,
    result: 'changed',
    retry: false,
    usage: usage(50),
  });
  expect(await lostGateUsage(folder, state)).toBeUndefined();
  judge('gate-1', 30);
  judge('gate-2', 400);
  state = reduceRun(state, { ...at, type: 'gate-end', subtasks: ['a'], check, usage: usage(30) });
  expect(gateUsage(state)).toEqual(usage(30));
  const lost = await lostGateUsage(folder, state);
  expect(lost).toEqual(usage(400));
  state = reduceRun(state, { ...at, type: 'notice', level: 'info', message: 'm', usage: lost ?? noUsage() });
  expect(await lostGateUsage(folder, state)).toBeUndefined();
});
