import { FanfoldError, overlayModel, type TaskFile, validateTaskFile } from '../../tasks/index.ts';
import type { PlanArguments } from './command-options.ts';

type Permissions = TaskFile['permissions'];
type Model = TaskFile['model'];

/**
 * The command line outranks the task file, whatever a subtask or the defaults say; its permission rules are added to
 * those of the file.
 */
export function withArguments(taskFile: TaskFile, args: PlanArguments): TaskFile {
  const { base, into } = args;
  const rules = addRules(taskFile.permissions, args);
  const permissions = outrankMode(rules, args, true);
  const model = outrankModel(taskFile.model ?? {}, args);
  const roles = outrankRoles(taskFile.roles, args);
  const outrank = <Settings extends { permissions?: Permissions; model?: Model }>(
    settings: Settings,
    usualName: string | undefined,
  ): Settings => ({
    ...settings,
    ...optional('permissions', outrankMode(settings.permissions, args, false)),
    ...optional('model', settings.model && outrankModel(settings.model, args, usualName)),
  });
  const nameOfFile = taskFile.model?.name;
  const usualName = taskFile.defaults?.model?.name ?? nameOfFile;
  const merged = {
    ...taskFile,
    ...optional('base', base),
    ...optional('into', into),
    ...optional('permissions', permissions),
    ...(Object.keys(model).length === 0 ? {} : { model }),
    ...optional('roles', roles),
    ...(taskFile.defaults === undefined ? {} : { defaults: outrank(taskFile.defaults, nameOfFile) }),
    subtasks: taskFile.subtasks.map((subtask) => outrank(subtask, usualName)),
  };
  try {
    return validateTaskFile(merged);
  } catch (error) {
    if (!(error instanceof FanfoldError)) throw error;
    throw new FanfoldError({
      code: 'usage',
      message: error.message,
      next: 'Correct --base, --into, --model, --base-url or the permission rules on the command line.',
    });
  }
}

function addRules(permissions: Permissions, { allow, ask, deny }: PlanArguments): Permissions {
  if (allow === undefined && ask === undefined && deny === undefined) return permissions;
  return {
    ...permissions,
    allow: [...(permissions?.allow ?? []), ...(allow ?? [])],
    ask: [...(permissions?.ask ?? []), ...(ask ?? [])],
    deny: [...(permissions?.deny ?? []), ...(deny ?? [])],
  };
}

/** `always`: also where the file says nothing. */
function outrankMode(permissions: Permissions, { permissionMode }: PlanArguments, always: boolean): Permissions {
  if (permissionMode === undefined || (permissions === undefined && !always)) return permissions;
  return { ...permissions, mode: permissionMode };
}

/** `usualName`: the model that settings without a name are said of. */
function outrankModel(
  settings: NonNullable<Model>,
  { model, baseUrl, effort }: PlanArguments,
  usualName?: string,
): NonNullable<Model> {
  const named =
    model === undefined ? settings : overlayModel({ ...optional('name', usualName), ...settings }, { name: model });
  return { ...named, ...optional('baseUrl', baseUrl), ...optional('effort', effort) };
}

/** `--model` and `--effort` are those of the agents; the server is everybody's. */
function outrankRoles(roles: TaskFile['roles'], { baseUrl }: PlanArguments): TaskFile['roles'] {
  if (roles === undefined || baseUrl === undefined) return roles;
  const placed = (settings: Model) => (settings?.baseUrl === undefined ? settings : { ...settings, baseUrl });
  return { ...optional('judge', placed(roles.judge)), ...optional('summariser', placed(roles.summariser)) };
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [name in Name]?: Value });
}
