import { expect, test } from 'vitest';
import { processIdentity, runChain, runnerMark, runnersOf } from '../../../../ipc/index.ts';

const self = processIdentity();

test('the marks of a command tell its run and who runs it', () => {
  const command = { FANFOLD_RUN: runChain('x', {}) };
  const mark = runnerMark(command, {});
  expect(mark).toEqual({ FANFOLD_RUNNER: `x=${self}` });
  expect([...runnersOf({ ...command, ...mark })]).toEqual([['x', self]]);
});

test('a run inside a command of another belongs to both', () => {
  const own = { FANFOLD_RUN: 'outer', FANFOLD_RUNNER: 'outer=1.2.3.4' };
  const command = { FANFOLD_RUN: runChain('inner', own) };
  expect([...runnersOf({ ...command, ...runnerMark(command, own) })]).toEqual([
    ['outer', '1.2.3.4'],
    ['inner', self],
  ]);
});

test('a worker that was itself started inside another run marks its commands for both', () => {
  const own = { FANFOLD_RUN: 'outer', FANFOLD_RUNNER: 'outer=1.2.3.4' };
  const command = { FANFOLD_RUN: 'x' };
  expect([...runnersOf({ ...command, ...runnerMark(command, own) })]).toEqual([
    ['x', self],
    ['outer', '1.2.3.4'],
  ]);
});

test('what belongs to no run gets no mark, and what makes no sense is no runner', () => {
  expect(runnerMark({}, {})).toEqual({});
  expect(runnerMark({ FANFOLD_RUN: '' }, {})).toEqual({});
  expect([...runnersOf({ FANFOLD_RUN: 'x', FANFOLD_RUNNER: 'x=$(id) =1.2 x' })]).toEqual([['x', undefined]]);
});
