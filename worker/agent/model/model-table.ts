/**
 * What is known about models: context, output limit, prices, the prompt cache, efforts and thinking. A built-in table, which a user's task
 * file and settings extend: what they say of the models of a subtask travels in its settings as `facts`.
 * Prices are USD per million tokens with 5-minute cache writes, from platform.claude.com/docs/en/about-claude/pricing
 * (Sonnet 5.5 with its cache reads at $0.10 since 2026-10-07, Haiku 5.5 by length of the prompt); the least that is
 * cached from platform.claude.com/docs/en/build-with-claude/prompt-caching#cache-limitations, read in October 2026;
 * efforts and thinking from its pages "effort", "thinking" and those on what is new in each model, read in November 2026.
 */
import {
  defaultModelName,
  type ModelFactsFields,
  type ModelTableFields,
  overlayFacts,
  type PriceFields,
  replayFile,
  type Subtask,
  type Usage,
  undatedModelName,
} from '../../../tasks/index.ts';

/** USD per million tokens. */
export interface Price {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

/** Of what a user describes, only what was said is known. */
export interface ModelFacts {
  contextTokens?: number | undefined;
  maxOutputTokens?: number | undefined;
  /** Tokens: a shorter prefix is not kept by the prompt cache, however it is marked. */
  cacheableMinimum?: number | undefined;
  price?: Price | undefined;
  /** Applies to every token of a request whose prompt, cached parts included, is longer. */
  longPrompt?: { aboveTokens: number; price: Price } | undefined;
  /** Levels of effort that it takes; with any other the server refuses. */
  efforts?: ModelFactsFields['efforts'];
  /** Kinds of thinking that it takes. */
  thinking?: ModelFactsFields['thinking'];
}

export { defaultModelName };

const million = 1_000_000;
/** Of most servers that are not Anthropic's, whose caches have their own rules. */
const usualMinimum = 1_024;

type Abilities = Pick<ModelFacts, 'efforts' | 'thinking'>;
const allEfforts: ModelFacts['efforts'] = ['low', 'medium', 'high', 'xhigh', 'max'];
const always: Abilities = { efforts: allEfforts, thinking: ['adaptive'] };
const switched: Abilities = { efforts: allEfforts, thinking: ['adaptive', 'off'] };
const since46: Abilities = { efforts: ['low', 'medium', 'high', 'max'], thinking: ['adaptive', 'off', 'budget'] };
const opus45: Abilities = { efforts: ['low', 'medium', 'high'], thinking: ['off', 'budget'] };
const without: Abilities = { efforts: [], thinking: ['off', 'budget'] };

function facts(price: Price, abilities: Abilities, { context = million, output = 128_000, cacheable = 512 } = {}) {
  return { contextTokens: context, maxOutputTokens: output, cacheableMinimum: cacheable, price, ...abilities };
}

const fable5: Price = { input: 10, output: 50, cacheWrite: 12.5, cacheRead: 1 };
const fable51: Price = { ...fable5, cacheRead: 0.25 };
const opus5: Price = { input: 5, output: 25, cacheWrite: 6.25, cacheRead: 0.5 };
const sonnet4: Price = { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 };
const haiku4: Price = { input: 1, output: 5, cacheWrite: 1.25, cacheRead: 0.1 };

const builtIn: Readonly<Record<string, ModelFacts>> = {
  'claude-fable-5-1': facts(fable51, always),
  'claude-mythos-5-1': facts(fable51, always),
  'claude-fable-5': facts(fable5, always),
  'claude-mythos-5': facts(fable5, always),
  'claude-opus-5-5': facts({ input: 4, output: 20, cacheWrite: 5, cacheRead: 0.2 }, always),
  'claude-opus-5': facts(opus5, switched),
  'claude-opus-4-8': facts(opus5, switched, { cacheable: 1_024 }),
  'claude-opus-4-7': facts(opus5, switched, { cacheable: 2_048 }),
  'claude-opus-4-6': facts(opus5, since46, { cacheable: 4_096 }),
  'claude-opus-4-5': facts(opus5, opus45, { context: 200_000, output: 64_000, cacheable: 4_096 }),
  'claude-sonnet-5-5': facts({ input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 }, always),
  'claude-sonnet-5': facts({ input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.2 }, switched, { cacheable: 1_024 }),
  'claude-sonnet-4-6': facts(sonnet4, since46, { output: 64_000, cacheable: 1_024 }),
  'claude-sonnet-4-5': facts(sonnet4, without, { context: 200_000, output: 64_000, cacheable: 1_024 }),
  'claude-haiku-5-5': {
    ...facts({ input: 0.1, output: 0.5, cacheWrite: 0.125, cacheRead: 0.01 }, switched),
    longPrompt: { aboveTokens: 100_000, price: { input: 0.5, output: 2.5, cacheWrite: 0.625, cacheRead: 0.05 } },
  },
  'claude-haiku-4-5': facts(haiku4, without, { context: 200_000, output: 64_000, cacheable: 4_096 }),
};

/**
 * The facts of a model by its name, with or without the date that pins a version, replayed or not; undefined when it is
 * unknown. What the user says of it counts first.
 */
export function findModel(name: string, said: ModelTableFields = {}): ModelFacts | undefined {
  const dated = replayFile(name) ?? name;
  const plain = undatedModelName(dated);
  let known = Object.hasOwn(builtIn, plain) ? builtIn[plain] : undefined;
  for (const key of new Set([plain, dated])) {
    const more = Object.hasOwn(said, key) ? said[key] : undefined;
    if (more !== undefined) known = completed(overlayFacts(known, more));
  }
  return known;
}

/** Names of the built-in table, in its order. */
export function builtInModels(): string[] {
  return Object.keys(builtIn);
}

/** What the tokens of one request cost, in USD. Models without a price cost 0. */
export function costOf(name: string, tokens: Omit<Usage, 'usd'>, said?: ModelTableFields): number {
  const { price: usual, longPrompt } = findModel(name, said) ?? {};
  const prompt = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens;
  const price = longPrompt !== undefined && prompt > longPrompt.aboveTokens ? longPrompt.price : usual;
  if (price === undefined) return 0;
  const sum =
    tokens.inputTokens * price.input +
    tokens.outputTokens * price.output +
    tokens.cacheReadTokens * price.cacheRead +
    tokens.cacheWriteTokens * price.cacheWrite;
  return sum / million;
}

/** The models of an agent whose cost counts as 0 because nobody said what they cost; `name` is the first's. */
export function unpricedModels(name: string, { model, summariser }: Pick<Subtask, 'model' | 'summariser'>): string[] {
  const own = [name, ...(model.fallback ?? [])].filter((one) => findModel(one, model.facts)?.price === undefined);
  const other = summariser?.name;
  const isUnpriced = other !== undefined && findModel(other, summariser?.facts)?.price === undefined;
  return [...new Set([...own, ...(isUnpriced ? [other] : [])])];
}

/** In tokens. */
export function cacheableMinimum(name: string, said?: ModelTableFields): number {
  return findModel(name, said)?.cacheableMinimum ?? usualMinimum;
}

function completed({ price, longPrompt, ...rest }: ReturnType<typeof overlayFacts>): ModelFacts {
  return {
    ...rest,
    ...(price === undefined ? {} : { price: wholePrice(price) }),
    ...(longPrompt === undefined ? {} : { longPrompt: { ...longPrompt, price: wholePrice(longPrompt.price) } }),
  };
}

function wholePrice({ input, output, cacheWrite = 1.25 * input, cacheRead = input / 10 }: PriceFields): Price {
  return { input, output, cacheWrite, cacheRead };
}
