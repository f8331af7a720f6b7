import { quote } from '../task-file/describe-value.ts';
import { limits } from '../task-file/limits.ts';
import { nearMatches } from '../task-file/near-matches.ts';
import { indexIds } from './id-index.ts';

export interface NeedsEntry {
  id: string;
  /** The id as written in the task file, which stands for everything it expanded to. */
  template?: string;
  /** Ids, template ids, and ids with `*`. */
  needs: readonly string[];
}

interface NeedsProblem {
  /** Position of the entry, and of the need in it. */
  entry: number;
  need: number;
  /** `found X; allowed Y`. */
  message: string;
}

export interface ResolvedNeeds {
  /** For each entry the ids it needs, without duplicates, in order of the entries. */
  needs: string[][];
  /** At most 20; then `needs` is of no use. */
  problems: NeedsProblem[];
}

/**
 * Finds the subtasks that needs name. A wildcard never means the subtask itself. `absent` are template ids (as
 * written, and with a stand-in for placeholders) that expanded to nothing: naming them is no error.
 */
export function resolveNeeds(entries: readonly NeedsEntry[], absent: readonly string[] = []): ResolvedNeeds {
  const ids = entries.map(({ id }) => id);
  const positions = new Map(ids.map((id, position) => [id, position]));
  const templates = groupByTemplate(entries);
  const index = indexIds(ids);
  const absentIndex = indexIds(absent);
  const problems: NeedsProblem[] = [];

  const lookUp = (need: string): readonly number[] | undefined => {
    const exact = positions.get(need);
    if (exact !== undefined) return [exact];
    const expansions = templates.get(need);
    if (expansions !== undefined) return expansions;
    const found = need.includes('*') ? index.match(need) : [];
    if (found.length > 0) return found;
    return absent.includes(need) || (need.includes('*') && absentIndex.match(need).length > 0) ? [] : undefined;
  };

  const resolve = (entry: NeedsEntry, position: number): { found: string[]; hasSelf: boolean } => {
    const found = new Set<number>();
    for (const [need, name] of entry.needs.entries()) {
      const matches = lookUp(name);
      for (const match of matches ?? []) found.add(match);
      const self = !name.includes('*') && (matches?.includes(position) ?? false);
      if (matches === undefined)
        problems.push({ entry: position, need, message: unknown(name, ids, templates.keys()) });
      else if (self) problems.push({ entry: position, need, message: itself(name) });
    }
    const hasSelf = found.delete(position);
    return { found: [...found].sort((left, right) => left - right).map((match) => ids[match] ?? ''), hasSelf };
  };

  const needs: string[][] = [];
  const shared = new Map<string, string[]>();
  let total = 0;
  for (const [position, entry] of entries.entries()) {
    const key = entry.needs.join('\n');
    let resolved = shared.get(key);
    if (resolved === undefined || resolved.includes(entry.id)) {
      const { found, hasSelf } = resolve(entry, position);
      if (!hasSelf) shared.set(key, found);
      resolved = found;
    }
    needs.push(resolved);
    total += resolved.length;
    if (total > limits.expandedNeeds) problems.push({ entry: position, need: 0, message: tooMany() });
    if (total > limits.expandedNeeds || problems.length >= limits.problemsShown) break;
  }
  return { needs, problems };
}

function groupByTemplate(entries: readonly NeedsEntry[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [position, { template }] of entries.entries()) {
    if (template === undefined) continue;
    const group = groups.get(template);
    if (group === undefined) groups.set(template, [position]);
    else group.push(position);
  }
  return groups;
}

function itself(name: string): string {
  return `found ${quote(name)}, which is the subtask itself; allowed other subtasks`;
}

function tooMany(): string {
  const most = limits.expandedNeeds.toLocaleString('en');
  return `found more than ${most} dependencies in all; allowed fewer, for instance by way of a subtask in between`;
}

function unknown(name: string, ids: readonly string[], templates: Iterable<string>): string {
  const known = [...new Set([...ids.slice(0, 10_000), ...templates])];
  const near = nearMatches(name, known);
  const shown = known.slice(0, 20).join(', ');
  const more = known.length > 20 ? ` and ${(ids.length - 20).toLocaleString('en')} more` : '';
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  return `found ${quote(name)}, which no subtask is called${hint}; allowed ${shown}${more}`;
}
