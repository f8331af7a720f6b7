import {
  type Check,
  defaultModelName,
  type Executor,
  oneLine,
  type Permissions,
  type Plan,
  type Subtask,
  stripControl,
} from '../../tasks/index.ts';
import { countOf, formatDuration } from './amounts.ts';
import { formatMinimum } from './check-texts.ts';
import { cutToWidth } from './display-width.ts';
import { formatAgentModels, formatBudget } from './format-agent-models.ts';
import { formatHelpers } from './format-helpers.ts';
import { formatTable } from './format-table.ts';
import { createPaint, type Paint } from './paint.ts';

export interface FormatPlanOptions {
  /** Columns of the terminal; 100 by default. */
  columns?: number;
  color?: boolean;
}

const maximumRows = 40;
const maximumCommands = 40;

/**
 * A Plan as a table, for `fanfold plan` and before approval: levels (what can run side by side), what each subtask
 * does, needs and may write; then everything that will be executed, uncut, since somebody approves it. No newline at
 * the end.
 */
export function formatPlan(plan: Plan, { columns = 100, color = false }: FormatPlanOptions = {}): string {
  const paint = createPaint(color);
  const levels = levelsOf(plan.subtasks);
  const rows = plan.subtasks.toSorted((left, right) => (levels.get(left.id) ?? 0) - (levels.get(right.id) ?? 0));
  const depth = Math.max(0, ...levels.values());
  return [
    paint('bold', `Plan ${plan.name}: ${countOf(plan.subtasks.length, 'subtask')} in ${countOf(depth, 'level')}`),
    ...formatSettings(plan, columns),
    '',
    ...formatSubtasks(rows.slice(0, maximumRows), levels, columns, paint),
    ...formatRest(rows.slice(maximumRows), levels),
    ...formatCommands(plan.subtasks, paint),
    ...formatChecks(plan, paint),
    ...formatAgentModels(plan, paint),
    ...formatHelpers(plan, paint),
    ...formatPermissions(plan.subtasks, paint),
  ].join('\n');
}

/** For each subtask the length of the longest chain of needs up to it; 1 for those that need nothing. */
function levelsOf(subtasks: readonly Subtask[]): Map<string, number> {
  const levels = new Map<string, number>();
  for (const { id, needs } of subtasks) {
    levels.set(id, 1 + needs.reduce((deepest, need) => Math.max(deepest, levels.get(need) ?? 0), 0));
  }
  return levels;
}

function formatSettings(plan: Plan, columns: number): string[] {
  const settings = [
    ['goal', plan.goal],
    ['base', plan.base],
    ['into', plan.into],
    ['parallel', plan.concurrency === undefined ? undefined : `at most ${plan.concurrency}`],
    ['budget', plan.budget === undefined ? undefined : formatBudget(plan.budget)],
  ] as const;
  return settings.flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [cutToWidth(`  ${name.padEnd(8)}  ${oneLine(value, 10 * columns)}`, columns)],
  );
}

function formatSubtasks(
  subtasks: readonly Subtask[],
  levels: ReadonlyMap<string, number>,
  columns: number,
  paint: Paint,
): string[] {
  const header = [
    { title: 'LEVEL', minimum: 5 },
    { title: 'ID', minimum: 16 },
    { title: 'BY', minimum: 7 },
    { title: 'NEEDS', minimum: 8 },
    { title: 'WRITES', minimum: 8 },
    { title: 'WHAT', minimum: 16 },
  ];
  const rows = subtasks.map((subtask) => [
    String(levels.get(subtask.id) ?? 1),
    subtask.id,
    performers(subtask),
    listOf(subtask.needs, '-'),
    subtask.workspace === 'none' ? 'no workspace' : listOf(subtask.writes, 'anything'),
    oneLine(subtask.title ?? whatOf(subtask.executor), 300),
  ]);
  return formatTable(header, rows, { columns, paint });
}

function performers({ agent, executor, candidates }: Subtask): string {
  const name = agent ?? executorName(executor);
  return candidates === undefined ? name : `${candidates} × ${name}`;
}

function executorName({ kind }: Executor): string {
  return kind === 'prompt' ? 'agent' : kind === 'run' ? 'command' : 'codemod';
}

function whatOf(executor: Executor): string {
  if (executor.kind === 'prompt') return executor.prompt;
  if (executor.kind === 'run') return executor.command;
  return `${executor.rules.map(({ path }) => path).join(', ')} on ${listOf(executor.files, 'every file of its language')}`;
}

function listOf(items: readonly string[], nothing: string): string {
  const [first, second, ...rest] = items.map((item) => oneLine(item, 100));
  if (first === undefined) return nothing;
  return [first, second, rest.length === 0 ? undefined : `+${rest.length}`]
    .filter((item) => item !== undefined)
    .join(' ');
}

function formatRest(rest: readonly Subtask[], levels: ReadonlyMap<string, number>): string[] {
  if (rest.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { id, executor } of rest) {
    const group = `${executorName(executor)} at level ${levels.get(id) ?? 1}`;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const groups = [...counts].slice(0, 6).map(([group, count]) => `${count.toLocaleString('en-US')} ${group}`);
  return [`… and ${rest.length.toLocaleString('en-US')} more: ${groups.join(', ')}${counts.size > 6 ? ', …' : ''}`];
}

function formatCommands(subtasks: readonly Subtask[], paint: Paint): string[] {
  const commands = new Map<string, string>();
  for (const { id, executor } of subtasks) {
    if (executor.kind === 'run' && !commands.has(executor.command)) commands.set(executor.command, id);
  }
  if (commands.size === 0) return [];
  const shown = [...commands].slice(0, maximumCommands);
  const left = commands.size - shown.length;
  return [
    '',
    paint('bold', 'Commands that subtasks run'),
    ...shown.flatMap(([command, id]) => [`  ${paint('dim', id)}`, ...indent(command, '    ')]),
    ...(left > 0 ? [`  … and ${left.toLocaleString('en-US')} more; --json prints the whole plan`] : []),
  ];
}

function formatChecks({ checks, subtasks }: Plan, paint: Paint): string[] {
  const different = new Map<string, Check>();
  for (const check of [...checks, ...subtasks.flatMap((subtask) => subtask.checks)]) {
    different.set(JSON.stringify(check), check);
  }
  if (different.size === 0) return ['', 'Checks: none, so nothing is verified beyond a clean merge.'];
  return [
    '',
    paint('bold', 'Checks'),
    ...[...different.values()].flatMap((check) => {
      const { name, gate, on, timeoutMs, minimum } = check;
      const where = on.map((place) => (place === 'merged' ? 'on the merged tree' : 'in each workspace')).join(' and ');
      const role = gate ? 'decides' : 'is only reported';
      const needed = minimum === undefined ? '' : `; at least ${formatMinimum(minimum)}`;
      return [
        `  ${oneLine(name, 64)} ${paint('dim', `(${where}; ${role}; at most ${formatDuration(timeoutMs)}${needed})`)}`,
        ...indent(whatIsChecked(check), '    '),
      ];
    }),
  ];
}

function whatIsChecked(check: Check): string {
  if ('run' in check) return check.run;
  if ('module' in check) return `the function in ${check.module.path}`;
  return `${check.judge.model.name ?? defaultModelName} judges by:\n${check.judge.rubric}`;
}

function formatPermissions(subtasks: readonly Subtask[], paint: Paint): string[] {
  const groups = new Map<string, { permissions: Permissions; ids: string[] }>();
  for (const { id, permissions, executor } of subtasks) {
    if (executor.kind !== 'prompt') continue;
    const key = JSON.stringify(permissions);
    const group = groups.get(key) ?? { permissions, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
  }
  if (groups.size === 0) return [];
  return [
    '',
    paint('bold', 'Permissions of agents'),
    ...[...groups.values()].flatMap(({ permissions, ids }) => [
      `  ${modes[permissions.mode]}${groups.size === 1 ? '' : paint('dim', ` (${countOf(ids.length, 'agent')}: ${listOf(ids, '')})`)}`,
      ...(['allow', 'ask', 'deny'] as const).flatMap((list) =>
        permissions[list].length === 0
          ? []
          : [`    ${list.padEnd(5)}  ${permissions[list].map((rule) => oneLine(rule, 1_000)).join(', ')}`],
      ),
    ]),
  ];
}

const modes: Record<Permissions['mode'], string> = {
  plan: 'plan: they read, and write nothing',
  acceptEdits: 'acceptEdits: they edit inside their workspace; commands need an allow rule',
  bypassPermissions: 'bypassPermissions: they edit and run commands without being asked',
};

function indent(text: string, by: string): string[] {
  return stripControl(text)
    .trimEnd()
    .split('\n')
    .map((line) => by + line);
}
