/**
 * Which model does what: the worker's settings, and those of other roles on top of them. Called by the expansion for
 * agents, summarisers and judges, and by the command line for the planner. Promise: what is said of one model is never
 * said of another, and where the work is replayed from a recording, so is all else.
 */
import { isDeepStrictEqual } from 'node:util';
import { defaultModelName, type ModelTableFields, overlayFacts, undatedModelName } from '../plan/model-facts.ts';
import type { ModelSettings } from '../plan/plan.ts';
import { replayFile } from '../plan/replay-name.ts';
import type { ModelRole, UserRoles } from '../task-file/role-schemas.ts';
import type { ModelFields } from '../task-file/settings-schemas.ts';
import type { SubtaskTemplate } from '../task-file/subtask-template-schema.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';
import { mergeModel } from './merge-settings.ts';

/** What a user's own settings say of models; a task file outranks them. */
export interface UserModels {
  models?: ModelTableFields | undefined;
  roles?: UserRoles | undefined;
}

type ModelsOfFile = Pick<TaskFile, 'model' | 'models' | 'roles'>;

/** The settings of a role, with the facts that the user gives of its models. */
export function roleModel(file: ModelsOfFile, role: ModelRole, user: UserModels = {}): ModelSettings {
  const worker = overlayModel(user.roles?.worker, file.model) ?? {};
  const own = role === 'worker' ? undefined : user.roles?.[role];
  // A name in the user's settings is one of the user's server, not of one that a task file names.
  const fits = file.model?.baseUrl === undefined || own?.baseUrl !== undefined;
  const ofFile = role === 'judge' || role === 'summariser' ? file.roles?.[role] : undefined;
  const fields = overlayModel(overlayModel(worker, fits ? own : undefined), ofFile) ?? {};
  const isReplayed = replayFile(worker.name) !== undefined;
  return withFacts(mergeModel(isReplayed ? { ...fields, name: worker.name } : fields), file, user);
}

/** The settings of one judge: those of the role, with its own on top. */
export function judgeModel(file: ModelsOfFile, own: ModelFields | undefined, user: UserModels = {}): ModelSettings {
  const { planner: _, ...roles } = file.roles ?? {};
  return roleModel({ ...file, roles: { ...roles, judge: overlayModel(roles.judge, own) } }, 'judge', user);
}

export interface AgentModels {
  model: ModelSettings;
  summariser: ModelSettings | undefined;
}

/**
 * The settings of a subtask's agent: the worker's, then those of the defaults and of the subtask. Without a `summariser`
 * it sums up its own conversation, which costs least: it reads it from the prompt cache.
 */
export function agentModels(
  file: ModelsOfFile & Pick<TaskFile, 'defaults'>,
  { prompt, model, agent, helpers }: SubtaskTemplate,
  user: UserModels = {},
): AgentModels {
  const { defaults } = file;
  const merged = mergeModel(overlayModel(user.roles?.worker, file.model), defaults?.model, model);
  if (prompt === undefined) return { model: merged, summariser: undefined };
  const mayBeOthers = [agent, helpers, defaults?.agent, defaults?.helpers].some((given) => given !== undefined);
  const settings = withFacts(merged, file, user, mayBeOthers);
  return { model: settings, summariser: summariserModel(file, settings, user) };
}

function summariserModel(file: ModelsOfFile, agent: ModelSettings, user: UserModels): ModelSettings | undefined {
  if (file.roles?.summariser === undefined && user.roles?.summariser === undefined) return undefined;
  if (replayFile(agent.name) !== undefined) return undefined;
  const summariser = roleModel(file, 'summariser', user);
  const isNamed = [file, user].some(({ roles }) => roles?.summariser?.baseUrl !== undefined);
  // What is said to one server goes to no other that nobody named for it.
  if (summariser.baseUrl !== agent.baseUrl && !isNamed) return undefined;
  return isDeepStrictEqual(summariser, agent) ? undefined : summariser;
}

/** Settings with others on top: what was said of another model or server does not fit. */
export function overlayModel(base: ModelFields | undefined, over: ModelFields | undefined): ModelFields | undefined {
  if (base === undefined || over === undefined) return over ?? base;
  const { idleTimeout, warmUp, baseUrl } = base;
  const isOtherServer = over.baseUrl !== undefined && over.baseUrl !== baseUrl;
  const isOtherName = over.name !== undefined && over.name !== (base.name ?? defaultModelName);
  if (!isOtherServer && !isOtherName) return { ...base, ...over };
  const kept: ModelFields = {
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
    ...(warmUp === undefined ? {} : { warmUp }),
    ...(isOtherServer || baseUrl === undefined ? {} : { baseUrl }),
  };
  return { ...kept, ...over };
}

/** What a user's settings and a task file say of models by name, the file last. */
export function modelTableOf({ models = {} }: Pick<TaskFile, 'models'>, user: UserModels): ModelTableFields {
  const table = new Map(Object.entries(user.models ?? {}));
  for (const [name, facts] of Object.entries(models)) table.set(name, overlayFacts(table.get(name), facts));
  return Object.fromEntries(table);
}

/** Which model a recording stands for, and which ones helpers have, is not known yet: they may be any of the table. */
function withFacts(settings: ModelSettings, file: ModelsOfFile, user: UserModels, mayBeOthers = false): ModelSettings {
  const table = modelTableOf(file, user);
  const { name = defaultModelName, fallback = [] } = settings;
  const used = new Set([name, ...fallback].flatMap((one) => [one, undatedModelName(one)]));
  const isAny = mayBeOthers || replayFile(name) !== undefined;
  const facts = Object.entries(table).filter(([one]) => isAny || used.has(one));
  return facts.length === 0 ? settings : { ...settings, facts: Object.fromEntries(facts) };
}
