import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Canary, createCanary } from '../../../../coordinator/canary/canary.ts';
import type { GoOn } from '../../../../coordinator/canary/canary-settings.ts';
import {
  type EventInput,
  type FanfoldEvent,
  initialRunState,
  noUsage,
  reduceRun,
  type SubtaskStatus,
} from '../../../../tasks/index.ts';
import { samplePlan, sampleSubtask } from '../sample-subtask.ts';

const ids = ['a', 'b', 'c', 'd'];

/** A run of four subtasks, of which `a` and `b` go first. */
function start(goOn: GoOn | undefined, minimum?: number) {
  const plan = samplePlan(ids.map((id) => sampleSubtask(id)));
  const state = initialRunState();
  const events: EventInput[] = [];
  const told: string[] = [];
  const clock: string[] = [];
  let canary: Canary | undefined;
  let end = (): void => {};
  const first = new Promise<never>((resolve) => {
    end = resolve as () => void;
  });
  const emit = (input: EventInput): void => {
    const event = { time: '2026-01-01T00:00:00.000Z', run: 'r-1', ...input } as FanfoldEvent;
    reduceRun(state, event);
    events.push(input);
    canary?.see(event);
  };
  const choice = { subtasks: ['a', 'b'], ...(minimum === undefined ? {} : { minimum }) };
  const common = { name: 'r', repository: '/r', subtasks: 4, concurrency: 2, threads: 1, pid: 1, version: '0' };
  emit({ type: 'run-start', ...common, canary: choice });
  emit({ type: 'plan-end', plan });
  canary = createCanary({
    choice,
    plan,
    log: { emit, repeat: emit, state, flush: async () => undefined },
    goOn,
    clock: {
      hold: () => clock.push('held'),
      goOn: () => clock.push('goes on'),
      elapsedMs: () => 0,
      stop: () => undefined,
    },
    concurrency: () => 2,
    scheduler: { restrict: (allowed) => told.push(allowed === undefined ? 'all' : [...allowed].join()) },
    dispatch: { pump: async () => void told.push('pump') },
    endings: {
      first,
      finish: (exitCode) => told.push(`ends with ${exitCode}`),
      stopNow: (error) => told.push(`fails: ${error}`),
    },
  });
  const ended = (subtask: string, status: SubtaskStatus = 'landed'): void =>
    emit({ type: 'subtask-end', subtask, status, attempts: 1, usage: noUsage(), durationMs: 10, denials: 0 });
  const decisions = () => events.filter(({ type }) => type === 'forecast-end' || type === 'canary-end');
  return { canary, events, told, clock, ended, decisions, end, state };
}

/** Both have landed, and what follows from that has happened. */
async function landBoth({ canary, ended }: ReturnType<typeof start>): Promise<void> {
  canary.begin();
  ended('a');
  ended('b');
  await turn();
}

describe('a canary', () => {
  it('holds the others back until all of it has ended, then goes on with --yes', async () => {
    const run = start(true);
    run.canary.begin();
    run.ended('a');
    await turn();
    expect(run.told).toEqual(['a,b']);
    run.ended('b');
    await turn();
    expect(run.told).toEqual(['a,b', 'all', 'pump']);
    expect(run.decisions()).toMatchObject([
      { type: 'forecast-end', forecast: { judged: 2, passed: 2, rest: 2, concurrency: 2 } },
      { type: 'canary-end', goesOn: true, by: 'option', rest: 2 },
    ]);
    expect(run.state.canary).toMatchObject({ decision: { goesOn: true }, goesOnAt: expect.any(String) });
  });

  it('ends the run where nobody is there, which is no success', async () => {
    const run = start(undefined);
    await landBoth(run);
    expect(run.told).toEqual(['a,b', 'ends with 1']);
    expect(run.decisions()[1]).toMatchObject({ goesOn: false, by: 'nobody' });
  });

  it('does not go on below its minimum, whoever would say so', async () => {
    for (const [minimum, goesOn] of [
      [0.5, true],
      [0.51, false],
    ] as const) {
      const run = start(true, minimum);
      run.canary.begin();
      run.ended('a');
      run.ended('b', 'failed');
      await turn();
      expect(run.decisions()[1]).toMatchObject({ goesOn, by: goesOn ? 'option' : 'minimum' });
    }
  });

  it('takes one whose subtasks were all cancelled for below any minimum', async () => {
    const run = start(true, 0.1);
    run.canary.begin();
    for (const id of ['a', 'b']) run.ended(id, 'cancelled');
    await turn();
    expect(run.decisions()[1]).toMatchObject({ goesOn: false, by: 'minimum' });
  });

  it.each([
    [true, ['a,b', 'all', 'pump'], 'person'],
    [false, ['a,b', 'ends with 1'], 'person'],
    [undefined, ['a,b', 'ends with 1'], 'nobody'],
  ])('asks, and does as it is told: %s', async (answer, told, by) => {
    let asked = 0;
    const run = start(async ({ rest }) => {
      asked = rest;
      return answer;
    });
    await landBoth(run);
    expect(asked).toBe(2);
    expect(run.told).toEqual(told);
    expect(run.decisions()[1]).toMatchObject({ by });
  });

  it('takes an answer from elsewhere, and withdraws the question here', async () => {
    let withdrawn: AbortSignal | undefined;
    const run = start((_, signal) => {
      withdrawn = signal;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    expect(run.canary.answer(true)).toBe(false);
    await landBoth(run);
    expect(withdrawn?.aborted).toBe(false);
    expect(run.clock).toEqual(['held']);
    expect(run.canary.answer(true)).toBe(true);
    await turn();
    expect(withdrawn?.aborted).toBe(true);
    expect(run.told).toEqual(['a,b', 'all', 'pump']);
    expect(run.clock).toEqual(['held', 'goes on']);
    expect(run.canary.answer(true)).toBe(false);
  });

  it('remembers a no that ends the run another way', async () => {
    const run = start('elsewhere');
    await landBoth(run);
    expect(run.canary.answer(false)).toBe(true);
    run.end();
    await turn();
    expect(run.decisions()[1]).toMatchObject({ goesOn: false, by: 'person' });
    expect(run.told).toEqual(['a,b']);
  });

  it('is undecided when the run ends before an answer', async () => {
    const run = start('elsewhere');
    await landBoth(run);
    run.end();
    await turn();
    expect(run.decisions().map(({ type }) => type)).toEqual(['forecast-end']);
    expect(run.told).toEqual(['a,b']);
  });

  it('says nothing where nothing is left', async () => {
    const run = start(undefined);
    run.canary.begin();
    run.ended('a', 'failed');
    run.ended('b', 'failed');
    // What needs them fails in the same turn.
    for (const id of ['c', 'd']) run.ended(id, 'failed');
    await turn();
    expect(run.decisions()).toEqual([]);
    expect(run.told).toEqual(['a,b']);
  });

  it('is over at once where an earlier coordinator saw its end', async () => {
    const run = start(true);
    run.ended('a');
    run.ended('b');
    await turn();
    expect(run.decisions()).toEqual([]);
    run.canary.begin();
    await turn();
    expect(run.told).toEqual(['a,b', 'all', 'pump']);
  });

  it('ends the run when asking fails', async () => {
    const run = start(async () => {
      throw new Error('no paper');
    });
    await landBoth(run);
    expect(run.told).toEqual(['a,b', 'fails: Error: no paper']);
  });
});
