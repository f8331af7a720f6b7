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

/**
 * What another model is asked for when it stands in for the one that all this was said of: an overload must not become a
 * refusal. Effort and thinking go to it only where the table says that it takes them.
 */
export function standInSettings(name: string, asked: ModelSettings): ModelSettings {
  const { effort, thinking, maxTokens, ...rest } = asked;
  const {
    efforts = [],
    thinking: kinds = [],
    maxOutputTokens = Number.POSITIVE_INFINITY,
  } = findModel(name, asked.facts) ?? {};
  const most = maxTokens === undefined ? {} : { maxTokens: Math.min(maxTokens, maxOutputTokens) };
  const fits = (kind: NonNullable<ModelSettings['thinking']>): boolean => {
    if (kind === 'adaptive') return kinds.includes(kind);
    // Models that can do without thoughts can't where most is asked of them.
    if (kind === 'off') return kinds.includes(kind) && effort !== 'xhigh' && effort !== 'max';
    return kinds.includes('budget') && kind.budgetTokens < maxTokensOf(name, { ...asked, ...most });
  };
  return {
    ...rest,
    ...most,
    ...(effort !== undefined && efforts.includes(effort) ? { effort } : {}),
    ...(thinking !== undefined && fits(thinking) ? { thinking } : {}),
  };
}

/** FanfoldError `usage` where there would be no room for an answer beside the thoughts; the API would refuse it. */
export function checkThinkingBudget({ name = defaultModelName, ...asked }: ModelSettings): void {
  if (typeof asked.thinking !== 'object') return;
  const { budgetTokens } = asked.thinking;
  const maxTokens = maxTokensOf(name, asked);
  if (budgetTokens < maxTokens) return;
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
