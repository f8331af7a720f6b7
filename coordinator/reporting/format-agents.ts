import { definedPermissions } from '../../tasks/index.ts';
import type { FoundDefinition } from '../agents/find-definitions.ts';
import { formatTable } from './format-table.ts';
import { createPaint } from './paint.ts';

export interface FormatAgentsOptions {
  /** Columns of the terminal; 100 by default. */
  columns?: number;
  color?: boolean;
}

const nothing = `There is no agent defined here. Write one as Markdown with frontmatter, for instance .fanfold/agents/reviewer.md:

---
name: reviewer
description: Looks through a change for mistakes
tools: Read, Grep, Glob
---
You look through changes of others. Say what is wrong, with file and line, and nothing else.`;

/** Definitions of agents as a table, then what is wrong with files. No newline at the end. */
export function formatAgents(
  found: readonly FoundDefinition[],
  { columns = 100, color = false }: FormatAgentsOptions = {},
): string {
  if (found.length === 0) return nothing;
  const paint = createPaint(color);
  const header = [
    { title: 'AGENT', minimum: 12 },
    { title: 'TOOLS', minimum: 10 },
    { title: 'MODEL', minimum: 8 },
    { title: 'MODE', minimum: 6 },
    { title: 'FROM', minimum: 16 },
    { title: 'DESCRIPTION', minimum: 16 },
  ];
  const usable = found.flatMap(({ definition, overriddenBy, path }) =>
    definition === undefined || overriddenBy !== undefined ? [] : [{ definition, path }],
  );
  const rows = usable.map(({ path, definition }) => [
    definition.name,
    definition.tools?.join(', ') ?? 'all',
    definition.model ?? 'inherit',
    definedPermissions(definition).mode ?? 'inherit',
    path,
    definition.description,
  ]);
  const table = rows.length === 0 ? [] : formatTable(header, rows, { columns, paint });
  const own = new Set(found.flatMap(({ source, path }) => (source === 'user' ? [path] : [])));
  const notes = found.flatMap((one) => notesOf(one, own));
  return [...table, ...(table.length > 0 && notes.length > 0 ? [''] : []), ...notes].join('\n');
}

function notesOf(
  { path, name, source, problem, overriddenBy, warnings }: FoundDefinition,
  own: ReadonlySet<string>,
): string[] {
  if (problem !== undefined) return [`${path} can't be used: ${problem}.`];
  const whose = source === 'repository' && own.has(overriddenBy ?? '') ? 'your own ' : '';
  const hidden =
    overriddenBy === undefined ? [] : [`${path} does not count: ${whose}${overriddenBy} defines ${name} too.`];
  return [...hidden, ...warnings.map((warning) => `${path} ${warning}.`)];
}
