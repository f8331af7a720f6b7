/**
 * What is known about models: context, output limit, prices. Plain data, so that a user's own table can extend it.
 * Prices are USD per million tokens with 5-minute cache writes, from platform.claude.com/docs/en/about-claude/pricing
 * (Sonnet 5.5 with its cache reads at $0.10 since 2026-10-07, Haiku 5.5 by length of the prompt).
 */
import { replayFile, type Usage } from '../../../tasks/index.ts';

/** USD per million tokens. */
interface Price {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

export interface ModelFacts {
  contextTokens: number;
  maxOutputTokens: number;
  price: Price;
  /** Applies to every token of a request whose prompt, cached parts included, is longer. */
  longPrompt?: { aboveTokens: number; price: Price };
}

export type ModelTable = Readonly<Record<string, ModelFacts>>;

export const defaultModelName = 'claude-sonnet-5-5';

const million = 1_000_000;

function facts(price: Price, contextTokens = million, maxOutputTokens = 128_000): ModelFacts {
  return { contextTokens, maxOutputTokens, price };
}

const fable5: Price = { input: 10, output: 50, cacheWrite: 12.5, cacheRead: 1 };
const fable51: Price = { ...fable5, cacheRead: 0.25 };
const opus5: Price = { input: 5, output: 25, cacheWrite: 6.25, cacheRead: 0.5 };
const sonnet4: Price = { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 };

const modelTable: ModelTable = {
  'claude-fable-5-1': facts(fable51),
  'claude-mythos-5-1': facts(fable51),
  'claude-fable-5': facts(fable5),
  'claude-mythos-5': facts(fable5),
  'claude-opus-5-5': facts({ input: 4, output: 20, cacheWrite: 5, cacheRead: 0.2 }),
  'claude-opus-5': facts(opus5),
  'claude-opus-4-8': facts(opus5),
  'claude-opus-4-7': facts(opus5),
  'claude-opus-4-6': facts(opus5),
  'claude-opus-4-5': facts(opus5, 200_000, 64_000),
  'claude-sonnet-5-5': facts({ input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 }),
  'claude-sonnet-5': facts({ input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.2 }),
  'claude-sonnet-4-6': facts(sonnet4, million, 64_000),
  'claude-sonnet-4-5': facts(sonnet4, 200_000, 64_000),
  'claude-haiku-5-5': {
    ...facts({ input: 0.1, output: 0.5, cacheWrite: 0.125, cacheRead: 0.01 }),
    longPrompt: { aboveTokens: 100_000, price: { input: 0.5, output: 2.5, cacheWrite: 0.625, cacheRead: 0.05 } },
  },
  'claude-haiku-4-5': facts({ input: 1, output: 5, cacheWrite: 1.25, cacheRead: 0.1 }, 200_000, 64_000),
};

/** The facts of a model by its name, with or without the date that pins a version, replayed or not; undefined when it is unknown. */
export function findModel(name: string, table: ModelTable = modelTable): ModelFacts | undefined {
  const plain = (replayFile(name) ?? name).replace(/-\d{8}$/, '');
  return Object.hasOwn(table, plain) ? table[plain] : undefined;
}

/** What the tokens of one request cost, in USD. Unknown models cost 0. */
export function costOf(name: string, tokens: Omit<Usage, 'usd'>, table: ModelTable = modelTable): number {
  const known = findModel(name, table);
  if (known === undefined) return 0;
  const prompt = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens;
  const long = known.longPrompt !== undefined && prompt > known.longPrompt.aboveTokens;
  const price = long && known.longPrompt !== undefined ? known.longPrompt.price : known.price;
  const sum =
    tokens.inputTokens * price.input +
    tokens.outputTokens * price.output +
    tokens.cacheReadTokens * price.cacheRead +
    tokens.cacheWriteTokens * price.cacheWrite;
  return sum / million;
}
