import { type EventInput, type FanfoldEvent, noUsage, type Subtask } from '../../../../tasks/index.ts';

export const usage = (inputTokens: number, usd = 0) => ({ ...noUsage(), inputTokens, usd });
export const error = { code: 'check-failed' as const, message: 'No.', next: 'Look.', failure: 'permanent' as const };

export function events(...inputs: EventInput[]): FanfoldEvent[] {
  return inputs.map((input, index) => ({ ...input, run: 'r', time: new Date(index * 1000).toISOString() }));
}

export const start: EventInput = {
  type: 'run-start',
  name: 'n',
  goal: 'g',
  repository: '/r',
  base: 'b0',
  branch: 'fanfold/n',
  subtasks: 2,
  concurrency: 2,
  threads: 1,
  pid: 7,
  version: '0',
};
const subtask = (id: string): Subtask => ({
  id,
  title: `T ${id}`,
  needs: [],
  executor: { kind: 'run', command: 'x' },
  writes: [],
  environment: {},
  workspace: 'worktree',
  retries: 0,
  timeoutMs: 1,
  permissions: { mode: 'plan', allow: [], ask: [], deny: [] },
  model: {},
  checks: [],
});
export const plan: EventInput = {
  type: 'plan-end',
  plan: {
    name: 'n',
    base: 'HEAD',
    into: 'fanfold/n',
    environment: {},
    checks: [],
    subtasks: [subtask('a'), subtask('constructor')],
  },
};
export const queue = (id: string, attempt = 1): EventInput => ({ type: 'subtask-queue', subtask: id, attempt });
export const begin = (id: string, attempt = 1): EventInput => ({
  type: 'subtask-start',
  subtask: id,
  attempt,
  worker: 'w',
});
export const model = (id: string, attempt: number, tokens: number): EventInput => ({
  type: 'model-end',
  subtask: id,
  attempt,
  worker: 'w',
  turn: 1,
  model: 'm',
  usage: usage(tokens),
  stopReason: null,
  durationMs: 1,
});
export const attemptEnd = (
  id: string,
  more: Partial<Extract<EventInput, { type: 'attempt-end' }>> = {},
): EventInput => ({
  type: 'attempt-end',
  subtask: id,
  attempt: 1,
  worker: 'w',
  result: 'changed',
  retry: false,
  usage: noUsage(),
  durationMs: 1,
  denials: 0,
  ...more,
});
export const end = (id: string, more: Partial<Extract<EventInput, { type: 'subtask-end' }>> = {}): EventInput => ({
  type: 'subtask-end',
  subtask: id,
  status: 'landed',
  attempts: 1,
  usage: noUsage(),
  durationMs: 5,
  denials: 0,
  ...more,
});
export const runEnd: EventInput = {
  type: 'run-end',
  status: 'succeeded',
  exitCode: 0,
  subtasks: { total: 2, landed: 1, unchanged: 1, cached: 0, failed: 0, cancelled: 0, conflicted: 0 },
  commit: 'c9',
  usage: usage(9),
  durationMs: 9,
  denials: 0,
  folder: '/f',
};
