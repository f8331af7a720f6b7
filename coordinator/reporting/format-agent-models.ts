import { type Budget, defaultModelName, oneLine, type Plan } from '../../tasks/index.ts';
import { countOf, formatUsd } from './amounts.ts';
import type { Paint } from './paint.ts';

/** Which models the agents of a plan ask, how hard these think, and what each agent may spend; one line for the same. */
export function formatAgentModels({ subtasks }: Plan, paint: Paint): string[] {
  const groups = new Map<string, string[]>();
  for (const { id, executor, model, budget } of subtasks) {
    if (executor.kind !== 'prompt') continue;
    const { name = defaultModelName, effort, thinking, baseUrl } = model;
    const text = [
      oneLine(name, 200),
      ...(effort === undefined ? [] : [`effort ${effort}`]),
      ...(thinking === undefined
        ? []
        : [typeof thinking === 'string' ? `thinking ${thinking}` : `thinks ${thinking.budgetTokens} tokens`]),
      ...(baseUrl === undefined ? [] : [`at ${oneLine(baseUrl, 200)}`]),
      ...(budget === undefined ? [] : [`at most ${formatBudget(budget)} each`]),
    ].join(', ');
    groups.set(text, [...(groups.get(text) ?? []), id]);
  }
  if (groups.size === 0) return [];
  return [
    '',
    paint('bold', 'Models of agents'),
    ...[...groups].map(([text, ids]) => {
      const [first, second, ...rest] = ids;
      const who = [first, ...(second === undefined ? [] : [second]), ...(rest.length === 0 ? [] : [`+${rest.length}`])];
      return `  ${text}${groups.size === 1 ? '' : paint('dim', ` (${countOf(ids.length, 'agent')}: ${who.join(' ')})`)}`;
    }),
  ];
}

export function formatBudget({ usd, tokens, minutes }: Budget): string {
  return [
    ...(usd === undefined ? [] : [formatUsd(usd)]),
    ...(tokens === undefined ? [] : [`${tokens.toLocaleString('en-US')} tokens`]),
    ...(minutes === undefined ? [] : [countOf(minutes, 'minute')]),
  ].join(', ');
}
