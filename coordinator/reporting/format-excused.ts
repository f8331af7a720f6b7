import { type CheckResult, oneLine } from '../../tasks/index.ts';
import { cutToWidth } from './display-width.ts';
import type { Paint } from './paint.ts';
import { type Report, verdictOf } from './report.ts';

const maximumChecks = 10;
const maximumNamed = 20;

interface Excused {
  check: string;
  /** Those that it was not held against, by id. */
  subtasks: string[];
}

/** It would have decided, and failed before anybody worked. */
export function isExcused(check: CheckResult): boolean {
  return check.gate && check.failedOnBase === true && verdictOf(check) === 'tolerated';
}

/** Checks that failed in workspaces, and on their bases too. */
export function excusedOf({ results }: Pick<Report, 'results'>): Excused[] {
  const byCheck = new Map<string, string[]>();
  for (const { id, checks } of results) {
    for (const { name } of checks.filter(isExcused)) {
      const known = byCheck.get(name);
      if (known === undefined) byCheck.set(name, [id]);
      else known.push(id);
    }
  }
  return [...byCheck].map(([check, subtasks]) => ({ check, subtasks }));
}

export function formatExcused(report: Report, columns: number, paint: Paint): string[] {
  const excused = excusedOf(report);
  if (excused.length === 0) return [];
  const left = excused.length - maximumChecks;
  return [
    paint('bold', 'Failed on the base too, and held against nobody'),
    ...excused.slice(0, maximumChecks).map(({ check, subtasks }) => {
      const more = subtasks.length > maximumNamed ? `, … (${subtasks.length.toLocaleString('en-US')})` : '';
      return cutToWidth(`  ${oneLine(check, 64)}  ${subtasks.slice(0, maximumNamed).join(', ')}${more}`, columns);
    }),
    ...(left > 0 ? [`  … and ${left.toLocaleString('en-US')} more`] : []),
  ];
}
