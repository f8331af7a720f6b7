import type { Subtask } from '../../tasks/index.ts';
import type { Past } from './past.ts';

const mostNames = 5;

/**
 * What a person should know of commands and codemods without a workspace that are done again: nothing was cleared away
 * of what they had done. Undefined where there are none. Agents go on and know what they did.
 */
export function begunInPlace(subtasks: readonly Subtask[], pasts: ReadonlyMap<string, Past>): string | undefined {
  const begun = subtasks.filter(({ id, workspace, executor }) => {
    const kind = pasts.get(id)?.kind;
    return workspace === 'none' && executor.kind !== 'prompt' && (kind === 'out' || kind === 'again');
  });
  if (begun.length === 0) return undefined;
  const more = begun.length > mostNames ? ` and ${begun.length - mostNames} more` : '';
  const names = begun.slice(0, mostNames).map(({ id }) => id);
  return `Interrupted while working in the folder itself: ${names.join(', ')}${more}. What had begun there begins again in the folder as it was left.`;
}
