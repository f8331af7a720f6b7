/** The entry of a worker thread; Piscina calls the default export with a WorkerInput and waits for it to drain. */
import { createFileMailbox, type WorkerInput } from '../ipc/index.ts';
import { serve } from './serve.ts';

export default async function main(input: WorkerInput): Promise<void> {
  const mailbox = createFileMailbox({ folder: input.mailbox });
  try {
    await serve({ ...input, mailbox });
  } finally {
    await mailbox.close();
  }
}
