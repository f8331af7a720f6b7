import { type ModelRole, type ModelSettings, oneLine } from '../../tasks/index.ts';
import { formatAmount } from './amounts.ts';
import { formatTable } from './format-table.ts';
import { createPaint } from './paint.ts';

interface PriceRow {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

/** What is known of a model; what is absent is not known. */
export interface ModelRow {
  name: string;
  source: 'built in' | 'settings' | 'task file';
  contextTokens?: number | undefined;
  maxOutputTokens?: number | undefined;
  cacheableMinimum?: number | undefined;
  price?: PriceRow | undefined;
  longPrompt?: { aboveTokens: number; price: PriceRow } | undefined;
}

export interface ModelUseRow extends Pick<ModelSettings, 'baseUrl' | 'effort' | 'thinking' | 'fallback'> {
  role: ModelRole;
  name: string;
  /** Ids of subtasks as they are written, or names of checks. */
  by: string[];
}

const longestName = 60;
const unknown = '?';

/** The table of models, then who uses which. Prices are USD per million tokens. */
export function formatModels(
  models: readonly ModelRow[],
  uses: readonly ModelUseRow[],
  { columns, color = false }: { columns: number; color?: boolean },
): string {
  const paint = createPaint(color);
  const known = ['model', 'context', 'output', 'cached from', 'in', 'out', 'write', 'read', 'from'];
  const used = ['role', 'model', 'asked for', 'by'];
  const header = (titles: readonly string[]) =>
    titles.map((title, index) => ({ title, minimum: index === 0 ? 12 : 4 }));
  return [
    ...formatTable(header(known), models.flatMap(modelRows), { columns, paint }),
    'Prices are USD per million tokens; add or change models under `models` in a task file or in settings.json.',
    '',
    ...formatTable(header(used), uses.map(useRow), { columns, paint }),
  ].join('\n');
}

function modelRows({ name, source, price, longPrompt, ...sizes }: ModelRow): string[][] {
  const { contextTokens, maxOutputTokens, cacheableMinimum } = sizes;
  const amounts = [contextTokens, maxOutputTokens, cacheableMinimum].map((amount) =>
    amount === undefined ? unknown : formatAmount(amount),
  );
  const rows = [[oneLine(name, longestName), ...amounts, ...prices(price), source]];
  if (longPrompt === undefined) return rows;
  return [...rows, [`  above ${formatAmount(longPrompt.aboveTokens)}`, '', '', '', ...prices(longPrompt.price), '']];
}

function prices(price: PriceRow | undefined): string[] {
  if (price === undefined) return [unknown, unknown, unknown, unknown];
  return [price.input, price.output, price.cacheWrite, price.cacheRead].map((amount) => String(amount));
}

function useRow({ role, name, baseUrl, effort, thinking, fallback = [], by }: ModelUseRow): string[] {
  const asked = [
    effort === undefined ? [] : [`effort ${effort}`],
    thinking === undefined
      ? []
      : [typeof thinking === 'string' ? `thinking ${thinking}` : `thinks ${thinking.budgetTokens}`],
    baseUrl === undefined ? [] : [`at ${oneLine(baseUrl, 200)}`],
    fallback.length === 0 ? [] : [`else ${oneLine(fallback.join(', '), 200)}`],
  ].flat();
  const users = role === 'planner' && by.length === 0 ? ['goals in words'] : by;
  return [role, oneLine(name, 200), asked.join(', '), oneLine(users.join(', '), 200)];
}
