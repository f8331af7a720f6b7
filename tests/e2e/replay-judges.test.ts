import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import type { Reply, Script } from '../simulated-api/types.d.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const taskFile = `version: 1
name: letters
goal: Write letters
checks:
  - { name: friendly, judge: { rubric: It is friendly. }, on: [merged] }
subtasks:
  - { id: a, prompt: "Write subject=a;" }
  - { id: b, prompt: "Write subject=b;" }
  - { id: c, prompt: "Write subject=c;" }
  - { id: d, prompt: "Write subject=d;" }
  - { id: e, prompt: "Write subject=e;", needs: [c] }
`;

const call = (name: string, input: Record<string, unknown>): Reply => ({
  content: [{ type: 'tool_use', name, input }],
});

/** The first letter of b is refused, and sent back by what is merged. */
const script: Script = (request, { firstUserText, turn }) => {
  if (JSON.stringify(request.system).includes('You judge a piece of work')) {
    const score = firstUserText.includes('+rude') ? 0.1 : 0.9;
    return call('submit_result', { score, evidence: `${firstUserText.split('\n+').length - 1} lines` });
  }
  const [, name = ''] = /subject=(\w);/.exec(firstUserText) ?? [];
  const file = { file_path: `${name}.txt` };
  if (turn === 0) return call('Write', { ...file, content: name === 'b' ? 'rude\n' : `dear ${name}\n` });
  if (turn === 2) return call('Read', file);
  if (turn === 3) return call('Write', { ...file, content: 'dear b\n' });
  return { content: [{ type: 'text', text: 'Written.' }] };
};

const roundsIn = (events: readonly FanfoldEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'gate-end' ? [`${event.subtasks.join('')} ${event.check.outputTail}`] : [],
  );

test('what a judge says of the merged tree is replayed, whoever is first', async () => {
  await using api = await createSimulatedApi({ script });
  const { folder } = temporaryRepository({ 'fanfold.yml': taskFile });
  const other = temporaryFolder();
  const recording = join(other, 'letters.ndjson');
  // One after another while it is recorded, all at once while it is replayed.
  const record = ['run', 'fanfold.yml', '--json', '--record', recording, '--concurrency', '1'];
  const recorded = await runFanfold(record, { folder, environment: api.environment });
  api.assertFinished();
  expect(recorded.end(), recorded.stdout).toMatchObject({ exitCode: 0, subtasks: { landed: 5 } });
  const rounds = roundsIn(recorded.events());
  expect(rounds.map((round) => round.split(' ')[0])).toEqual(['abcd', 'ab', 'a', 'b', 'cd', 'be']);
  const replay = ['run', join(folder, 'fanfold.yml'), '--json', '--force', '--into', 'fanfold/again', '--repo', folder];
  const replayed = await runFanfold([...replay, '--model', `replay:${recording}`, '--concurrency', '8'], {
    folder: other,
  });
  expect(replayed.end(), replayed.stdout).toMatchObject({ exitCode: 0, subtasks: { landed: 5 } });
  expect(roundsIn(replayed.events())).toEqual(rounds);
  expect(replayed.stdout).not.toContain('not asked for');
});
