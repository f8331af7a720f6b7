import { orderSubtasks } from '../graph/order-subtasks.ts';
import { resolveNeeds } from '../graph/resolve-needs.ts';
import type { Subtask } from '../plan/plan.ts';
import { quote } from '../task-file/describe-value.ts';
import type { CompiledSubtask } from './compile-subtask.ts';
import type { ProblemCollector } from './problem-collector.ts';
import { literalText } from './template.ts';

/** A subtask whose needs are still names. */
export interface DraftSubtask {
  subtask: Subtask;
  compiled: CompiledSubtask;
  /** Which item it came from, in words. */
  about: string;
  needs: string[];
}

/** Subtasks with resolved needs in topological order. Duplicate ids, unknown needs and cycles are problems. */
export function linkSubtasks(
  drafts: readonly DraftSubtask[],
  templates: readonly CompiledSubtask[],
  problems: ProblemCollector,
): Subtask[] {
  checkDuplicates(drafts, problems);
  problems.throwIfAny();

  const entries = drafts.map(({ subtask, compiled, needs }) => ({ id: subtask.id, template: compiled.id.text, needs }));
  const expanded = new Set(drafts.map(({ compiled }) => compiled));
  const absent = templates
    .filter((template) => !expanded.has(template))
    .flatMap(({ id }) => [id.text, literalText(id.template, 'x')]);
  const resolved = resolveNeeds(entries, absent);
  for (const { entry, need, message } of resolved.problems) {
    const compiled = drafts[entry]?.compiled;
    if (compiled !== undefined) problems.add({ path: [...compiled.path, 'needs', need], message });
  }
  problems.throwIfAny();

  const subtasks = drafts.map(({ subtask }, index) => ({ ...subtask, needs: resolved.needs[index] ?? [] }));
  const ordered = orderSubtasks(subtasks);
  if ('order' in ordered) return ordered.order;
  reportCycle(ordered.cycle, drafts, problems);
  problems.throwIfAny();
  return subtasks;
}

function checkDuplicates(drafts: readonly DraftSubtask[], problems: ProblemCollector): void {
  const first = new Map<string, DraftSubtask>();
  for (const draft of drafts) {
    const { subtask, compiled, about } = draft;
    const other = first.get(subtask.id);
    if (other === undefined) {
      first.set(subtask.id, draft);
      continue;
    }
    const same = other.compiled === compiled;
    const whose = same
      ? `${other.about} and ${about}`
      : `subtasks[${other.compiled.path[1]}] (${other.about}) and ${about}`;
    const fix =
      compiled.template.forEach === undefined
        ? 'ids that differ'
        : 'ids that differ, for instance with ${{ item.index }} in them';
    problems.add({
      path: compiled.id.path,
      message: `found the id ${quote(subtask.id)} twice, for ${whose}; allowed ${fix}`,
    });
  }
}

function reportCycle(cycle: readonly string[], drafts: readonly DraftSubtask[], problems: ProblemCollector): void {
  const compiled = drafts.find(({ subtask }) => subtask.id === cycle[0])?.compiled;
  const shown = cycle.length > 12 ? [...cycle.slice(0, 6), '…', ...cycle.slice(-5)] : cycle;
  problems.add({
    path: [...(compiled?.path ?? []), 'needs'],
    message: `found the cycle ${shown.join(' → ')}; allowed needs that never lead back`,
  });
}
