import { createMemoryMailbox } from '../../../ipc/mailbox/memory/memory-mailbox.ts';
import { contractLeaseMs, describeMailbox } from './mailbox-contract.ts';

describeMailbox('memory', async () => ({
  mailbox: createMemoryMailbox({ leaseMs: contractLeaseMs }),
  remove: async () => {},
}));
