import type { Plan } from '../../tasks/index.ts';
import type { CodemodRulesCache } from './codemod/remembered-rules.ts';

/** Load every rule file of a plan once, so that one that can't be used is refused before the run starts. */
export async function checkRules({ subtasks }: Plan, folder: string): Promise<void> {
  const codemods = subtasks.flatMap(({ executor }) => (executor.kind === 'codemod' ? [executor] : []));
  if (codemods.length === 0) return;
  const { rememberedRules } = await import('./codemod/remembered-rules.ts');
  const known: CodemodRulesCache = new Map();
  for (const { rules } of codemods) rememberedRules(rules, folder, known);
}
