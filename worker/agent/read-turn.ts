/** What `stream` of a Model that anybody may have written gave, taken for a turn as far as it is one. Called by ask-model.ts. */
import {
  type ErrorRecord,
  errorRecordSchema,
  FanfoldError,
  noUsage,
  toErrorRecord,
  type Usage,
} from '../../tasks/index.ts';
import type { ContentBlock, ModelTurn } from './model/model.ts';

/** The turn, or what is wrong with it and what its Usage tells all the same. */
export type ReadTurn = { turn: ModelTurn } | { problem: string; thrown?: unknown; usage: Usage };

type Fields = Partial<Record<string, unknown>>;

export function readTurn(value: unknown): ReadTurn {
  if (!isObject(value)) return { problem: 'it answered with something that is no turn', usage: noUsage() };
  const usage = readUsage(value['usage']);
  const wrong = (problem: string, thrown?: unknown): ReadTurn => ({ problem, thrown, usage: usage ?? noUsage() });
  const noTurn = (what: string): ReadTurn => wrong(`it answered with something that is no turn: ${what}`);
  if (usage === undefined) return noTurn('`usage` must have a number for each of its fields');
  const { ok, content, error, stopReason = null, answered, model, malformed } = value;
  if (ok === false) {
    const record = readError(error);
    if (record !== undefined) return { turn: { ok, error: record, usage } };
    if (error instanceof Error) return wrong(error.message, error);
    return wrong('its turn with `ok: false` has no `error` with code, message, next and failure');
  }
  if (ok !== true) return noTurn('`ok` must be true or false');
  if (!Array.isArray(content) || !content.every(isBlock)) return noTurn('`content` must be a list of blocks');
  if (stopReason !== null && typeof stopReason !== 'string') return noTurn('`stopReason` must be text or null');
  if (model != null && typeof model !== 'string') return noTurn('`model` must be text');
  if (malformed != null && !isTexts(malformed)) return noTurn('`malformed` must be texts by id');
  const alone = answered == null ? undefined : readUsage(answered);
  if (answered != null && alone === undefined) return noTurn('`answered` must be a usage');
  return {
    turn: {
      ok,
      content,
      stopReason,
      usage,
      ...(alone === undefined ? {} : { answered: alone }),
      ...(model == null ? {} : { model }),
      ...(malformed == null ? {} : { malformed }),
    },
  };
}

const textsOf: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['text', ['text']],
  ['thinking', ['thinking', 'signature']],
  ['redacted_thinking', ['data']],
  ['tool_use', ['id', 'name']],
]);

export function isBlock(value: unknown): value is ContentBlock {
  if (!isObject(value)) return false;
  if (value['type'] === 'tool_use' && (value['id'] === '' || value['name'] === '')) return false;
  return textsOf.get(value['type'])?.every((field) => typeof value[field] === 'string') === true;
}

/** Undefined for what is no usage. Of what is one, the known fields, as whole tokens. */
function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const read = noUsage();
  for (const key of Object.keys(read) as (keyof Usage)[]) {
    const figure = value[key];
    if (typeof figure !== 'number' || !Number.isFinite(figure)) return undefined;
    read[key] = Math.max(0, key === 'usd' ? figure : Math.ceil(figure));
  }
  return read;
}

function readError(error: unknown): ErrorRecord | undefined {
  if (error instanceof FanfoldError) return toErrorRecord(error);
  const parsed = errorRecordSchema.safeParse(error);
  return parsed.success && parsed.data.code.trim() !== '' ? parsed.data : undefined;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
