import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWorkspaceRecords, stateFolder } from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { newAttemptRecord } from '../../../worker/attempt/attempt-record.ts';
import { rankCandidates } from '../../../worker/attempt/rank-candidates.ts';
import type { Reply, Script } from '../../simulated-api/server.js';
import { temporaryFolder } from '../../support/temporary-repository.ts';
import { bundleChild } from '../ipc/bundle-child.ts';
import { bash, check, deliver, inGit, kill, type Place, place, says, start, until } from './subtask-place.ts';

const children = { path: '', remove: async () => {} };
beforeAll(async () => {
  const child = new URL('./children/subtask-child.ts', import.meta.url);
  Object.assign(children, await bundleChild(child, [/^@ast-grep\//, /^@vscode\/ripgrep/]));
}, 120_000);
afterAll(() => children.remove());

/**
 * Candidates ask the same, so they are told apart by what they find: each takes the next number there is, by a folder
 * that only one can make, and writes it into `made.txt`.
 */
function numbered(marks: string, reply: (turn: number, own: number) => Reply): Script {
  const take = `for n in 1 2 3; do mkdir ${marks}/$n 2>/dev/null && break; done; echo $n > made.txt; echo "number $n"`;
  return (request, { turn }) => {
    if (turn === 0) return { content: [bash(take)] };
    const own = Number(/number (\d)/.exec(JSON.stringify(request.messages))?.[1]);
    return reply(turn, own);
  };
}

const done = (_: number, own: number): Reply => says(`I am ${own}.`);
const worktreesOf = ({ folder }: Place): string[] => {
  const { workspaces } = stateFolder(folder);
  return existsSync(workspaces) ? readdirSync(workspaces).filter((name) => !name.includes('.')) : [];
};
const small = check('small', 'test ! -e made.txt || [ $(cat made.txt) -lt 3 ]');

describe('three candidates', () => {
  test('the best that passes becomes the outcome, whose usage is that of all', async () => {
    const at = await inGit(numbered(temporaryFolder(), done), { candidates: 3, checks: [small] });
    const { outcome, said } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['made.txt'], checks: [{ passed: true }] });
    const made = Number(at.fixture.read(outcome.commit ?? '', 'made.txt'));
    expect([1, 2]).toContain(made);
    expect(outcome.summary).toBe(`I am ${made}.`);
    expect(outcome.candidates?.map(({ passed }) => passed).sort()).toEqual([false, true, true]);
    expect(outcome.candidates?.[(outcome.candidate ?? 0) - 1]).toMatchObject({
      number: outcome.candidate,
      passed: true,
    });
    expect(at.api.requests).toHaveLength(6);
    const answered = at.api.requests.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0);
    expect(outcome.usage.outputTokens).toBe(answered);
    expect(readdirSync(at.logFolder).sort()).toEqual(['candidate-1', 'candidate-2', 'candidate-3']);
    expect(said.every((line) => /^candidate [123]: /.test(line))).toBe(true);
    // They are gone with the thread, records and all.
    expect(worktreesOf(at)).toEqual([]);
    expect(await readWorkspaceRecords(stateFolder(at.folder))).toEqual([]);
    expect(at.fixture.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(at.api.problems()).toEqual([]);
  });

  test('one that crashes costs the others nothing', async () => {
    const crash: Reply = {
      content: [],
      fault: { kind: 'http-error', status: 400, type: 'invalid_request_error', message: 'No.' },
    };
    const at = await inGit(
      numbered(temporaryFolder(), (turn, own) => (own === 1 ? crash : done(turn, own))),
      { candidates: 3 },
    );
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed' });
    expect(outcome).not.toHaveProperty('error');
    const failed = outcome.candidates?.filter(({ error }) => error !== undefined);
    expect(failed).toMatchObject([{ passed: false, error: { failure: 'permanent' } }]);
  });

  test('fail together when each of them does', async () => {
    const at = await inGit(() => says('I would do it.'), { candidates: 2 });
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'agent-no-change' } });
    expect(outcome.candidates).toMatchObject([{ passed: false }, { passed: false }]);
  });

  test('each has repair rounds of its own', async () => {
    const at = await inGit(
      numbered(temporaryFolder(), (turn, own) =>
        turn === 2 ? { content: [bash('echo 0 > made.txt')] } : done(turn, own),
      ),
      { candidates: 3, repairs: 1, checks: [small] },
    );
    const { outcome } = await deliver(at);
    expect(outcome.candidates?.map(({ passed }) => passed)).toEqual([true, true, true]);
    expect(outcome.candidates?.map(({ repairs = 0 }) => repairs).sort()).toEqual([0, 0, 1]);
  });

  test('outside git the changes of the chosen copy are those of the attempt', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.txt'), 'var a;\n');
    const only = check('only', 'test ! -e made.txt || [ $(cat made.txt) = 2 ]');
    const at = await place(folder, numbered(temporaryFolder(), done), {
      workspace: 'copy',
      candidates: 3,
      checks: [only],
    });
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['made.txt'] });
    expect(readFileSync(join(at.logFolder, 'changes', 'files', 'made.txt'), 'utf8')).toBe('2\n');
    expect(existsSync(join(at.logFolder, 'changes.chosen'))).toBe(false);
    expect(worktreesOf(at)).toEqual([]);
  });

  test('what was done in time counts when the limit cuts the others off', async () => {
    const at = await inGit(
      numbered(temporaryFolder(), (_, own) => ({ ...says('Done.'), latencyMs: own === 1 ? 0 : 60_000 })),
      { candidates: 3, timeoutMs: 6_000 },
    );
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed' });
    expect(at.fixture.read(outcome.commit ?? '', 'made.txt')).toBe('1\n');
    expect(outcome.candidates?.filter(({ error }) => error?.code === 'timeout')).toHaveLength(2);
  });

  test('cancelled, all of them end; the next attempt goes on with each', async () => {
    const stop = new AbortController();
    const hold = { now: true };
    const at = await inGit(
      numbered(temporaryFolder(), (_, own) => {
        if (own === 3 && hold.now) {
          stop.abort(new FanfoldError({ code: 'cancelled', message: 'Stop.', next: 'No.', failure: 'cancelled' }));
        }
        return { ...says(`I am ${own}.`), latencyMs: hold.now ? 60_000 : 0 };
      }),
      { candidates: 3, checks: [check('only', 'test ! -e made.txt || [ $(cat made.txt) = 2 ]')] },
    );
    const first = await deliver(at, {}, stop.signal);
    expect(first.outcome).toMatchObject({ result: 'cancelled', error: { code: 'cancelled' } });
    hold.now = false;
    const continues = { attempt: 1, ...(first.outcome.commit === undefined ? {} : { commit: first.outcome.commit }) };
    const { outcome, said } = await deliver(at, { attempt: 2, continues });
    expect(said.filter((line) => line.endsWith('goes on after turn 1'))).toHaveLength(3);
    expect(outcome).toMatchObject({ result: 'changed' });
    expect(at.fixture.read(outcome.commit ?? '', 'made.txt')).toBe('2\n');
  });
});

test('killed by SIGKILL, each candidate goes on from its own transcript, and one that had ended asks for nothing', async () => {
  const hold = { now: true };
  const at = await inGit(
    numbered(temporaryFolder(), (_, own) => ({ ...says(`I am ${own}.`), latencyMs: own > 1 && hold.now ? 60_000 : 0 })),
    { candidates: 3, checks: [check('only', 'test ! -e made.txt || [ $(cat made.txt) = 2 ]')] },
  );
  const child = start(at, children.path);
  const ended = () => {
    const folders = existsSync(at.logFolder) ? readdirSync(at.logFolder) : [];
    return folders.filter((name) => existsSync(join(at.logFolder, name, 'salvage.json'))).length;
  };
  await until(child, () => at.api.requests.length === 6 && ended() === 1);
  await kill(child);
  hold.now = false;
  const { outcome, said } = await deliver(at);
  expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['made.txt'] });
  expect(at.fixture.read(outcome.commit ?? '', 'made.txt')).toBe('2\n');
  // The two that were cut off ask once more.
  expect(at.api.requests).toHaveLength(8);
  expect(said.filter((line) => /goes on after turn/.test(line))).toHaveLength(3);
  const answered = at.api.requests.filter(({ outcome: how }) => how === 'answered');
  expect(outcome.usage.outputTokens).toBe(answered.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0));
});

test('work of candidates that a gate sends back is mended by the one that was chosen', async () => {
  const at = await inGit(
    numbered(temporaryFolder(), (turn, own) =>
      turn === 2 ? { content: [bash('echo mended > made.txt')] } : done(turn, own),
    ),
    { candidates: 3, repairs: 1, checks: [check('only', 'test ! -e made.txt || grep -q "2\\|mended" made.txt')] },
  );
  // Without a repair round of their own in the workspace.
  const first = await deliver(at, { subtask: { ...at.assignment.subtask, repairs: 0 } });
  const { commit = '', candidate = 0 } = first.outcome;
  expect(at.fixture.read(commit, 'made.txt')).toBe('2\n');
  const checks = [{ name: 'x', passed: false, gate: true, durationMs: 1, exitCode: 1, outputTail: 'bad' }];
  const before = at.api.requests.length;
  const { outcome } = await deliver(at, {
    attempt: 2,
    continues: { attempt: 1, commit, candidate },
    repair: { round: 1, checks },
  });
  expect(outcome).toMatchObject({ result: 'changed', repairs: 1 });
  expect(outcome).not.toHaveProperty('candidates');
  expect(at.fixture.read(outcome.commit ?? '', 'made.txt')).toBe('mended\n');
  expect(at.api.requests).toHaveLength(before + 2);
  expect(JSON.stringify(at.api.requests.at(-1)?.body)).toContain('I am 2.');
});

test('candidates are ranked by gates, then score, then tokens', () => {
  const record = (ended: 'well' | 'badly', failedGates: string[], scores: (number | undefined)[], tokens: number) => {
    const error = { code: 'timeout' as const, message: 'Late.', next: 'Wait.', failure: 'timeout' as const };
    const usage = { inputTokens: tokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
    return {
      ...newAttemptRecord(),
      failedGates,
      checks: scores.map((score, index) => ({
        name: `s${index}`,
        passed: true,
        gate: false,
        durationMs: 1,
        exitCode: 0,
        outputTail: '',
        ...(score === undefined ? {} : { score }),
      })),
      execution: { status: 'done' as const, usage, denials: 0 },
      ended: { error: ended === 'well' ? undefined : error },
    };
  };
  const records = [
    record('badly', [], [1], 1),
    record('well', ['gate'], [1], 1),
    record('well', [], [0.5, 0.7], 10),
    record('well', [], [0.9, 0.3], 5),
    record('well', [], [0.9, 0.7], 50),
    newAttemptRecord(),
  ];
  const { ranked, results } = rankCandidates(records, []);
  expect(ranked.map(([, number]) => number)).toEqual([5, 4, 3, 2, 1, 6]);
  expect(results[4]).toEqual({ number: 5, passed: true, score: 0.8, tokens: 50, usd: 0 });
  expect(results[5]).toEqual({ number: 6, passed: false, tokens: 0, usd: 0 });
  // Who breaks a check that scores does not rise, and neither does who gives no score where all owe one.
  const broken = [record('well', [], [0.7, 0.6], 9), record('well', [], [0.8, undefined], 1)];
  expect(rankCandidates(broken, []).ranked.map(([, number]) => number)).toEqual([1, 2]);
  expect(rankCandidates(broken, []).results[1]).toMatchObject({ score: 0.4 });
  const owed = [check('s0', 'x', { minimum: 0.1 }), check('s1', 'x', { score: true }), check('s2', 'x')];
  const all = [record('well', [], [0.8, undefined, undefined], 1), record('well', [], [0.9, undefined, undefined], 1)];
  expect(rankCandidates(all, owed).results.map(({ score }) => score)).toEqual([0.4, 0.45]);
});
