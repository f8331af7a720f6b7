/** Appends to a journal until it is killed: `node child.mjs <path>`. Says the number of each acknowledged event. */
import { writeSync } from 'node:fs';
import { openJournal } from '../../../../ipc/journal/journal.ts';

const journal = await openJournal(process.argv[2] ?? '');
for (;;) {
  const batch = Array.from({ length: 5 }, () => {
    const message = `e-${journal.sequence + 1}`;
    return journal.append({ type: 'notice', time: '2026-01-01T00:00:00.000Z', run: 'run-1', level: 'info', message });
  });
  await Promise.all(batch);
  writeSync(1, `${journal.sequence}\n`);
}
