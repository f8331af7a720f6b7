import { FanfoldError, type Permissions, permissionModes } from '../../tasks/index.ts';
import type { Tool } from '../agent/tools/tool.ts';

const builtIn = ['Bash', 'Edit', 'Glob', 'Grep', 'Read', 'Write'];

/** With what is missing. FanfoldError `usage` for a rule of a tool that is not there: a mistyped `deny` protects nothing. */
export function checkPermissions(
  { mode = 'plan', allow = [], ask = [], deny = [] }: Partial<Permissions>,
  tools: readonly Tool[],
): Permissions {
  if (!permissionModes.includes(mode)) {
    throw new FanfoldError({
      code: 'usage',
      message: `There is no permission mode ${JSON.stringify(mode)}.`,
      next: `The modes are ${permissionModes.join(', ')}.`,
    });
  }
  const own = tools.map(({ definition }) => definition.name);
  for (const rule of [...allow, ...ask, ...deny]) {
    const [, name = '', specifier] = /^([\w-]+)(\(.+\))?$/s.exec(rule) ?? [];
    if (own.includes(name) && specifier === undefined) continue;
    if (builtIn.includes(name) && !own.includes(name)) continue;
    throw new FanfoldError({
      code: 'usage',
      message: `The permission rule ${JSON.stringify(rule)} concerns no tool of this agent.`,
      next: `Write Tool or Tool(specifier) of ${builtIn.join(', ')}${own.length === 0 ? '' : `, or just ${own.join(', ')}`}.`,
    });
  }
  return { mode, allow, ask, deny };
}
