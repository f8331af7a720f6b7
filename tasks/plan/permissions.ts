import { z } from 'zod';

export const permissionModes = ['plan', 'acceptEdits', 'bypassPermissions'] as const;

/** A rule is `Tool` or `Tool(specifier)`, for instance `Read`, `Bash(npm test *)`, `Edit(src/**)`. */
export const permissionRuleSchema = z
  .string()
  .max(1000)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*(\(.+\))?$/s, 'Tool or Tool(specifier), for instance Bash(npm test *)');

export const permissionsSchema = z.strictObject({
  mode: z.enum(permissionModes),
  allow: z.array(permissionRuleSchema).max(1000),
  ask: z.array(permissionRuleSchema).max(1000),
  deny: z.array(permissionRuleSchema).max(1000),
});
export type Permissions = z.infer<typeof permissionsSchema>;
