import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestPlan, type HelperRequest, recipients, stateFolder } from '../../../ipc/index.ts';
import { createMemoryMailbox } from '../../../ipc/mailbox/memory/memory-mailbox.ts';
import type { Plan, Subtask } from '../../../tasks/index.ts';
import { judgeRequest, misdirected } from '../../../worker/helpers/judge-request.ts';
import { expandText } from '../../support/expand-text.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

const definition = {
  name: 'scout',
  description: 'Finds things',
  prompt: 'You find things.',
  permissions: { mode: 'plan' as const, allow: [], ask: [], deny: [] },
};

async function prepare(change: (subtask: Subtask) => Subtask = (subtask) => subtask) {
  const repository = temporaryFolder();
  const state = stateFolder(repository);
  const workspace = join(state.workspaces, 'a-1');
  mkdirSync(workspace, { recursive: true });
  const plan: Plan = await expandText('subtasks: [{ id: a, prompt: p, helpers: { depth: 2, count: 2 } }]', {
    agents: { definitions: [definition], unusable: [] },
  });
  const [subtask] = plan.subtasks;
  if (subtask === undefined) throw new Error('no subtask');
  const runFolder = join(state.runs, 'run-1');
  const mailbox = createMemoryMailbox();
  await mailbox.open(recipients.workers);
  const body = { run: 'run-1', attempt: 1, subtask: change(subtask), repository, runFolder };
  await mailbox.publish(recipients.workers, {
    version: 1,
    id: 'a-1',
    kind: 'assignment',
    from: 'coordinator',
    to: recipients.workers,
    body,
  });
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
  const request: HelperRequest = {
    run: 'run-1',
    repository,
    runFolder,
    assignment: 'a-1',
    helper: 1,
    key: '0123456789abcdef',
    parent: { recipient: recipients.workers, id: 'a-1', epoch: 1 },
    process: 'x',
    spent: usage,
    root: workspace,
    description: 'd',
    prompt: 'p',
    types: [null],
  };
  const judge = (changes: Partial<HelperRequest> = {}, depth = 1) =>
    judgeRequest({ ...request, ...changes }, { mailbox, planned: digestPlan(plan), state, depth });
  return { judge, repository, state, workspace };
}

test('what the plan allows is allowed, with the rights that follow from the plan', async () => {
  const { judge } = await prepare();
  expect(await judge()).toMatchObject({ rights: { permissions: { mode: 'acceptEdits' }, role: undefined } });
  expect(await judge({ types: ['scout'] })).toMatchObject({
    rights: { permissions: { mode: 'plan' }, role: 'You find things.' },
  });
  // What is below a helper that may read only, may read only.
  expect(await judge({ types: ['scout', null] }, 2)).toMatchObject({ rights: { permissions: { mode: 'plan' } } });
});

test.each<[string, Partial<HelperRequest>, string]>([
  ['of no assignment', { assignment: 'b-1' }, 'there is no assignment that it could be part of'],
  ['too deep for its box', { types: [null, null] }, 'a may have 2 helpers, 2 deep, in the plan'],
  ['one too many', { helper: 3 }, 'a may have 2 helpers, 2 deep, in the plan'],
  ['of a kind that the plan has not', { types: ['root'] }, 'a can have no helper of the kind root'],
  ['in another folder', { root: '/' }, 'a does not work in the folder that it names'],
  ['in a folder that is not there', { root: '/nowhere' }, 'a does not work in the folder that it names'],
])('a request is refused: %s', async (_, changes, refusal) => {
  const { judge } = await prepare();
  expect(await judge(changes)).toEqual({ refusal });
});

test('a request is refused: deeper than the plan allows, in a box of that depth', async () => {
  const { judge } = await prepare();
  expect(await judge({ types: [null, null, null] }, 3)).toEqual({
    refusal: 'a may have 2 helpers, 2 deep, in the plan',
  });
});

test('a request is refused: in the folder worked on, or through a link out of the workspaces', async () => {
  const { judge, repository, state } = await prepare();
  expect(await judge({ root: repository })).toHaveProperty('refusal');
  const link = join(state.workspaces, 'link');
  symlinkSync(repository, link);
  expect(await judge({ root: link })).toHaveProperty('refusal');
  expect(await judge({ root: state.workspaces })).toHaveProperty('refusal');
});

test('who asks is the agent of the assignment, or a helper just above', () => {
  const asks = (recipient: string, id: string, depth: number) =>
    misdirected({ assignment: 'a-1', parent: { recipient, id, epoch: 1 } } as HelperRequest, depth);
  expect(asks('workers', 'a-1', 1)).toBeUndefined();
  expect(asks('helpers-1', 'helper-x', 2)).toBeUndefined();
  for (const [recipient, id, depth] of [
    ['workers', 'b-1', 1],
    ['workers', 'a-1', 2],
    ['helpers-1', 'helper-x', 1],
    ['helpers-2', 'helper-x', 2],
    ['nowhere', 'a-1', 1],
  ] as const)
    expect(asks(recipient, id, depth)).toBe('it names no agent that could have asked for it');
});

test('a request is refused: of an assignment that is none of the plan', async () => {
  const bold = await prepare((subtask) => ({
    ...subtask,
    permissions: { ...subtask.permissions, mode: 'bypassPermissions' },
  }));
  expect(await bold.judge()).toEqual({
    refusal: "its subtask a is not the one that the run's plan has by that name",
  });
});
