import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FanfoldEvent, RunEnd } from '../../tasks/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import type { Reply, ReplyBlock, RequestContext } from '../simulated-api/types.d.ts';
import { folderLeftovers } from '../support/leftovers.ts';
import { type FanfoldProcess, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

const sendMessage = (to: string, message: string): ReplyBlock => ({
  type: 'tool_use',
  name: 'SendMessage',
  input: { to, message },
});

const say = (text: string): Reply => ({ content: [{ type: 'text', text }] });

/** A call that changes nothing and is never the same twice; so slow that an agent has turns enough to wait with. */
const lookAround = ({ turn }: RequestContext): Reply => ({
  latencyMs: 250,
  content: [{ type: 'tool_use', name: 'Glob', input: { pattern: `*-${turn}.md` } }],
});

function events(run: FanfoldProcess): FanfoldEvent[] {
  const whole = run.stdout().slice(0, run.stdout().lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const notices = (all: readonly FanfoldEvent[]): string[] =>
  all.flatMap((event) => (event.type === 'notice' ? [event.message] : []));

const letters = `version: 1
name: letters
defaults: { workspace: none, messages: true, retries: 0 }
subtasks:
  - { id: early, prompt: "I am early;" }
  - { id: asker, needs: [early], prompt: "I am asker;" }
  - { id: helper, needs: [early], prompt: "I am helper;" }
  - { id: silent, needs: [early], prompt: "I am silent;", messages: false }
`;

test('two agents write to each other while they work; what nobody will read is refused, and the model is told', async () => {
  const refusals: string[] = [];
  const heard: string[] = [];
  await using api = await createSimulatedApi({
    latencyMs: 50,
    script(request, context) {
      const { turn, firstUserText, lastUserText, toolResults } = context;
      const [, name = ''] = /I am (\w+);/.exec(firstUserText) ?? [];
      const tools = (request.tools ?? []).map((tool) => ('name' in tool ? tool.name : ''));
      expect(tools.includes('SendMessage')).toBe(name !== 'silent');
      if (name === 'early' || name === 'silent') return say('Done.');
      if (turn === 0) {
        expect(firstUserText).toContain(`# Your id\n\n${name}`);
        if (name === 'helper') return lookAround(context);
        const targets = ['helper', 'coordinator', 'early', 'silent', 'nobody', 'asker', '../x'];
        return { content: targets.map((to) => sendMessage(to, `Which port is it?\u001b[2J (${to})`)) };
      }
      if (name === 'asker' && turn === 1) {
        refusals.push(...toolResults.map(({ text, isError }) => `${isError ? 'refused: ' : ''}${text}`));
      }
      if (toolResults.some((result) => result.name === 'SendMessage' && name === 'helper')) return say('I answered.');
      const [mail] = /^Message \S+ from the agent of \w+ [\s\S]*$/m.exec(lastUserText) ?? [];
      if (mail === undefined) return lookAround(context);
      heard.push(mail);
      if (name === 'helper')
        return { content: [{ type: 'text', text: 'I answer.' }, sendMessage('asker', 'It is 8080.')] };
      return say('The port is 8080.');
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': letters });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(api.problems()).toEqual([]);
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 4, landed: 4 } });
  expect(heard).toHaveLength(2);
  expect(heard[0]).toContain('from the agent of asker');
  // Quoted line by line, without control sequences.
  expect(heard[0]).toContain('\n> Which port is it? (helper)');
  expect(heard[1]).toContain('\n> It is 8080.');
  expect(refusals[0]).toBe('Sent to helper. It gets it between its turns, and nobody if it ends before.');
  expect(refusals[1]).toBe('Sent to coordinator.');
  expect(refusals[2]).toBe('refused: early has ended and reads nothing any more; nothing was sent.');
  for (const [index, name] of [
    [3, 'silent'],
    [4, 'nobody'],
    [6, '../x'],
  ] as const) {
    expect(refusals[index]).toContain(`refused: There is no agent ${name} that takes messages; nothing was sent.`);
    expect(refusals[index]).toContain('You can write to: coordinator, early, helper.');
  }
  expect(refusals[5]).toContain('asker is you');

  const all = run.events();
  expect(all.filter(({ type }) => type === 'message-send')).toMatchObject([
    { from: 'asker', to: 'coordinator', text: 'Which port is it? (coordinator)' },
  ]);
  expect(all).toContainEqual(
    expect.objectContaining({ type: 'subtask-progress', subtask: 'helper', activity: 'wrote to asker: It is 8080.' }),
  );
  expect(notices(all)).toEqual([]);
  expect(readFileSync(join(run.end().folder, 'report.md'), 'utf8')).toMatch(/## Messages\n\n- .* asker to coordinator/);
  expect(folderLeftovers(repository.folder)).toEqual([]);
});

test('a person writes to an agent at work, and is told what can not be delivered', async () => {
  const heard: string[] = [];
  await using api = await createSimulatedApi({
    latencyMs: 50,
    script(_request, context) {
      const { firstUserText, lastUserText } = context;
      if (!firstUserText.includes('I am asker;')) return say('Done.');
      const [mail] = /^Message \S+ from a person who watches this run:[\s\S]*$/m.exec(lastUserText) ?? [];
      if (mail === undefined) return lookAround(context);
      heard.push(mail);
      return mail.includes('enough') ? say('I stop.') : lookAround(context);
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': letters });
  const place = { folder: repository.folder, environment: api.environment };
  expect(await runFanfold(['send', 'asker', 'hello'], place)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('is at work'),
  });
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => events(run).some((event) => event.type === 'model-end' && event.subtask === 'asker'), 'it asks');
  const ended = (id: string) => events(run).some((event) => event.type === 'subtask-end' && event.subtask === id);
  await until(() => ['early', 'helper', 'silent'].every(ended), 'the others have ended');

  const sent = await runFanfold(['send', 'asker', 'Look at', 'the README.', '--json'], place);
  expect(sent).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(sent.stdout)).toEqual({ run: expect.any(String), messages: [{ to: 'asker' }] });
  await until(() => heard.length === 1, 'the agent has heard it');
  expect(heard[0]).toContain('\n> Look at the README.');

  const refused = async (...words: string[]) => {
    const { exitCode, stderr } = await runFanfold(['send', ...words], place);
    return `${exitCode} ${stderr}`;
  };
  expect(await refused('helper', 'hello')).toBe('1 Not sent: helper has ended and reads nothing any more.\n');
  expect(await refused('silent', 'hello')).toMatch(
    /^2 .*"silent" takes no messages; nothing was sent\.[\s\S]*early, asker/,
  );
  expect(await refused('nobody', 'hello')).toMatch(/^2 .*"nobody" is no subtask of the run/);
  expect(await refused('asker')).toMatch(/^2 .*The message is empty/);
  expect(await refused('asker', 'x'.repeat(8_001))).toMatch(/^2 .*8,001 characters/);

  expect(await runFanfold(['send', '--all', 'That is enough.'], place)).toMatchObject({
    exitCode: 0,
    stdout: 'Sent to asker: it gets it between its turns.\n',
  });
  const result = await run.ended;
  expect(api.problems()).toEqual([]);
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 4 } } satisfies Partial<
    Record<keyof RunEnd, unknown>
  >);
  expect(result.events().filter(({ type }) => type === 'message-send')).toMatchObject([
    { from: 'person', to: 'asker', text: 'Look at the README.' },
    { from: 'person', to: 'asker', text: 'That is enough.' },
  ]);
  expect(notices(result.events())).toEqual([]);
});

test('a run that was killed loses no message, and its agent is shown none twice', async () => {
  const counts: number[] = [];
  await using api = await createSimulatedApi({
    script(request, context) {
      const { firstUserText, lastUserText } = context;
      if (!firstUserText.includes('I am asker;')) return say('Done.');
      counts.push(JSON.stringify(request.messages).split('> one').length - 1);
      return lastUserText.includes('> enough') ? say('I stop.') : lookAround(context);
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': letters });
  const place = { folder: repository.folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => counts.length > 0, 'the agent is at work');
  // Killed at a moment that is not chosen: before, while or after the agent takes it in.
  expect(await runFanfold(['send', 'asker', 'one'], place)).toMatchObject({ exitCode: 0 });
  run.child.kill('SIGKILL');
  await run.ended;
  expect(await runFanfold(['send', 'asker', 'two'], place)).toMatchObject({ exitCode: 2 });
  const before = counts.length;
  const resumed = startFanfold(['resume', '--json'], place);
  await until(() => counts.slice(before).at(-1) === 1, 'the agent has it');
  expect(await runFanfold(['send', 'asker', 'enough'], place)).toMatchObject({ exitCode: 0 });
  const result = await resumed.ended;
  expect(api.problems()).toEqual([]);
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 4 } });
  expect(Math.max(...counts)).toBe(1);
  expect(counts.at(-1)).toBe(1);
  expect(notices(result.events()).filter((message) => message.includes('never read'))).toEqual([]);
});

test('a message that was accepted and never read is told at the end', async () => {
  await using api = await createSimulatedApi({
    async script(_request, { turn, firstUserText }) {
      if (!firstUserText.includes('I am asker;')) return say('Done.');
      if (turn > 0) return say('Done.');
      return { content: [sendMessage('late', 'For whom?')] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: unread
defaults: { workspace: none, messages: true, retries: 0 }
subtasks:
  - { id: asker, prompt: "I am asker;" }
  - { id: broken, needs: [asker], run: "exit 3" }
  - { id: late, needs: [broken], prompt: "I am late;" }
`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end()).toMatchObject({ exitCode: 1, subtasks: { landed: 1, failed: 2 } });
  expect(notices(run.events())).toEqual(['1 message to late was never read.']);
  const box = await runFanfold(['mailbox', 'ls', '--json'], { folder: repository.folder });
  expect(JSON.parse(box.stdout).messages).toMatchObject([{ recipient: 'agent-late', state: 'new' }]);
});
