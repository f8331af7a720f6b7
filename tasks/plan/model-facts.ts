/** What a user says of models that Fanfold does not know, or knows otherwise. Part of plans, task files and settings. */
import { z } from 'zod';
import { effortSchema } from './model-effort.ts';

/** The model of whoever names none. */
export const defaultModelName = 'claude-sonnet-5-5';

/** How many models one table describes. */
const mostModels = 200;

const dollars = 'a number of US dollars per million tokens, 0 or more';
const tokens = 'a whole number of tokens above 0';
const amount = () => z.number({ error: dollars }).min(0, { error: dollars });
const count = () => z.int({ error: tokens }).min(1, { error: tokens }).max(1_000_000_000, { error: tokens });

const effortList = 'a list of low, medium, high, xhigh and max';
const thinkingList = 'a list of adaptive, off and budget';

const priceSchema = z
  .strictObject(
    {
      input: amount(),
      output: amount(),
      cacheWrite: amount().optional().describe('Default: 1.25 times input.'),
      cacheRead: amount().optional().describe('Default: a tenth of input.'),
    },
    { error: 'a price with input and output, and cacheWrite and cacheRead where they differ from the usual' },
  )
  .meta({ title: 'Price', description: 'US dollars per million tokens.' });
export type PriceFields = z.infer<typeof priceSchema>;

/** All that is said replaces what is known; what is left away stays as it is known. A price replaces that of long prompts too. */
export const modelFactsSchema = z
  .strictObject(
    {
      price: priceSchema.optional(),
      contextTokens: count().optional().describe('Prompt and answer together.'),
      maxOutputTokens: count().optional().describe('The most that one turn may use.'),
      cacheableMinimum: count().optional().describe('Shorter prefixes are not kept by the prompt cache.'),
      longPrompt: z
        .strictObject(
          { aboveTokens: count(), price: priceSchema },
          { error: 'aboveTokens and the price of prompts that are longer' },
        )
        .optional()
        .describe('The price of every token of a request whose prompt is longer.'),
      efforts: z
        .array(effortSchema, { error: effortList })
        .max(5, { error: effortList })
        .optional()
        .describe('Levels of `effort` that it takes; [] for none. Default, for a model that is not known: none.'),
      thinking: z
        .array(z.enum(['adaptive', 'off', 'budget'], { error: thinkingList }), { error: thinkingList })
        .max(3, { error: thinkingList })
        .optional()
        .describe('Kinds of `thinking` that it takes; [] for none. Default, for a model that is not known: none.'),
    },
    {
      error: 'an object with price, contextTokens, maxOutputTokens, cacheableMinimum, longPrompt, efforts or thinking',
    },
  )
  .meta({ title: 'Model facts', description: 'Price and sizes of a model, and what it can be asked for.' });
export type ModelFactsFields = z.infer<typeof modelFactsSchema>;

const names = `names of models, at most ${mostModels}, each with its facts`;

export const modelTableSchema = z
  .record(z.string().min(1).max(200), modelFactsSchema, { error: names })
  .refine((table) => Object.keys(table).length <= mostModels, { error: names });
export type ModelTableFields = z.infer<typeof modelTableSchema>;

/** What is known of a model, with what else is said of it on top. A price that is given is that of all prompts. */
export function overlayFacts<Known extends ModelFactsFields>(known: Known | undefined, said: ModelFactsFields) {
  const { longPrompt, ...rest } = known ?? {};
  return { ...rest, ...(said.price === undefined && longPrompt !== undefined ? { longPrompt } : {}), ...said };
}

/** A name without the date that pins a version. */
export function undatedModelName(name: string): string {
  return name.replace(/-\d{8}$/, '');
}
