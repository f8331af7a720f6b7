import { z } from 'zod';

export const permissionModes = ['plan', 'acceptEdits', 'bypassPermissions'] as const;

/**
 * A rule is `Tool` or `Tool(specifier)`, for instance `Read`, `Bash(npm test *)`, `Edit(src/**)`. A tool that does not
 * exist is refused: a mistyped `deny` would protect nothing.
 */
export const permissionRuleSchema = z
  .string()
  .max(1000)
  .regex(
    /^(Agent|Bash|Edit|Glob|Grep|Read|SendMessage|Write)(\(.+\))?$/s,
    'Tool or Tool(specifier) of Agent, Bash, Edit, Glob, Grep, Read, SendMessage or Write, for instance Bash(npm test *)',
  );

export const permissionsSchema = z.strictObject({
  mode: z.enum(permissionModes),
  allow: z.array(permissionRuleSchema).max(1000),
  ask: z.array(permissionRuleSchema).max(1000),
  deny: z.array(permissionRuleSchema).max(1000),
});
export type Permissions = z.infer<typeof permissionsSchema>;
