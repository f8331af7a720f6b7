/** How a conversation is asked for, in the words of the Messages API. Called by anthropic-model.ts. */
import { defaultModelName, FanfoldError, type ModelSettings } from '../../../tasks/index.ts';
import { findModel } from './model-table.ts';

/** What of a request stays the same through a whole conversation and is no part of it: a change would break the cache. */
export interface RequestSettings {
  model: string;
  max_tokens: number;
  stream: true;
  thinking?: { type: 'adaptive' | 'disabled' } | { type: 'enabled'; budget_tokens: number };
  output_config?: { effort: NonNullable<ModelSettings['effort']> };
}

export type AskedFor = Pick<ModelSettings, 'maxTokens' | 'effort' | 'thinking' | 'facts'>;

const usualMaxTokens = 32_000;
const cautiousMaxTokens = 8_192;

export function requestSettings(name: string, asked: AskedFor): RequestSettings {
  const { effort, thinking } = asked;
  return {
    model: name,
    max_tokens: maxTokensOf(name, asked),
    stream: true,
    ...(thinking === undefined ? {} : { thinking: thinkingOf(thinking) }),
    ...(effort === undefined ? {} : { output_config: { effort } }),
  };
}

/** FanfoldError `usage` where there would be no room for an answer beside the thoughts; the API would refuse it. */
export function checkThinkingBudget({ name: first = defaultModelName, fallback = [], ...asked }: ModelSettings): void {
  if (typeof asked.thinking !== 'object') return;
  const { budgetTokens } = asked.thinking;
  const name = [first, ...fallback].find((one) => budgetTokens >= maxTokensOf(one, asked));
  if (name === undefined) return;
  const maxTokens = maxTokensOf(name, asked);
  throw new FanfoldError({
    code: 'usage',
    message: `thinking.budgetTokens ${budgetTokens.toLocaleString('en')} leaves no room for an answer of ${name}, which may use ${maxTokens.toLocaleString('en')} tokens in a turn.`,
    next: 'Set a smaller budgetTokens, or a larger maxTokens where the model allows it.',
  });
}

/** Thoughts count: a budget for them is room on top. */
function maxTokensOf(name: string, { maxTokens, thinking, facts }: AskedFor): number {
  if (maxTokens !== undefined) return maxTokens;
  const most = findModel(name, facts)?.maxOutputTokens;
  const budget = typeof thinking === 'object' ? thinking.budgetTokens : 0;
  const wanted = budget + cautiousMaxTokens;
  return most === undefined ? wanted : Math.min(most, Math.max(usualMaxTokens, wanted));
}

function thinkingOf(thinking: NonNullable<ModelSettings['thinking']>): NonNullable<RequestSettings['thinking']> {
  if (thinking === 'adaptive') return { type: 'adaptive' };
  if (thinking === 'off') return { type: 'disabled' };
  return { type: 'enabled', budget_tokens: thinking.budgetTokens };
}
