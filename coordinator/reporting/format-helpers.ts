import { oneLine, type Plan } from '../../tasks/index.ts';
import { countOf } from './amounts.ts';
import type { Paint } from './paint.ts';

/** Definitions that agents of a plan have or can give to helpers, and how many helpers there can be. */
export function formatHelpers({ agents = [], subtasks }: Plan, paint: Paint): string[] {
  const withHelpers = subtasks.filter(({ helpers }) => helpers !== undefined);
  const most = withHelpers.reduce((sum, { helpers }) => sum + (helpers?.count ?? 0), 0);
  if (agents.length === 0 && withHelpers.length === 0) return [];
  return [
    '',
    paint('bold', 'Agents'),
    ...agents.map(({ name, description, model, tools }) => {
      const facts = [tools?.join(', ') ?? 'all tools', ...(model === undefined ? [] : [model])].join('; ');
      return `  ${name} ${paint('dim', `(${facts})`)} ${oneLine(description, 120)}`;
    }),
    ...(most === 0 ? [] : [`  ${countOf(withHelpers.length, 'subtask')} may spawn helpers, at most ${most} in all`]),
  ];
}
