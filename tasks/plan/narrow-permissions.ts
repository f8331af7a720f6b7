import type { AgentPermissions } from './agent-definition.ts';
import { type Permissions, permissionModes } from './permissions.ts';

/**
 * What is left of `own` for an agent with a definition: the lower mode of both, and every rule that asks or denies. Rules
 * that allow come to it, and never lift the mode: only definitions of the user's own have any.
 */
export function narrowPermissions(
  own: Permissions,
  { mode = own.mode, allow, ask, deny }: AgentPermissions,
): Permissions {
  return {
    mode: permissionModes.indexOf(mode) < permissionModes.indexOf(own.mode) ? mode : own.mode,
    allow: [...own.allow, ...allow],
    ask: [...own.ask, ...ask],
    deny: [...own.deny, ...deny],
  };
}
