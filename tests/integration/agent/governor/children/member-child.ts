/**
 * A process with one member of the governor. The first argument is the folder to meet in. Lines of standard input:
 * `refuse <ms>` (is refused once, told to wait for so long), `ask <id>` (enters, answers `granted <id> <unix ms>`, and has
 * its answer at once), `hold <id>` (the same, and never has an answer).
 */
import { createInterface } from 'node:readline';
import type { Permit } from '../../../../../worker/agent/model/governor/governor.ts';
import { joinGovernor } from '../../../../../worker/agent/model/governor/join.ts';
import { createMember } from '../../../../../worker/agent/model/governor/member.ts';

const lane = 'a'.repeat(32);
const [parent = ''] = process.argv.slice(2);
const member = createMember({ join: () => joinGovernor({ parents: [parent] }) });
const { signal } = new AbortController();
const enter = async (): Promise<Permit> => member.enter(lane, { order: Date.now(), signal, onWait: () => {} });

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [command, id = ''] = line.split(' ');
  if (command === 'refuse') (await enter()).settle({ kind: 'refused', retryAfterMs: Number(id) });
  if (command === 'ask' || command === 'hold') {
    void enter().then((permit) => {
      process.stdout.write(`granted ${id} ${Date.now()}\n`);
      if (command === 'ask') permit.settle({ kind: 'answered', inputTokens: 1, outputTokens: 1 });
    });
  }
}
await member[Symbol.asyncDispose]();
