/** The entry of a worker thread; Piscina calls the default export with a WorkerInput and waits for it to drain. */
import { createFileMailbox, type WorkerInput } from '../ipc/index.ts';
import { serve } from './serving/serve.ts';

// What the plan seems to need is loaded while the plan is made.
preload(process.argv.slice(2));

export default async function main(input: WorkerInput): Promise<void> {
  preload(input.executors);
  const mailbox = createFileMailbox({ folder: input.mailbox, leaseMs: input.leaseMs });
  try {
    await serve({ ...input, mailbox });
  } finally {
    await mailbox.close();
  }
}

/** What can't be loaded is reported by the first subtask that needs it. */
function preload(executors: readonly string[]): void {
  const loading = executors.map((kind) => {
    if (kind === 'prompt') {
      return Promise.all([
        import('./executors/prompt.ts'),
        import('./agent/run-agent.ts'),
        import('./agent/model/anthropic-sdk.ts'),
      ]).then(touchHeaders);
    }
    if (kind === 'run') return import('./executors/run.ts');
    return kind === 'codemod' ? import('./executors/codemod.ts') : undefined;
  });
  Promise.all(loading).catch(() => {});
}

/** Node loads the classes of fetch when one of them is named first, 10 ms. */
function touchHeaders(): void {
  new Headers();
}
