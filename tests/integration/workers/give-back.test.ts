import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { giveBackClaims } from '../../../coordinator/workers/give-back.ts';
import { type Assignment, createFileMailbox, type Mailbox, recipients } from '../../../ipc/index.ts';
import type { Executor, Subtask } from '../../../tasks/index.ts';
import { expandText } from '../../support/expand-text.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

const codemod: Executor = { kind: 'codemod', rules: [{ path: 'r.yml', text: 'id: r' }], files: [] };

/** A mailbox whose messages, one for each executor, are all held by `worker-1`. */
async function heldBy(executors: readonly Executor[]): Promise<Mailbox> {
  const folder = temporaryFolder();
  const mailbox = createFileMailbox({ folder: join(folder, 'mailbox') });
  onTestFinished(() => mailbox.close());
  const [subtask] = (await expandText('subtasks: [{ id: s, run: "true" }]\n')).subtasks;
  for (const recipient of [recipients.workers, recipients.gates]) await mailbox.open(recipient);
  for (const [index, executor] of executors.entries()) {
    const body: Assignment = {
      run: 'r',
      subtask: { ...(subtask as Subtask), id: `s-${index}`, executor },
      attempt: 1,
      repository: folder,
      runFolder: folder,
    };
    const from = recipients.coordinator;
    const id = `s-${index}-1`;
    await mailbox.publish(recipients.workers, {
      version: 1,
      id,
      kind: 'assignment',
      from,
      to: recipients.workers,
      body,
    });
    await mailbox.claim(recipients.workers, 'worker-1');
  }
  return mailbox;
}

async function states(mailbox: Mailbox): Promise<string[]> {
  const entries = await mailbox.list(recipients.workers);
  return entries.map(({ id, state }) => `${id} ${state}`).sort();
}

const run: Executor = { kind: 'run', command: 'true' };
const silent = { silent: true, reason: 'it gave no sign of life for 20 s' };

it('buries the codemod that kept its thread from answering, and gives the rest back', async () => {
  const mailbox = await heldBy([run, codemod, run]);
  await giveBackClaims(mailbox, 'worker-1', silent);
  expect(await states(mailbox)).toEqual(['s-0-1 new', 's-1-1 dead', 's-2-1 new']);
  const [dead] = await mailbox.list(recipients.workers, ['dead']);
  expect(dead?.reason).toContain('a rule took too long in one file: it gave no sign of life for 20 s');
});

it('blames no codemod where it may have been another one, or the thread died', async () => {
  const several = await heldBy([codemod, codemod]);
  await giveBackClaims(several, 'worker-1', silent);
  expect(await states(several)).toEqual(['s-0-1 new', 's-1-1 new']);
  const died = await heldBy([codemod]);
  await giveBackClaims(died, 'worker-1', { silent: false, reason: 'out of memory' });
  expect(await states(died)).toEqual(['s-0-1 new']);
});

it('leaves the claims of others alone', async () => {
  const mailbox = await heldBy([codemod]);
  await giveBackClaims(mailbox, 'worker-2', silent);
  expect(await states(mailbox)).toEqual(['s-0-1 claimed']);
});
