/**
 * Asks a Model that anybody may have written. Called by take-turn.ts and summary.ts. Promise: a turn comes back whatever
 * `stream` does: one that throws or answers with something else is a failed turn, and one that does not obey its signal
 * is given up.
 */
import { type ErrorRecord, FanfoldError, messageOf, noUsage, toErrorRecord } from '../../tasks/index.ts';
import type { ContentBlock, Model, ModelRequest, ModelTurn, StreamOptions } from './model/model.ts';

/** What a model gets to end after it was told to. */
const usualGraceMs = 5_000;

export async function askModel(
  model: Model,
  request: ModelRequest,
  options: StreamOptions,
  graceMs = usualGraceMs,
): Promise<ModelTurn> {
  const { signal } = options;
  const cancelled = (): ModelTurn => failed(toErrorRecord(signal.reason));
  let grace: NodeJS.Timeout | undefined;
  let follow = (): void => {};
  const givenUp = new Promise<ModelTurn>((resolve) => {
    follow = () => {
      grace = setTimeout(() => resolve(cancelled()), graceMs);
    };
  });
  signal.addEventListener('abort', follow, { once: true });
  if (signal.aborted) follow();
  try {
    const turn: unknown = await Promise.race([model.stream(request, options), givenUp]);
    return isTurn(turn) ? turn : failed(problemOf(model, 'it answered with something that is no turn'));
  } catch (error) {
    if (signal.aborted) return cancelled();
    if (error instanceof FanfoldError) return failed(toErrorRecord(error));
    return failed(problemOf(model, messageOf(error), error));
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', follow);
  }
}

function failed(error: ErrorRecord): ModelTurn {
  return { ok: false, error, usage: noUsage() };
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

function isTurn(value: unknown): value is ModelTurn {
  if (typeof value !== 'object' || value === null) return false;
  const { ok, usage, content, error } = value as Partial<Record<string, unknown>>;
  if (typeof usage !== 'object' || usage === null) return false;
  if (!Object.keys(noUsage()).every((key) => Number.isFinite((usage as Record<string, unknown>)[key]))) return false;
  if (ok === true) return Array.isArray(content) && content.every(isBlock);
  return ok === false && typeof error === 'object' && error !== null;
}

const textsOf: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'name'],
};

function isBlock(value: unknown): value is ContentBlock {
  if (typeof value !== 'object' || value === null) return false;
  const block = value as Record<string, unknown>;
  if (block['type'] === 'tool_use' && (block['id'] === '' || block['name'] === '')) return false;
  return textsOf[String(block['type'])]?.every((field) => typeof block[field] === 'string') === true;
}
