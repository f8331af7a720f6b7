/**
 * Random sequences of everything that can be done at a mailbox, against a model of what must come of it. Two instances
 * use the file mailbox at once and die now and then. FANFOLD_MODEL_SEQUENCES sets how many sequences.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expire, steps } from './mailbox-model/commands.ts';
import { Model, type Tally } from './mailbox-model/model.ts';
import { operationOf } from './mailbox-model/operations.ts';
import { filePlace, memoryPlace, type Place } from './mailbox-model/place.ts';

const sequences = Number(process.env['FANFOLD_MODEL_SEQUENCES'] ?? 1_000);
const longest = 60;

/** What must have been tried, or the run has shown little. */
const everything = [
  ...['claimed', 'claimed again', 'duplicate', 'beat', 'acknowledge', 'retry', 'bury'],
  ...['fenced beat', 'fenced acknowledge', 'fenced retry', 'fenced bury', 'requeued', 'not requeued'],
  ...['counted loss', 'blameless loss', 'attempts exhausted'],
];
const everyDeath = ['died: waiting', 'died: claimed', 'died: publishing'];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** When everybody has gone on for long enough, each message has ended once. */
async function end(model: Model, place: Place): Promise<void> {
  await expire(model, place, 0);
  for (let left = -1; left !== 0; left = model.in('waiting').length) {
    vi.advanceTimersByTime(1_000);
    await operationOf({ kind: 'claim', by: 0, worker: 'last' }, model, '')?.run(place.at(0));
    const pick = model.claims.length - 1;
    if (pick >= 0) await operationOf({ kind: 'acknowledge', by: 0, pick }, model, '')?.run(place.at(0));
  }
  const entries = await place.at(0).list('work');
  model.compare(entries);
  expect(entries.filter(({ state }) => state !== 'done' && state !== 'dead')).toEqual([]);
  for (const { completions } of model.messages.values()) expect(completions).toBeLessThanOrEqual(1);
  await place.at(0).reap('work');
  expect(place.leftovers()).toEqual([]);
}

describe.each([
  { store: 'memory', create: memoryPlace, instances: 1, mortal: false },
  { store: 'file', create: filePlace, instances: 2, mortal: true },
])('$store mailbox', ({ create, instances, mortal }) => {
  it(
    'does in every sequence what the model says',
    async () => {
      const tally: Tally = new Map();
      await fc.assert(
        fc.asyncProperty(
          fc.commands([steps(instances, mortal)], { maxCommands: longest, size: 'max' }),
          async (plan) => {
            const place = await create();
            const model = new Model(tally);
            try {
              await fc.asyncModelRun(() => ({ model, real: place }), plan);
              await end(model, place);
            } finally {
              await place.remove();
            }
          },
        ),
        { numRuns: sequences, unbiased: true },
      );
      if (sequences >= 1_000)
        expect([...tally.keys()]).toEqual(expect.arrayContaining(mortal ? [...everything, ...everyDeath] : everything));
    },
    60_000 + sequences * 200,
  );
});
