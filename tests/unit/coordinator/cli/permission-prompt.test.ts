import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { attendanceOf } from '../../../../coordinator/cli/attendance.ts';
import { createPermissionPrompt } from '../../../../coordinator/cli/permission-prompt.ts';
import type { View } from '../../../../coordinator/reporting/view.ts';
import type { PermissionRequested } from '../../../../tasks/index.ts';

const request: PermissionRequested = {
  time: '2026-01-01T00:00:00.000Z',
  run: 'r',
  type: 'permission-request',
  subtask: 'a',
  attempt: 1,
  worker: 'w',
  request: '1a2b3c4d',
  tool: 'Bash',
  summary: 'npm install',
  reason: 'No rule allows it.',
};

/** A terminal whose keys a test presses. */
function terminal({ hasPlace = true, isTTY = true } = {}) {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: (raw: boolean) => modes.push(raw) });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const questions: (string | undefined)[] = [];
  const view: View = {
    show: () => undefined,
    recall: () => undefined,
    say: () => undefined,
    ask(question) {
      questions.push(question);
      return hasPlace;
    },
    close: async () => undefined,
  };
  const context = {
    stdin: stdin as unknown as ReadStream,
    stderr: stderr as unknown as WriteStream,
    environment: {} as NodeJS.ProcessEnv,
  };
  const person = createPermissionPrompt({ ...context, view });
  const abort = new AbortController();
  return { stdin, stderr, view, context, modes, questions, abort, ask: () => person(request, abort.signal) };
}

/** Longer than what was typed ahead is ignored for. */
const patienceMs = 400;

describe('the question at the terminal', () => {
  it.each([
    ['y', true],
    ['Y', true],
    ['y\r', true],
    ['n\n', false],
    ['n', false],
    ['\r', false],
    ['\u0004', false],
  ])('takes %j for %s', async (key, allowed) => {
    const { stdin, modes, questions, ask } = terminal();
    const answer = ask();
    await sleep(patienceMs);
    stdin.write(key);
    expect(await answer).toBe(allowed);
    expect(questions).toEqual(['Allow a to use Bash: npm install', undefined]);
    expect(modes).toEqual([true, false]);
    expect(stdin.listenerCount('data')).toBe(0);
    expect(stdin.isPaused()).toBe(true);
  });

  it('passes over what was typed before, pasted text, and keys that mean nothing', async () => {
    const { stdin, ask } = terminal();
    stdin.write('y');
    const answer = ask();
    await sleep(patienceMs);
    for (const text of ['yes\n', '\u001b[A', 'x', 'ny']) {
      stdin.write(text);
      await sleep(10);
    }
    stdin.write('n');
    expect(await answer).toBe(false);
  });

  it('is withdrawn when its signal aborts, and rejects when the terminal is gone', async () => {
    const withdrawn = terminal();
    const answer = withdrawn.ask();
    withdrawn.abort.abort(new Error('answered elsewhere'));
    await expect(answer).rejects.toThrow('answered elsewhere');
    expect(withdrawn.questions.at(-1)).toBeUndefined();
    expect(withdrawn.modes).toEqual([true, false]);
    const gone = terminal();
    const other = gone.ask();
    gone.stdin.end();
    await expect(other).rejects.toThrow('the terminal is gone');
  });

  it('is written to standard error where the view has no place for it', async () => {
    const { stdin, stderr, ask } = terminal({ hasPlace: false });
    const answer = ask();
    await sleep(patienceMs);
    stdin.write('y');
    expect(await answer).toBe(true);
    expect(String(stderr.read())).toBe('Allow a to use Bash: npm install [y/N] y\n');
  });
});

describe('attendanceOf', () => {
  const none = { json: false, attended: undefined, askTimeout: undefined };

  it('has somebody there at a terminal, and where it is told so', () => {
    const { context, view } = terminal();
    expect(attendanceOf(none, context, view)).toMatchObject({ timeoutMs: 600_000, person: expect.any(Function) });
    expect(attendanceOf({ ...none, attended: false }, context, view)).toBeUndefined();
    expect(attendanceOf({ ...none, json: true }, context, view)).toBeUndefined();
    expect(attendanceOf(none, { ...context, environment: { CI: 'true' } }, view)).toBeUndefined();
    const json = attendanceOf({ json: true, attended: true, askTimeout: '90' }, context, view);
    expect(json).toEqual({ timeoutMs: 90_000 });
  });

  it('has nobody there without a terminal, unless it is told so', () => {
    const { context, view } = terminal({ isTTY: false });
    expect(attendanceOf(none, context, view)).toBeUndefined();
    expect(attendanceOf({ ...none, attended: true, askTimeout: '1h30m' }, context, view)).toEqual({
      timeoutMs: 5_400_000,
    });
    expect(() => attendanceOf({ ...none, askTimeout: 'soon' }, context, view)).toThrow('takes a duration');
  });
});
