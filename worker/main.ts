/** The entry of a worker thread; Piscina calls the default export with a WorkerInput and waits for it to drain. */
import { createFileMailbox, type WorkerInput } from '../ipc/index.ts';
import { serve } from './serve.ts';

export default async function main(input: WorkerInput): Promise<void> {
  preload(input.executors).catch(() => {
    // What can't be loaded is reported by the first subtask that needs it.
  });
  const mailbox = createFileMailbox({ folder: input.mailbox, leaseMs: input.leaseMs });
  try {
    await serve({ ...input, mailbox });
  } finally {
    await mailbox.close();
  }
}

/** Load executors while the mailbox is opened and the first message claimed. */
async function preload(executors: WorkerInput['executors']): Promise<void> {
  if (executors.includes('prompt'))
    await Promise.all([import('./executors/prompt.ts'), import('./agent/model/anthropic-sdk.ts')]);
  if (executors.includes('run')) await import('./executors/run.ts');
  if (executors.includes('codemod')) await import('./executors/codemod.ts');
}
