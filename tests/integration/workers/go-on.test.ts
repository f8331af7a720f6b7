import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Assignment,
  forgetWorkspaceRecord,
  openRepository,
  readWorkspaceRecords,
  salvageWorkspace,
  stateFolder,
} from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import type { Script } from '../../simulated-api/server.js';
import { temporaryFolder } from '../../support/temporary-repository.ts';
import { bundleChild } from '../ipc/bundle-child.ts';
import { bash, deliver, inGit, kill, type Place, place, start, until, write } from './subtask-place.ts';

const children = { path: '', remove: async () => {} };
beforeAll(async () => {
  const child = new URL('./children/subtask-child.ts', import.meta.url);
  Object.assign(children, await bundleChild(child, [/^@ast-grep\//, /^@vscode\/ripgrep/]));
}, 120_000);
afterAll(() => children.remove());

const done = { content: [{ type: 'text' as const, text: 'Done.' }] };
const read = { type: 'tool_use' as const, name: 'Read', input: { file_path: 'a.txt' } };
const edit = {
  type: 'tool_use' as const,
  name: 'Edit',
  input: { file_path: 'a.txt', old_string: 'var', new_string: 'const' },
};

/** Turn 0 reads and writes, turn 1 edits what turn 0 has read, then it is done. `hung` hangs once, in turn 1. */
function script(hung: { once: boolean }): Script {
  return (_, { turn }) => {
    if (turn === 0) return { content: [read, write('new.txt', 'new\n'), bash('echo ran >> ran.txt')] };
    if (turn === 2) return done;
    const latencyMs = hung.once ? 60_000 : 0;
    hung.once = false;
    return { content: [edit], latencyMs };
  };
}

const requestsOf = ({ api }: Place) => api.requests.map(({ body }) => body as { messages: { content: unknown }[] });

describe('killed by SIGKILL while it waits for the model', () => {
  test('a worktree: the next delivery goes on with conversation and files, on the same base', async () => {
    const at = await inGit(script({ once: true }));
    const child = start(at, children.path);
    await until(child, () => at.api.requests.length === 2);
    await kill(child);
    at.fixture.commit({ 'later.txt': 'landed meanwhile\n' });
    const { outcome, said } = await deliver(at);
    expect(outcome).toMatchObject({
      result: 'changed',
      base: at.base,
      changedFiles: ['a.txt', 'new.txt', 'ran.txt'],
      summary: 'Done.',
    });
    expect(said).toContain('goes on after turn 1');
    expect(at.fixture.git('rev-parse', `${outcome.commit}^`)).toBe(at.base);
    expect(at.fixture.read(outcome.commit ?? '', 'a.txt')).toBe('const a;\n');
    expect(at.fixture.read(outcome.commit ?? '', 'ran.txt')).toBe('ran\n');
    expect(at.api.requests).toHaveLength(4);
    const [, lost, again] = requestsOf(at);
    expect(again).toEqual(lost);
    const answered = at.api.requests.filter(({ outcome: how }) => how === 'answered');
    expect(outcome.usage.outputTokens).toBe(answered.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0));
    expect(at.api.problems()).toEqual([]);
    const [dead, ...more] = await readWorkspaceRecords(stateFolder(at.folder));
    expect([dead?.attempt, more]).toEqual([undefined, []]);
  });

  test('a workspace that a sweep took away meanwhile is no loss', async () => {
    const at = await inGit(script({ once: true }));
    const child = start(at, children.path);
    await until(child, () => at.api.requests.length === 2);
    await kill(child);
    const state = stateFolder(at.folder);
    const [record] = await readWorkspaceRecords(state);
    if (record === undefined) throw new Error('no record');
    await salvageWorkspace(state, await openRepository(at.folder), record);
    rmSync(join(state.workspaces, record.name), { recursive: true });
    await forgetWorkspaceRecord(state, record.name);
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['a.txt', 'new.txt', 'ran.txt'] });
    expect(at.api.requests).toHaveLength(4);
  });

  test('without its files it begins afresh, and what it had used counts', async () => {
    const at = await inGit(script({ once: true }));
    const child = start(at, children.path);
    await until(child, () => at.api.requests.length === 2);
    await kill(child);
    const { workspaces } = stateFolder(at.folder);
    for (const name of readdirSync(workspaces)) rmSync(join(workspaces, name), { recursive: true });
    const { outcome, said } = await deliver(at);
    expect(said).toContainEqual(expect.stringContaining('begins afresh: its files are gone'));
    expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['a.txt', 'new.txt', 'ran.txt'] });
    expect(at.api.requests).toHaveLength(5);
    expect(at.fixture.read(outcome.commit ?? '', 'ran.txt')).toBe('ran\n');
    const answered = at.api.requests.filter(({ outcome: how }) => how === 'answered');
    expect(outcome.usage.outputTokens).toBe(answered.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0));
  });

  test('a copy: the same, outside git', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.txt'), 'var a;\n');
    const at = await place(folder, script({ once: true }), { workspace: 'copy' });
    const child = start(at, children.path);
    await until(child, () => at.api.requests.length === 2);
    await kill(child);
    const { outcome } = await deliver(at);
    expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['a.txt', 'new.txt', 'ran.txt'] });
    expect(at.api.requests).toHaveLength(4);
    const { workspaces } = stateFolder(folder);
    expect(readdirSync(workspaces).filter((name) => !name.includes('.'))).toHaveLength(1);
  });
});

/** A first delivery that is aborted as Ctrl-C twice does, once the second turn is asked for; `before` is called then. */
async function interrupted(workspace: 'worktree' | 'copy', before: (at: Place) => void = () => {}) {
  const stop = new AbortController();
  let at: Place | undefined;
  const answer = script({ once: true });
  const interrupting: Script = (request, context) => {
    if (context.turn === 1 && !stop.signal.aborted && at !== undefined) {
      before(at);
      stop.abort(new FanfoldError({ code: 'cancelled', message: 'Stop.', next: 'Nothing.', failure: 'cancelled' }));
    }
    return answer(request, context);
  };
  if (workspace === 'worktree') at = await inGit(interrupting, { workspace });
  else {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.txt'), 'var a;\n');
    at = await place(folder, interrupting, { workspace });
  }
  const { outcome } = await deliver(at, {}, stop.signal);
  expect(outcome).toMatchObject({ result: 'cancelled', error: { code: 'cancelled' } });
  expect(at.api.requests).toHaveLength(2);
  return { at, outcome };
}

async function expectGoesOn(at: Place, changed: Partial<Assignment> = {}): Promise<void> {
  const { outcome, said } = await deliver(at, changed);
  expect(said).toContain('goes on after turn 1');
  expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['a.txt', 'new.txt', 'ran.txt'] });
  expect(at.api.requests).toHaveLength(4);
}

describe.each(['worktree', 'copy'] as const)('cancelled in a %s while it waits for the model', (workspace) => {
  test('given back: the same attempt goes on with its files', async () => {
    const { at } = await interrupted(workspace);
    await expectGoesOn(at);
  });

  test('resumed: the next attempt goes on with its files', async () => {
    const { at, outcome } = await interrupted(workspace);
    const commit = outcome.commit === undefined ? {} : { commit: outcome.commit };
    await expectGoesOn(at, { attempt: 2, continues: { attempt: 1, ...commit } });
  });
});

test('the files of an interrupted agent are kept even where they could not be recorded for an outcome', async () => {
  const { at, outcome } = await interrupted('copy', ({ logFolder }) => writeFileSync(join(logFolder, 'changes'), ''));
  expect(outcome.changedFiles).toEqual([]);
  rmSync(join(at.logFolder, 'changes'));
  await expectGoesOn(at);
});

test('killed in the middle of a command, it tells the model and does not run it again', async () => {
  const at = await inGit((_, { turn, toolResults }) => {
    if (turn === 0)
      return {
        content: [write('new.txt', 'new\n'), bash('echo $$ > pid; exec sleep 60'), bash('echo after > after.txt')],
      };
    return { content: [{ type: 'text', text: toolResults.map(({ text }) => text.slice(0, 25)).join('; ') }] };
  });
  const child = start(at, children.path);
  const pidFile = () => {
    const { workspaces } = stateFolder(at.folder);
    const names = existsSync(workspaces) ? readdirSync(workspaces) : [];
    return names
      .map((name) => join(workspaces, name, 'pid'))
      .find((path) => existsSync(path) && readFileSync(path).length > 0);
  };
  await until(child, () => pidFile() !== undefined);
  const pid = Number(readFileSync(pidFile() ?? '', 'utf8'));
  await kill(child);
  execFileSync('kill', ['-9', String(pid)]);
  const { outcome } = await deliver(at);
  expect(outcome).toMatchObject({
    result: 'changed',
    changedFiles: ['new.txt', 'pid'],
    summary: 'Wrote new.txt.; This call was interrupted; This call was not run, be',
  });
  expect(at.api.requests).toHaveLength(2);
});

test('delivered again after its outcome was lost, it pays for nothing', async () => {
  const at = await inGit(script({ once: false }));
  const first = await deliver(at);
  expect(first.outcome.result).toBe('changed');
  const second = await deliver(at);
  expect(at.api.requests).toHaveLength(3);
  const { commit, durationMs: _, ...rest } = second.outcome;
  expect(rest).toEqual({ ...first.outcome, commit: undefined, durationMs: undefined });
  expect(at.fixture.git('rev-parse', `${commit}^{tree}`)).toBe(
    at.fixture.git('rev-parse', `${first.outcome.commit}^{tree}`),
  );
});

test('another attempt continues one that failed, with its commit, and reports its own turns only', async () => {
  const broken = { now: true };
  const at = await inGit((request, context) => {
    const reply = script({ once: false })(request, context);
    if (context.turn === 1 && broken.now) {
      return { content: [], fault: { kind: 'http-error', status: 400, type: 'invalid_request_error', message: 'No.' } };
    }
    return reply;
  });
  const first = await deliver(at);
  expect(first.outcome).toMatchObject({ result: 'failed', changedFiles: ['new.txt', 'ran.txt'] });
  broken.now = false;
  const later = at.fixture.commit({ 'later.txt': 'x\n' });
  const changed = { attempt: 2, base: later };
  const continues = { attempt: 1, commit: first.outcome.commit ?? '' };
  const second = await deliver(at, { ...changed, continues });
  expect(second.outcome).toMatchObject({
    result: 'changed',
    attempt: 2,
    base: at.base,
    changedFiles: ['a.txt', 'new.txt', 'ran.txt'],
  });
  expect(at.fixture.read(second.outcome.commit ?? '', 'ran.txt')).toBe('ran\n');
  const own = at.api.requests.slice(2);
  expect(own).toHaveLength(2);
  expect(second.outcome.usage.outputTokens).toBe(own.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0));
  // Its own second delivery reports the same.
  const third = await deliver(at, { ...changed, continues });
  expect(third.outcome.usage).toEqual(second.outcome.usage);
  expect(at.api.requests).toHaveLength(4);
});

test('what is for another prompt, or built on what the run does not hold, is not gone on from', async () => {
  const at = await inGit(script({ once: false }));
  const first = await deliver(at);
  const other = { ...at.assignment.subtask, executor: { kind: 'prompt' as const, prompt: 'Do something else.' } };
  const second = await deliver(at, { subtask: other, attempt: 2, continues: { attempt: 1 } });
  expect(second.said).toContainEqual(expect.stringContaining('begins afresh: it had another prompt'));
  expect(second.outcome).toMatchObject({ result: 'changed' });
  const unrelated = at.fixture.git('commit-tree', '-m', 'unrelated', `${at.base}^{tree}`);
  const forged = at.fixture.git('commit-tree', '-p', unrelated, '-m', 'forged', `${first.outcome.commit}^{tree}`);
  const third = await deliver(at, { attempt: 3, continues: { attempt: 1, commit: forged } });
  expect(third.said).toContainEqual(expect.stringContaining('begins afresh: its files are gone'));
  expect(third.outcome).toMatchObject({ result: 'changed', base: at.base });
});
