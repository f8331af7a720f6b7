import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MessagesRequest } from '../simulated-api/request-types.d.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { seededRandom } from '../support/random.ts';
import { type FanfoldProcess, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

const subtasks = 100;
const kills = 20;
/** Lines that each agent appends to its file, one a turn: enough that a turn lost per kill is little. */
const steps = 20;
const concurrency = 4;

const taskFile = `version: 1
name: steps
goal: Count
concurrency: ${concurrency}
subtasks:
  - id: count-\${{ item.value }}
    forEach: { lines: names.txt }
    prompt: "Append the numbers to the file. subject=\${{ item.value }};"
    writes: ["out/\${{ item.value }}.txt"]
    permissions: { mode: bypassPermissions }
`;

/** How many lines the agent has written by its conversation, and whether the last append was cut off. */
function progressOf(request: MessagesRequest): { written: number; interrupted: boolean } {
  let written = 0;
  let interrupted = false;
  for (const { role, content } of request.messages) {
    if (role !== 'user' || typeof content === 'string') continue;
    for (const block of content) {
      if (block.type !== 'tool_result') continue;
      interrupted = block.is_error === true;
      if (!interrupted) written += 1;
    }
  }
  return { written, interrupted };
}

test('a coordinator killed 20 times at random moments: all work lands once, and next to nothing is paid for twice', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(20_261_122);
  await using api = await createSimulatedApi({
    latencyMs: 20,
    script(request, { firstUserText }) {
      const [, name = ''] = /subject=([\w-]+);/.exec(firstUserText) ?? [];
      const { written, interrupted } = progressOf(request);
      if (written >= steps) return { content: [{ type: 'text', text: 'Done.' }] };
      const file = `out/${name}.txt`;
      const append = `mkdir -p out && echo ${written} >> ${file}`;
      // Nobody but the agent can know whether a command that was cut off had its effect.
      const command = interrupted ? `grep -qsx ${written} ${file} || { ${append}; }` : append;
      return { content: [{ type: 'tool_use', name: 'Bash', input: { command } }] };
    },
  });
  const names = Array.from({ length: subtasks }, (_, index) => `n${index}`);
  const repository = temporaryRepository({ 'fanfold.yml': taskFile, 'names.txt': `${names.join('\n')}\n` });
  const place = { folder: repository.folder, environment: api.environment };

  let run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  for (let kill = 0; kill < kills; kill += 1) {
    // Some while they take up what was left, most while agents are at work.
    const early = kill > 0 && random.below(4) === 0;
    if (!early)
      await until(
        () => /"model-end"|"run-end"/.test(run.stdout()) || run.child.exitCode !== null,
        'an agent is at work',
      );
    await sleep(random.below(early ? 500 : 1_000));
    await kill9(run);
    run = startFanfold(['resume', '--json'], place);
  }
  const result = await run.ended;
  expect(result.stderr).toBe('');
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { total: subtasks, landed: subtasks } });

  const whole = Array.from({ length: steps }, (_, index) => `${index}\n`).join('');
  for (const name of names) expect([name, repository.read('fanfold/steps', `out/${name}.txt`)]).toEqual([name, whole]);
  const merges = repository.git('log', '--merges', '--format=%s', 'main..fanfold/steps').split('\n');
  expect(merges.sort()).toEqual(names.map((name) => `Merge count-${name}`).sort());

  const undisturbed = subtasks * (steps + 1);
  const asked = api.requests.filter(({ path }) => path === '/v1/messages').length;
  console.info(`${asked} model calls, ${undisturbed} in an undisturbed run: ${(asked / undisturbed).toFixed(3)}`);
  expect(asked).toBeLessThanOrEqual(undisturbed * 1.05);
  expect(leftovers(repository)).toEqual([]);

  const again = await runFanfold(['resume', '--json', result.end().run], place);
  expect(again.exitCode).toBe(0);
  expect(api.requests.filter(({ path }) => path === '/v1/messages').length).toBe(asked);
});

async function kill9({ child, ended }: FanfoldProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}
