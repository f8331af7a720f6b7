import { FanfoldError } from '../errors/fanfold-error.ts';
import { type ForEach, itemSources, itemsFileOf } from '../task-file/for-each-schema.ts';
import { limits } from '../task-file/limits.ts';
import type { FieldPath } from '../task-file/problems.ts';
import { askSource } from './ask-source.ts';
import type { ExpansionSources } from './expansion-sources.ts';
import { chunkItems, type Item, numberItems, pathItem, valueItem } from './item.ts';
import { type GlobMatch, sortMatches } from './match-globs.ts';
import { parseCsv, parseJsonLines, parseJsonList, parseLines, type Rows } from './parse-rows.ts';
import type { ProblemCollector } from './problem-collector.ts';

/** The items of a forEach, limited and grouped; none when there is a problem, which the collector then knows. */
export async function loadItems(
  forEach: ForEach,
  path: FieldPath,
  sources: ExpansionSources,
  problems: ProblemCollector,
): Promise<Item[]> {
  const kind = itemSources.find((key) => forEach[key] !== undefined) ?? 'glob';
  const place = [...path, kind];
  const loaded = await askSource(() => load(forEach, sources));
  if ('problem' in loaded) {
    problems.add({ path: place, message: loaded.problem });
    return [];
  }
  const numbered = numberItems(loaded.items.slice(0, forEach.limit ?? limits.rows));
  const items = forEach.chunk === undefined ? numbered : chunkItems(numbered, forEach.chunk);
  if (items.length === 0 && forEach.allowEmpty !== true) {
    problems.add({ path: place, message: 'found no items; allowed at least one, or allowEmpty: true beside it' });
  }
  return items;
}

type Loaded = { items: Item[] } | { problem: string };

async function load(forEach: ForEach, sources: ExpansionSources): Promise<Loaded> {
  const { glob, files, lines, csv, jsonl, command, select } = forEach;
  if (glob !== undefined) return fromMatches(await sources.glob([glob].flat(), 'files-and-directories'));
  if (files !== undefined) return fromMatches(await sources.glob([files].flat(), 'files'));
  if (command !== undefined) return fromRows(parseLines(limitedText(await sources.runCommand(command))));
  const text = limitedText(await sources.readFile(itemsFileOf(forEach) ?? ''));
  if (csv !== undefined) return fromRows(await parseCsv(text));
  if (jsonl !== undefined) return fromRows(parseJsonLines(text));
  return fromRows(lines === undefined ? parseJsonList(text, select) : parseLines(text));
}

function fromMatches(matches: GlobMatch[]): Loaded {
  return { items: sortMatches(matches).map(({ path, directory }) => pathItem(path, directory)) };
}

function fromRows(rows: Rows): Loaded {
  return 'problem' in rows ? rows : { items: rows.rows.map(valueItem) };
}

function limitedText(text: string): string {
  if (text.length <= limits.dataFile) return text;
  throw new FanfoldError({
    code: 'task-file-invalid',
    message: `It has ${text.length.toLocaleString('en')} characters, and ${limits.dataFile.toLocaleString('en')} are allowed.`,
    next: 'Split the data into several files.',
  });
}
