import type { Plan, RuleFile } from '../../tasks/index.ts';

/** Load every rule file of a plan once, so that one that can't be used is refused before the run starts. */
export async function checkRules(plan: Plan, folder: string): Promise<void> {
  const distinct = new Map<string, RuleFile[]>();
  for (const { executor } of plan.subtasks) {
    if (executor.kind !== 'codemod') continue;
    distinct.set(executor.rules.map(({ path, text }) => `${path}\0${text}`).join('\0'), executor.rules);
  }
  if (distinct.size === 0) return;
  const { loadRules } = await import('./codemod/load-rules.ts');
  for (const rules of distinct.values()) await loadRules(rules, { resolveFrom: [folder] });
}
