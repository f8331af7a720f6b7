import { sealRun } from '../../../../ipc/index.ts';

const root = process.argv[2] ?? '';
await sealRun({ id: 'r', root, journal: '', mailbox: '', results: '', lock: '' });
