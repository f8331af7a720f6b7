import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import { contractLeaseMs, describeMailbox } from './mailbox-contract.ts';

describeMailbox('file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mailbox-contract-'));
  return {
    mailbox: createFileMailbox({ folder: join(folder, 'mail'), leaseMs: contractLeaseMs }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
