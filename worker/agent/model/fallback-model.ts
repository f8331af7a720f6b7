/**
 * A Model over a chain of models: while one is overloaded, the next takes the turn. Called by model-source.ts. Promise:
 * a turn fails for an overload only when its signal ends it; each change is told; no model is sent thoughts that another
 * has signed; usage counts at the price of the model that used it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { addUsage, noUsage, oneLine, toErrorRecord, type Usage } from '../../../tasks/index.ts';
import { type Thoughts, thoughtOf, withoutForeignThoughts } from './foreign-thoughts.ts';
import { fullJitter } from './governor/full-jitter.ts';
import type { Model, ModelRequest, ModelTurn, StreamOptions } from './model.ts';

export interface FallbackModelOptions {
  /** The first is the one that is wanted. Each but a lonely one must give a turn up in the end. */
  models: readonly [Model, ...Model[]];
  /** Until when a model is not asked again, ms of `clock`; shared by all conversations of a thread. */
  resting: Map<string, number>;
  /** Of the conversation that is gone on with. */
  thoughts?: Thoughts | undefined;
  /** Milliseconds of a monotonic clock. Default performance.now. */
  clock?: () => number;
}

/** As long as a prompt stays in the cache: going back sooner would pay for it twice. */
export const restMs = 300_000;
const longestPauseMs = 30_000;

export function createFallbackModel(options: FallbackModelOptions): Model {
  const { models, resting, clock = () => performance.now() } = options;
  const [first] = models;
  const thoughts = new Map(options.thoughts);
  let answering = first;
  let changes = 0;

  /** Those that may be asked, the wanted ones before others; where all rest, the one that has rested longest first. */
  const candidates = (): Model[] => {
    const until = ({ name }: Model): number => resting.get(name) ?? 0;
    const awake = models.filter((model) => until(model) <= clock());
    const asleep = models.filter((model) => !awake.includes(model));
    return [...awake, ...asleep.sort((left, right) => until(left) - until(right))];
  };

  const change = (next: Model, onActivity: StreamOptions['onActivity']): void => {
    if (next === answering) return;
    changes += 1;
    const [from, to] = [oneLine(answering.name, 100), oneLine(next.name, 100)];
    const why = next === first ? `${to} is asked again` : `${from} is overloaded: ${to} takes over`;
    onActivity?.(`${why}, without what the prompt cache held (change ${changes} of model)`);
    answering = next;
  };

  const remember = (turn: ModelTurn & { ok: true }, { name }: Model): void => {
    for (const block of turn.content) {
      const thought = thoughtOf(block);
      if (thought !== undefined) thoughts.set(thought, name);
    }
  };

  /** The answer of the first that gives one; `overloaded` where all that could have were. */
  async function askAll(request: ModelRequest, options: StreamOptions, spending: Spending): Promise<ModelTurn> {
    let overload: ModelTurn | undefined;
    for (const model of candidates()) {
      change(model, options.onActivity);
      const turn = await model.stream(withoutForeignThoughts(request, thoughts, model.name, first.name), options);
      const isRetried = spending.asked > 0;
      spending.asked += 1;
      spending.usage = addUsage(spending.usage, turn.usage);
      const { usage } = spending;
      if (turn.ok) {
        resting.delete(model.name);
        remember(turn, model);
        const answered = isRetried ? { answered: turn.answered ?? turn.usage } : {};
        return { ...turn, usage, ...answered, ...(model === first ? {} : { model: model.name }) };
      }
      if (turn.error.code === 'model-overloaded') {
        resting.set(model.name, clock() + restMs);
        overload = { ...turn, usage };
        // What is too long for one that stands in is not too long.
      } else if (turn.error.code !== 'context-exhausted' || model === first) return { ...turn, usage };
    }
    return overload ?? { ok: false, error: toErrorRecord(options.signal.reason), usage: spending.usage };
  }

  return {
    name: first.name,
    ...(first.limits === undefined ? {} : { limits: first.limits }),
    async stream(request, options) {
      const spending: Spending = { usage: noUsage(), asked: 0 };
      for (let round = 1; ; round += 1) {
        const turn = await askAll(request, options, spending);
        if (turn.ok || turn.error.code !== 'model-overloaded') return turn;
        try {
          await sleep(fullJitter(round, 1_000, longestPauseMs), undefined, { signal: options.signal });
        } catch {
          return { ok: false, error: toErrorRecord(options.signal.reason), usage: spending.usage };
        }
      }
    },
  };
}

/** Of one turn, by all models that were asked. */
interface Spending {
  usage: Usage;
  asked: number;
}
