import { defaultModelName, FanfoldError, oneLine, type Plan, replayFile, type Subtask } from '../../tasks/index.ts';
import { findModel } from '../../worker/index.ts';
import { helperModels } from './helper-models.ts';
import { judgesOfPlan, modelsOfSubtask } from './models-of-plan.ts';

/**
 * Refuse a limit in USD that a definition of the repository would switch off, with a model that has no price: what the
 * user names without a price is told as a warning instead (unpriced-models.ts).
 */
export function refuseUnpricedDefinitions(plan: Plan): void {
  const { subtasks, budget, agents = [] } = plan;
  const shipped = new Map(agents.flatMap((one) => (one.source === 'repository' ? [[one.name, one]] : [])));
  if (shipped.size === 0) return;
  const ownDefinition = ({ agent = '', model }: Subtask) => {
    const definition = shipped.get(agent);
    return definition?.model !== undefined && definition.model === model.name ? definition : undefined;
  };
  const limited = subtasks.filter((subtask) => (subtask.budget?.usd ?? budget?.usd) !== undefined);
  const given = [
    ...limited.flatMap((subtask) => {
      const definition = ownDefinition(subtask);
      return definition === undefined ? [] : [{ settings: subtask.model, definition }];
    }),
    ...helperModels(limited, plan).filter(({ definition }) => definition.source === 'repository'),
  ];
  const unpriced = given.filter(({ settings: { name = defaultModelName, facts } }) => {
    return replayFile(name) === undefined && findModel(name, facts)?.price === undefined;
  });
  if (unpriced.length === 0) return;
  const named = namesOfUser(plan, (subtask) => ownDefinition(subtask) !== undefined);
  const found = unpriced.find(({ settings: { name = defaultModelName } }) => !named.has(name));
  if (found === undefined) return;
  const { definition, settings } = found;
  throw new FanfoldError({
    code: 'usage',
    message: `The agent ${definition.name}, as the repository defines it, asks for the model ${oneLine(settings.name ?? '', 100)}, of which no price is known: the limit in USD would not hold.`,
    next: 'Say what that model costs (`models` in the task file or in your settings), name another with --model, define an agent of that name yourself, or limit tokens instead of USD.',
  });
}

/** What somebody else than a definition of the repository asks for. */
function namesOfUser(plan: Plan, isDefined: (subtask: Subtask) => boolean): Set<string> {
  const used = [
    ...plan.subtasks.filter((subtask) => !isDefined(subtask)).flatMap(modelsOfSubtask),
    ...helperModels(plan.subtasks, plan).filter(({ definition }) => definition.source === undefined),
    ...judgesOfPlan(plan),
  ];
  return new Set(used.flatMap(({ settings: { name = defaultModelName, fallback = [] } }) => [name, ...fallback]));
}
