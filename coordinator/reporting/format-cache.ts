/** What the prompt cache did for a run, for people. Called by `fanfold logs --cache`. */
import type { PromptLayerName } from '../../ipc/index.ts';
import { oneLine, type TextDifference } from '../../tasks/index.ts';
import { countOf, formatAmount, formatDuration } from './amounts.ts';
import type { CacheFigures } from './cache-figures.ts';
import type { CacheMiss, MissCause } from './cache-misses.ts';
import type { CacheReport, ModelCacheReport, PrefixReport } from './cache-report.ts';
import { formatTable } from './format-table.ts';
import type { Paint } from './paint.ts';

export interface FormatCacheOptions {
  columns: number;
  paint: Paint;
  /** Only misses of this subtask are listed. */
  subtask?: string | undefined;
}

const layerNames: Record<PromptLayerName, string> = {
  system: 'tools and system text',
  run: 'goal and instructions of the run',
  conversation: 'conversation',
};
const mostMisses = 20;
const mostPrefixes = 20;
const longestName = 100;

/** No newline at the end. */
export function formatCache(report: CacheReport, options: FormatCacheOptions): string {
  if (report.models.length === 0) return `${report.run} has asked no model.`;
  return [
    ...report.models.flatMap((model) => [...modelLines(model, options), '']),
    ...prefixLines(report.prefixes, options),
    ...missLines(report.misses, options),
    ...(report.unreadable === 0 ? [] : [`${countOf(report.unreadable, 'line')} of the records can't be read.`]),
  ].join('\n');
}

function modelLines(model: ModelCacheReport, { columns, paint }: FormatCacheOptions): string[] {
  const { requests, failed, subtasks, held, layers } = model;
  const { all } = layers;
  return [
    `${oneLine(model.model, longestName)}: ${countOf(requests, 'request')} of ${countOf(subtasks, 'subtask')}` +
      (failed === 0 ? '' : `, ${failed} of them without an answer`),
    ...formatTable(
      [
        { title: 'LAYER', minimum: 12 },
        ...['TOKENS', 'READ', 'WRITTEN', 'UNCACHED', 'HITS', 'COST', 'LEAST', 'RATIO'].map((title) => ({
          title,
          minimum: 5,
        })),
      ],
      [
        ...Object.entries(layerNames).map(([name, title]) => figureCells(title, layers[name as PromptLayerName])),
        figureCells('all', all),
      ],
      { columns, paint },
    ),
    ...(held.requests === 0
      ? []
      : [
          `${countOf(held.requests, 'agent')} waited for the first to write what they share, ${formatDuration(held.longestMs)} at most.`,
        ]),
  ];
}

function figureCells(title: string, figures: CacheFigures): string[] {
  const { tokens, read, written, uncached, hitRate, effective, least } = figures;
  return [
    title,
    ...[tokens, read, written, uncached].map((amount) => formatAmount(Math.round(amount))),
    `${(100 * hitRate).toFixed(1)}%`,
    ...[effective, least].map((amount) => formatAmount(Math.round(amount))),
    least === 0 ? '-' : (effective / least).toFixed(3),
  ];
}

function prefixLines(prefixes: readonly PrefixReport[], { columns, paint }: FormatCacheOptions): string[] {
  const rows = prefixes
    .slice(0, mostPrefixes)
    .map((prefix) => [
      `${prefix.system.slice(0, 8)} ${prefix.run.slice(0, 8)}`,
      oneLine(prefix.model, longestName),
      `${prefix.isMeasured ? '' : 'about '}${formatAmount(prefix.tokens)}`,
      prefix.subtasks.toLocaleString('en-US'),
      prefix.differs === undefined
        ? prefix.tokens < prefix.minimum
          ? `too short to be kept: ${formatAmount(prefix.minimum)} at least`
          : ''
        : `${layerNames[prefix.differs.layer]} ${differenceText(prefix.differs.difference)}`,
    ]);
  const more = prefixes.length > mostPrefixes ? [`and ${prefixes.length - mostPrefixes} more`] : [];
  const header = [
    { title: 'SHARED PREFIX', minimum: 17 },
    { title: 'MODEL', minimum: 8 },
    { title: 'TOKENS', minimum: 6 },
    { title: 'SUBTASKS', minimum: 8 },
    { title: 'DIFFERS FROM THE FIRST IN', minimum: 20 },
  ];
  return [...formatTable(header, rows, { columns, paint }), ...more, ''];
}

function missLines(misses: readonly CacheMiss[], { subtask }: FormatCacheOptions): string[] {
  const wanted = misses.filter((miss) => subtask === undefined || miss.subtask === subtask);
  const of = subtask === undefined ? '' : ` of ${subtask}`;
  if (wanted.length === 0) return [`No request${of} read less than was there for it.`];
  const lost = wanted.reduce((sum, { expected, read }) => sum + expected - read, 0);
  const verb = `read less than ${wanted.length === 1 ? 'was there for it' : 'was there for them'}`;
  return [
    `${countOf(wanted.length, 'request')}${of} ${verb}, ${formatAmount(lost)} tokens in all:`,
    ...wanted
      .toSorted((left, right) => right.expected - right.read - (left.expected - left.read))
      .slice(0, mostMisses)
      .map(
        ({ subtask: id, attempt, candidate, helper, request, read, expected, cause }) =>
          `  ${id}${attempt > 1 ? ` (attempt ${attempt})` : ''}${candidate === undefined ? '' : `, candidate ${candidate}`}${helper === undefined ? '' : `, helper ${helper}`}, request ${request}: ` +
          `${formatAmount(read)} of ${formatAmount(expected)} tokens, ${causeText(cause)}`,
      ),
    ...(wanted.length > mostMisses ? [`  and ${wanted.length - mostMisses} more: see --json`] : []),
  ];
}

function causeText(cause: MissCause): string {
  switch (cause.kind) {
    case 'changed':
      return `${layerNames[cause.layer]} changed ${differenceText(cause.difference)}`;
    case 'other-model':
      return `the request before went to ${oneLine(cause.before, longestName)}`;
    case 'too-early':
      return `sent ${formatDuration(cause.byMs)} before the answer to ${cause.rival}, which wrote the same, began`;
    case 'expired':
      return `expired: not in use for ${formatDuration(cause.afterMs)}`;
    case 'evicted':
      return 'evicted by the server: nothing changed and its time was not over';
  }
}

function differenceText(difference: TextDifference | undefined): string {
  if (difference === undefined) return 'in a place that is not known';
  const { offset, before, after } = difference;
  return `at byte ${offset.toLocaleString('en-US')}: ${quoted(before)}, now ${quoted(after)}`;
}

/** Every byte that differs is to be seen, white space and what is invisible too. */
function quoted(text: string): string {
  const codePoint = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  return JSON.stringify(text).replace(/[^\u0020-\u007e]/gu, codePoint);
}
