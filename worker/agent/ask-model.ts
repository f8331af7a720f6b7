/**
 * Asks a Model that anybody may have written. Called by take-turn.ts and summary.ts. Promise: a turn comes back whatever
 * `stream` does: one that throws or answers with something else is a failed turn, and one that does not obey its signal
 * is given up. No callback is called after that, and one that throws ends the turn with that.
 */
import { setMaxListeners } from 'node:events';
import { type ErrorRecord, FanfoldError, messageOf, noUsage, toErrorRecord } from '../../tasks/index.ts';
import { callbackFailed } from './callback-failed.ts';
import type { Model, ModelRequest, ModelTurn, StreamOptions } from './model/model.ts';
import { isBlock, readTurn } from './read-turn.ts';

/** What a model gets to end after it was told to. */
const usualGraceMs = 5_000;

export async function askModel(
  model: Model,
  request: ModelRequest,
  options: StreamOptions,
  graceMs = usualGraceMs,
): Promise<ModelTurn> {
  const { signal, onBlock, onText, onBegin, onActivity, ...rest } = options;
  const stop = new AbortController();
  // A chain of models may listen to it as often as it likes.
  setMaxListeners(0, stop.signal);
  const stopped = (usage = noUsage()): ModelTurn => failed(toErrorRecord(stop.signal.reason), usage);
  let grace: NodeJS.Timeout | undefined;
  let giveUp = (_: ModelTurn): void => {};
  const givenUp = new Promise<ModelTurn>((resolve) => {
    giveUp = resolve;
  });
  const end = (reason: unknown): void => {
    if (stop.signal.aborted) return;
    stop.abort(reason);
    grace = setTimeout(() => giveUp(stopped()), graceMs);
  };
  const follow = (): void => end(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  if (signal.aborted) follow();
  let isOver = false;
  let thrown: FanfoldError | undefined;
  const guard =
    <Given extends unknown[]>(name: string, call: (...given: Given) => void) =>
    (...given: Given): void => {
      if (isOver || thrown !== undefined) return;
      try {
        call(...given);
      } catch (error) {
        thrown = callbackFailed(name, error);
        end(thrown);
      }
    };
  const guarded: StreamOptions = {
    ...rest,
    signal: stop.signal,
    ...(onBlock === undefined
      ? {}
      : { onBlock: guard('onBlock', (block, index) => (isBlock(block) ? onBlock(block, index) : undefined)) }),
    ...(onText === undefined ? {} : { onText: guard('onText', onText) }),
    ...(onBegin === undefined ? {} : { onBegin: guard('onBegin', onBegin) }),
    ...(onActivity === undefined ? {} : { onActivity: guard('onActivity', onActivity) }),
  };
  try {
    const read = readTurn(await Promise.race([model.stream(request, guarded), givenUp]));
    if (thrown !== undefined) return stopped('turn' in read ? read.turn.usage : read.usage);
    return 'turn' in read ? read.turn : failed(problemOf(model, read.problem, read.thrown), read.usage);
  } catch (error) {
    if (stop.signal.aborted) return stopped();
    if (error instanceof FanfoldError) return failed(toErrorRecord(error));
    return failed(problemOf(model, messageOf(error), error));
  } finally {
    isOver = true;
    clearTimeout(grace);
    signal.removeEventListener('abort', follow);
  }
}

function failed(error: ErrorRecord, usage = noUsage()): ModelTurn {
  return { ok: false, error, usage };
}

function problemOf({ name }: Model, what: string, thrown?: unknown): ErrorRecord {
  return {
    code: 'model-failed',
    message: `The model ${name} failed: ${what}.`.replace(/[.!?]\.$/, '.'),
    next: 'Its `stream` must return a turn; expected failures are turns with `ok: false` and an error.',
    failure: 'permanent',
    ...(thrown instanceof Error && thrown.stack !== undefined ? { data: { stack: thrown.stack } } : {}),
  };
}
