import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateFolder } from '../../../ipc/index.ts';
import type { Script } from '../../simulated-api/server.js';
import { temporaryFolder } from '../../support/temporary-repository.ts';
import { bundleChild } from '../ipc/bundle-child.ts';
import { bash, check, deliver, inGit, kill, type Place, place, says, start, until, write } from './subtask-place.ts';

const children = { path: '', remove: async () => {} };
beforeAll(async () => {
  const child = new URL('./children/subtask-child.ts', import.meta.url);
  Object.assign(children, await bundleChild(child, [/^@ast-grep\//, /^@vscode\/ripgrep/]));
}, 120_000);
afterAll(() => children.remove());

/** Writes what is wrong, and what is right once it is told. */
const mending: Script = (_, { turn }) => {
  if (turn === 0) return { content: [write('new.txt', 'wrong\n')] };
  if (turn === 2) return { content: [write('new.txt', 'right\n')] };
  return says('Done.');
};
const isRight = check('is-right', 'cat new.txt; ! grep -q wrong new.txt');

const textsOf = ({ api }: Place): string[] =>
  api.requests.map(({ body }) => JSON.stringify((body as { messages: unknown[] }).messages.at(-1)));

describe('a gate that fails in the workspace', () => {
  test('goes back to the agent with its evidence, and the same conversation goes on', async () => {
    const at = await inGit(mending, { repairs: 2, checks: [isRight] });
    const { outcome, said } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', repairs: 1, checks: [{ name: 'is-right', passed: true }] });
    expect(at.fixture.read(outcome.commit ?? '', 'new.txt')).toBe('right\n');
    expect(at.api.requests).toHaveLength(4);
    expect(textsOf(at)[2]).toContain('# is-right: exit code 1\\n\\n> wrong');
    expect(textsOf(at)[2]).toContain('round 1 of 2');
    expect(said).toContain('repair round 1 of 2: is-right failed');
    expect(at.api.problems()).toEqual([]);
    const answered = at.api.requests.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0);
    expect(outcome.usage.outputTokens).toBe(answered);
  });

  test('ends with the checks as they are when the rounds are used up', async () => {
    const never: Script = (_, { turn }) => (turn === 0 ? { content: [write('new.txt', 'wrong\n')] } : says('Done.'));
    const at = await inGit(never, { repairs: 2, checks: [isRight] });
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', repairs: 2, checks: [{ name: 'is-right', passed: false }] });
    expect(at.api.requests).toHaveLength(4);
  });

  test.each([
    ['that only reports', { checks: [{ ...isRight, gate: false }], repairs: 2 }],
    ['where no round is allowed', { checks: [isRight], repairs: 0 }],
    ['in a plan of an earlier version', { checks: [isRight] }],
  ])('%s is not sent back', async (_, subtask) => {
    const at = await inGit(mending, subtask);
    const { outcome } = await deliver(at);
    expect(outcome).not.toHaveProperty('repairs');
    expect(outcome.checks).toMatchObject([{ name: 'is-right', passed: false }]);
    expect(at.api.requests).toHaveLength(2);
  });

  test('is not sent back when it fails on the base already, which is looked at once', async () => {
    const runs = join(temporaryFolder(), 'runs');
    const old = check('old', `pwd >> ${runs}; grep -q const a.txt`);
    const at = await inGit(mending, { repairs: 2, checks: [old, isRight] });
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', repairs: 1 });
    expect(outcome.checks).toMatchObject([{ name: 'old', passed: false }, { passed: true }]);
    expect(outcome.checks[0]).not.toHaveProperty('failedOnBase');
    expect(textsOf(at)[2]).not.toContain('# old');
    // Twice in the workspace, once on the base.
    expect(readFileSync(runs, 'utf8').trim().split('\n')).toHaveLength(3);
  });

  test('is sent back when the subtask asks it of its own work, though the base fails it too', async () => {
    const made = check('made', 'grep -q right new.txt', { own: true });
    const at = await inGit(mending, { repairs: 2, checks: [made] });
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', repairs: 1, checks: [{ name: 'made', passed: true }] });
    expect(textsOf(at)[2]).toContain('# made: exit code');
  });

  test('what a check leaves behind is not taken for the agent’s work', async () => {
    const messy = check(
      'messy',
      'echo litter > litter.txt; echo more >> a.txt; mkdir -p kept && echo x > kept/k.txt; cat new.txt; ! grep -q wrong new.txt',
    );
    const at = await inGit(mending, { repairs: 2, checks: [messy] }, { '.gitignore': '.fanfold\nkept\n' });
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ repairs: 1, changedFiles: ['new.txt'] });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.txt'), 'var a;\n');
    const copied = await place(folder, mending, { workspace: 'copy', repairs: 2, checks: [messy] });
    const second = await deliver(copied);
    expect(second.outcome).toMatchObject({ repairs: 1, changedFiles: ['new.txt'] });
    expect(readFileSync(join(copied.logFolder, 'changes', 'files', 'new.txt'), 'utf8')).toBe('right\n');
    expect(existsSync(join(copied.logFolder, 'restore'))).toBe(false);
  });
});

test('work outside its write-set is sent back with the paths', async () => {
  const at = await inGit(
    (_, { turn }) => {
      if (turn === 0) return { content: [write('new.txt', 'x\n'), bash('echo stray > stray.txt')] };
      if (turn === 2) return { content: [bash('rm stray.txt')] };
      return says('Done.');
    },
    { writes: ['new.txt'], repairs: 1 },
  );
  const { outcome } = await deliver(at);
  expect(outcome).toMatchObject({ result: 'changed', repairs: 1, changedFiles: ['new.txt'] });
  expect(textsOf(at)[2]).toContain('> stray.txt');
});

test('an agent that only talks is told so, and fails when it goes on to', async () => {
  const at = await inGit(() => says('I would change it.'), { repairs: 1 });
  const { outcome } = await deliver(at);
  expect(outcome).toMatchObject({ result: 'failed', repairs: 1, error: { code: 'agent-no-change' } });
  expect(at.api.requests).toHaveLength(2);
  expect(textsOf(at)[1]).toContain('ended without changing a file');
});

test('a result that is handed in again replaces the former', async () => {
  const submit = (n: number) => ({ type: 'tool_use' as const, name: 'submit_result', input: { n } });
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
  const at = await inGit(
    (_, { turn }) => ({
      content: turn === 0 ? [write('new.txt', 'wrong\n'), submit(1)] : [write('new.txt', 'right\n'), submit(2)],
    }),
    { repairs: 2, checks: [isRight], output: { schema } },
  );
  const { outcome } = await deliver(at);
  expect(outcome).toMatchObject({ result: 'changed', repairs: 1, output: { n: 2 } });
  expect(at.api.requests).toHaveLength(2);
  expect(at.api.problems()).toEqual([]);
  // Delivered again it asks for nothing.
  const again = await deliver(at);
  expect(again.outcome).toMatchObject({ repairs: 1, output: { n: 2 } });
  expect(at.api.requests).toHaveLength(2);
});

test('the time limit is for all rounds together', async () => {
  const at = await inGit((_, { turn }) => (turn === 0 ? { content: [write('new.txt', 'wrong\n')] } : says('Done.')), {
    repairs: 10,
    timeoutMs: 3_000,
    checks: [check('slow', 'sleep 1; ! test -e new.txt')],
  });
  const { outcome } = await deliver(at);
  expect(outcome).toMatchObject({ result: 'failed', changedFiles: ['new.txt'] });
  expect(outcome.repairs).toBeLessThan(10);
  // What is known of the work is not forgotten for it: the same again would cost as much.
  expect(outcome.error).toMatchObject({
    code: 'check-failed',
    failure: 'permanent',
    data: { checks: [{ name: 'slow' }] },
  });
  expect(outcome.error?.message).toMatch(/The check slow failed .* did not end within 3 s\..* repair round \d/);
  expect(outcome.usage.outputTokens).toBeGreaterThan(0);
});

test('a time limit that ends the first look at the work is one; in a round, what the round was for stays known', async () => {
  const hangs = { timeoutMs: 4_000, repairs: 2 };
  const first = await inGit(mending, { ...hangs, checks: [check('slow', 'sleep 60')] });
  expect((await deliver(first)).outcome.error).toMatchObject({ code: 'timeout', failure: 'timeout' });
  const then = check('then', '! grep -q right new.txt || sleep 60', { gate: false });
  const second = await inGit(mending, { ...hangs, checks: [isRight, then] });
  const { outcome } = await deliver(second);
  expect(outcome).toMatchObject({ repairs: 1, error: { code: 'check-failed' } });
  // Its evidence is what the check said, not that it was cut off.
  expect(outcome.checks).toMatchObject([{ name: 'is-right', exitCode: 1 }]);
});

describe('killed by SIGKILL', () => {
  test('while it mends, the next delivery goes on in the same round', async () => {
    const hung = { once: true };
    const at = await inGit(
      (request, context) => {
        const reply = mending(request, context) as ReturnType<typeof says>;
        const latencyMs = context.turn === 2 && hung.once ? 60_000 : 0;
        if (context.turn === 2) hung.once = false;
        return { ...reply, latencyMs };
      },
      { repairs: 1, checks: [isRight] },
    );
    const child = start(at, children.path);
    await until(child, () => at.api.requests.length === 3);
    await kill(child);
    const { outcome, said } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', repairs: 1, changedFiles: ['new.txt'] });
    expect(outcome.checks).toMatchObject([{ passed: true }]);
    expect(said).toContain('goes on after turn 2');
    expect(at.api.requests).toHaveLength(5);
    expect(textsOf(at)[3]).toEqual(textsOf(at)[2]);
  });

  test('while its checks run, they run again, and it is told once', async () => {
    const marks = temporaryFolder();
    const slow = check(
      'is-right',
      `touch ${marks}/$$; [ $(ls ${marks} | wc -l) -gt 1 ] || sleep 60; cat new.txt; ! grep -q wrong new.txt`,
    );
    const at = await inGit(mending, { repairs: 2, checks: [slow] });
    const child = start(at, children.path);
    await until(child, () => readdirSync(marks).length === 1);
    await kill(child);
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', repairs: 1, checks: [{ passed: true }] });
    expect(at.api.requests).toHaveLength(4);
    const { workspaces } = stateFolder(at.folder);
    expect(readdirSync(workspaces).filter((name) => !name.includes('.'))).toHaveLength(1);
  });
});

describe('a gate that fails on the merged tree', () => {
  const merged = { ...isRight, on: ['merged' as const] };
  const evidence = {
    name: 'is-right',
    passed: false,
    gate: true,
    durationMs: 1,
    exitCode: 1,
    outputTail: 'it is wrong',
  };

  test.each([false, true])(
    'is told to the agent, whose conversation goes on in another attempt (output: %s)',
    async (owes) => {
      const submit = { type: 'tool_use' as const, name: 'submit_result', input: {} };
      const at = await inGit(
        (request, context) => {
          const { turn } = context;
          if (!owes && turn !== 2) return mending(request, context);
          // The files have been moved meanwhile: what it has not read again, it can't overwrite.
          const mend = [write('new.txt', 'unread\n'), bash('echo right > new.txt')];
          return { content: [...(turn === 0 ? [write('new.txt', 'wrong\n')] : mend), ...(owes ? [submit] : [])] };
        },
        { repairs: 1, checks: [merged], ...(owes ? { output: { schema: { type: 'object' } } } : {}) },
      );
      const first = await deliver(at);
      expect(first.outcome).toMatchObject({ result: 'changed' });
      const before = at.api.requests.length;
      const tip = at.fixture.commit({ 'other.txt': 'landed meanwhile\n' });
      const onTip = at.fixture.git('merge-tree', '--write-tree', tip, first.outcome.commit ?? '');
      const commit = at.fixture.git('commit-tree', '-m', 'onto', '-p', tip, onTip);
      const order = {
        attempt: 2,
        base: tip,
        continues: { attempt: 1, commit },
        repair: { round: 1, checks: [evidence] },
      };
      const second = await deliver(at, order);
      expect(second.said).toContain(`goes on after turn ${before}`);
      expect(second.outcome).toMatchObject({
        attempt: 2,
        result: 'changed',
        repairs: 1,
        base: tip,
        changedFiles: ['new.txt'],
      });
      expect(at.fixture.read(second.outcome.commit ?? '', 'new.txt')).toBe('right\n');
      expect(at.fixture.read(second.outcome.commit ?? '', 'other.txt')).toBe('landed meanwhile\n');
      const told = textsOf(at).slice(before);
      expect(told).toHaveLength(owes ? 1 : 2);
      expect(told[0]).toContain('> it is wrong');
      expect(at.api.problems()).toEqual([]);
      // Its second delivery neither tells nor asks again.
      const third = await deliver(at, order);
      expect(third.outcome.usage).toEqual(second.outcome.usage);
      expect(third.outcome).toMatchObject({ repairs: 1, changedFiles: ['new.txt'] });
      expect(textsOf(at)).toHaveLength(before + told.length);
    },
  );
});
