import { type AgentPermissions, type Permissions, permissionModes, permissionRuleSchema } from '../../tasks/index.ts';
import type { DefinitionPart } from './definition-part.ts';

type Mode = Permissions['mode'];

/** Modes of other programs: where somebody is asked there, only what a rule allows is done here. */
const otherModes: Readonly<Record<string, Mode>> = {
  default: 'acceptEdits',
  auto: 'acceptEdits',
  dontAsk: 'acceptEdits',
  manual: 'acceptEdits',
};

/** `permissions: { mode, allow, ask, deny }`, or a mode alone as `permissions` or `permissionMode`. */
export function readPermissions(value: unknown, permissionMode: unknown, isOwn: boolean): DefinitionPart {
  const written = typeof value === 'string' ? { mode: value } : (value ?? {});
  if (typeof written !== 'object' || Array.isArray(written)) return { problem: 'its permissions are no object' };
  const foreign = Object.keys(written).find((key) => !['mode', 'allow', 'ask', 'deny'].includes(key));
  if (foreign !== undefined)
    return { problem: `its permissions have no use for ${JSON.stringify(foreign)}: write mode, allow, ask and deny` };
  const fields = written as { mode?: unknown; allow?: unknown; ask?: unknown; deny?: unknown };
  const mode = modeOf(fields.mode ?? permissionMode);
  if (mode === 'unknown') return { problem: `its permission mode is none of ${permissionModes.join(', ')}` };
  const permissions: AgentPermissions = { allow: [], ask: [], deny: [], ...(mode === undefined ? {} : { mode }) };
  for (const kind of ['allow', 'ask', 'deny'] as const) {
    const rules = permissionRuleSchema
      .array()
      .max(1000)
      .safeParse(fields[kind] ?? []);
    // A rule that is left out would protect nothing.
    if (!rules.success) return { problem: `its permissions.${kind} is no list of rules such as Bash(npm test *)` };
    permissions[kind] = rules.data;
  }
  if (isOwn || permissions.allow.length === 0) return { fields: { permissions } };
  return {
    fields: { permissions: { ...permissions, allow: [] } },
    warnings: ['has rules that allow, which count only in definitions of your own: they are left out'],
  };
}

function modeOf(value: unknown): Mode | 'unknown' | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') return 'unknown';
  return (
    permissionModes.find((mode) => mode === value) ?? (Object.hasOwn(otherModes, value) ? otherModes[value] : 'unknown')
  );
}
