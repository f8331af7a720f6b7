import type { Field } from './field.ts';
import { environmentName } from './item-environment.ts';
import type { ProblemCollector } from './problem-collector.ts';
import { shellPlacements } from './shell-placement.ts';

/** Whether values may stand where a command has its placeholders. */
export function checkPlacement(field: Field, problems: ProblemCollector): void {
  const placements = shellPlacements(field.template);
  const placeholders = field.template.filter((part) => typeof part !== 'string');
  for (const [index, { path, source, occurrence }] of placeholders.entries()) {
    const refused = placements[index];
    if (refused === undefined) continue;
    const quotes = refused.endsWith('quotes') && !refused.startsWith('or');
    const variable = path.length === 2 && path[0] === 'item' ? environmentName(path[1] ?? '') : 'FANFOLD_ITEM_…';
    const advice = quotes
      ? 'without them, since values are quoted already'
      : `outside of it, or "$${variable}" in its place`;
    problems.add({
      path: field.path,
      occurrence,
      message: `found \${{ ${source} }} inside ${refused}; allowed ${advice}`,
    });
  }
}
