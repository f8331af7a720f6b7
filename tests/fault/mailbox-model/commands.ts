import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { message } from '../../contract/mailbox/mailbox-contract.ts';
import { leaseMs, type Model, simple } from './model.ts';
import { type Action, type Operation, operationOf } from './operations.ts';
import type { Place } from './place.ts';

type Step = fc.AsyncCommand<Model, Place>;

/** What may happen at a place with so many instances, `mortal` when an instance may die. */
export function steps(instances: number, mortal: boolean): fc.Arbitrary<Step> {
  const action = actions(instances);
  const instance = fc.nat(instances - 1);
  const dies = mortal ? 1 : 0;
  return fc.oneof(
    { weight: 12, arbitrary: action.map((what) => doing(what)) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 400 }).map((ms) => waiting(ms)) },
    { weight: 1, arbitrary: instance.map((by) => expiring(by)) },
    { weight: dies, arbitrary: instance.map((by) => dying(by)) },
    { weight: 3 * dies, arbitrary: fc.tuple(action, fc.nat(14)).map(([what, calls]) => dyingDuring(what, calls)) },
  );
}

function actions(instances: number): fc.Arbitrary<Action> {
  const by = fc.nat(instances - 1);
  const pick = fc.nat(1_000);
  const worker = fc.constantFrom('ann', 'bob', 'cem');
  const delayMs = fc.constantFrom(0, 0, 0, 50, 300);
  const priorities = fc.array(fc.constantFrom(5, 5, 5, 0, 9), { minLength: 1, maxLength: 3 });
  const kind = <Kind extends Action['kind']>(name: Kind) => fc.constant(name);
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: kind('publish'), by, priorities, delayMs }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('publish-again'), by, pick }) },
    { weight: 10, arbitrary: fc.record({ kind: kind('claim'), by, worker }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('watch'), by }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('beat'), by, pick }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('acknowledge'), by, pick }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('retry'), by, pick, delayMs }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('bury'), by, pick }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('reap'), by }) },
    { weight: 4, arbitrary: fc.record({ kind: kind('reap-worker'), by, worker, blameless: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('requeue'), by, pick }) },
  );
}

async function compare(model: Model, place: Place): Promise<void> {
  for (let instance = 0; instance < place.instances; instance += 1) {
    model.compare(await place.at(instance).list('work'));
  }
}

function step(text: string, run: (model: Model, place: Place) => Promise<void>): Step {
  return {
    check: () => true,
    toString: () => text,
    async run(model, place) {
      await run(model, place);
      await compare(model, place);
    },
  };
}

function doing(action: Action): Step {
  return step(JSON.stringify(action), async (model, place) => {
    await operationOf(action, model, place.sender(action.by))?.run(place.at(action.by));
  });
}

function waiting(ms: number): Step {
  return step(`wait ${ms} ms`, async () => void vi.advanceTimersByTime(ms));
}

/** One who looks often enough takes everything back that nobody beats for. */
function expiring(by: number): Step {
  return step(`expire, seen by ${by}`, (model, place) => expire(model, place, by));
}

export async function expire(model: Model, place: Place, by: number): Promise<void> {
  for (let look = 0; look < 6; look += 1) {
    vi.advanceTimersByTime(leaseMs / 3);
    await operationOf({ kind: 'reap', by }, model, place.sender(by))?.run(place.at(by));
  }
  expect(model.in('claimed')).toEqual([]);
}

function dying(by: number): Step {
  return step(`${by} dies`, (_, place) => place.replace(by));
}

/** An instance dies at one of its calls to the file system; its successor finds each message before or after it. */
function dyingDuring(action: Action, calls: number): Step {
  const sooner = action.kind === 'publish' ? { ...action, delayMs: 0 } : action;
  return step(`${action.by} dies at call ${calls} of ${JSON.stringify(sooner)}`, async (model, place) => {
    const operation = operationOf(sooner, model, place.sender(action.by));
    if (operation === undefined || sooner.kind === 'watch') return;
    place.dieAfter(action.by, calls);
    let died = false;
    try {
      await operation.run(place.at(action.by));
    } catch (error) {
      if ((error as { data?: { errno?: unknown } }).data?.errno !== 'EIO') throw error;
      died = true;
    }
    await place.replace(action.by);
    if (died) await learn(operation, model, place, action.by);
  });
}

async function learn(operation: Operation, model: Model, place: Place, by: number): Promise<void> {
  const mailbox = place.at(by);
  for (const { id, text, priority } of operation.publishes) {
    // Whoever got no answer says it again.
    await mailbox.publish('work', message(id, { text }), { priority });
  }
  for (const { id, state, epoch } of await mailbox.list('work')) {
    const known = model.messages.get(id);
    if (known === undefined) {
      const published = operation.publishes.find((one) => one.id === id);
      if (published === undefined) throw new Error(`nobody published ${id}`);
      model.tally('died: publishing');
      // Which of the two it is can't be known: it stands in no order.
      model.published({ ...published, sender: `unsure-${id}` }, 0, undefined);
      continue;
    }
    if (known.state === simple(state) && known.epoch === epoch) continue;
    const halfway = operation.halfway[`${known.state} ${simple(state)}`];
    expect([id, known.state, state, halfway !== undefined]).toEqual([id, known.state, state, true]);
    halfway?.(known);
    model.tally(`died: ${known.state}`);
    expect(known).toMatchObject({ state: simple(state), epoch });
    known.putBy = undefined;
  }
}
