import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { findRun, followJournal, helpersFolder, type RunFolder, readJournal } from '../../../ipc/index.ts';
import { FanfoldError, type FanfoldEvent, stripControl } from '../../../tasks/index.ts';
import { createPaint } from '../../reporting/paint.ts';
import { createPlainView } from '../../reporting/plain-view.ts';
import { coordinatorOf } from '../../run/coordinator-lock.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { catchInterrupts } from '../interrupts.ts';
import { screenSettings } from '../screen-settings.ts';
import { chooseView } from '../view.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace } from '../workplace.ts';

export interface LogsArguments {
  run: string;
  subtask: string | undefined;
  repo: string | undefined;
  json: boolean;
  follow: boolean;
  cache: boolean;
}

/** Where the output is no terminal, nothing is cut for want of width. */
const columnsOfPipes = 400;

/**
 * `fanfold logs`: the journal of a run as lines or NDJSON; for one subtask its events and what its attempts wrote. With
 * `--cache` what the prompt cache did, as a table or one JSON value.
 */
export const logs: CommandHandler<LogsArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  const run = await findRun(workplace.state, options.run);
  if (options.cache) return printCache(run, options, context);
  const summaries = options.subtask === undefined;
  const view = options.json
    ? chooseView(true, context)
    : createPlainView({ stream: context.stdout, everything: true, summaries });
  const wanted = (event: FanfoldEvent): boolean =>
    options.subtask === undefined || ('subtask' in event && event.subtask === options.subtask);
  let shown = 0;
  for await (const event of events(run, options.follow)) {
    if (!wanted(event)) continue;
    view.show(event);
    shown += 1;
    if (options.subtask === undefined || event.type !== 'attempt-end' || event.summary === undefined) continue;
    view.say(`what attempt ${event.attempt} said last:`);
    for (const line of event.summary.split('\n')) view.say(`  ${line}`);
  }
  await view.close();
  if (options.subtask === undefined) return 0;
  if (shown === 0) throw unknownSubtask(options.subtask, run);
  if (!options.json) await printAttempts(run, options.subtask, context);
  return 0;
};

async function* events(run: RunFolder, follow: boolean): AsyncIterable<FanfoldEvent> {
  if (!follow || (await coordinatorOf(run.lock)) === undefined) {
    yield* readJournal(run.journal);
    return;
  }
  const interrupts = catchInterrupts(() => {});
  try {
    for await (const event of followJournal(run.journal, interrupts.drain)) {
      yield event;
      if (event.type === 'run-end') return;
    }
  } finally {
    interrupts.release();
  }
}

/** Every log file of every attempt, with its path as a heading. */
async function printAttempts(run: RunFolder, subtask: string, { stdout }: CommandContext): Promise<void> {
  const folder = join(run.root, 'subtasks', subtask);
  for (const attempt of (await readdir(folder).catch(() => [])).sort((left, right) => Number(left) - Number(right))) {
    for (const name of await logFiles(join(folder, attempt))) {
      const path = join(folder, attempt, name);
      stdout.write(`\n== ${path}\n`);
      for await (const line of createInterface({ input: createReadStream(path) }))
        stdout.write(`${stripControl(line)}\n`);
    }
  }
}

/** Of an attempt, those of its candidates after its own. */
async function logFiles(attempt: string): Promise<string[]> {
  const names = (await readdir(attempt)).sort();
  const candidates = names.filter((name) => /^candidate-[1-8]$/.test(name));
  const theirs = await Promise.all(
    candidates.map(async (name) => (await readdir(join(attempt, name))).sort().map((file) => join(name, file))),
  );
  const own = [...names, ...theirs.flat()].filter((file) => isForPeople(file));
  const helpers = await Promise.all(['', ...candidates].map((agent) => helperFiles(attempt, agent)));
  return [...own, ...helpers.flat()];
}

/** What helpers of an agent were asked, wrote and answered, in their order; `agent` is its folder in the attempt's. */
async function helperFiles(attempt: string, agent: string): Promise<string[]> {
  const folder = relative(attempt, helpersFolder(join(attempt, agent)));
  const numbers = (await readdir(join(attempt, folder)).catch(() => [])).map(Number).filter(Number.isInteger);
  const files = await Promise.all(
    numbers
      .sort((left, right) => left - right)
      .map(async (number) => {
        const names = await readdir(join(attempt, folder, String(number)));
        const wanted = ['request.json', ...names.filter(isForPeople).sort(), 'answer.json'];
        return wanted.filter((name) => names.includes(name)).map((name) => join(folder, String(number), name));
      }),
  );
  return files.flat();
}

async function printCache(run: RunFolder, { subtask, json }: LogsArguments, context: CommandContext): Promise<number> {
  const [{ readCacheRecords }, { toCacheReport }] = await Promise.all([
    import('../../reporting/cache-records.ts'),
    import('../../reporting/cache-report.ts'),
  ]);
  const records = await readCacheRecords(run.root);
  if (subtask !== undefined && !records.requests.some((request) => request.subtask === subtask)) {
    throw unknownSubtask(subtask, run);
  }
  const report = await toCacheReport(run.id, records);
  if (json) context.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else {
    const { color, columns } = screenSettings(context.stdout, context, columnsOfPipes);
    const { formatCache } = await import('../../reporting/format-cache.ts');
    context.stdout.write(`${formatCache(report, { columns, paint: createPaint(color), subtask })}\n`);
  }
  return 0;
}

/** What `--cache` shows is left out. */
function isForPeople(file: string): boolean {
  return /\.(log|jsonl)$/.test(file) && basename(file) !== 'requests.jsonl';
}

function unknownSubtask(subtask: string, run: RunFolder): FanfoldError {
  return new FanfoldError({
    code: 'run-not-found',
    message: `The run ${run.id} says nothing of a subtask ${JSON.stringify(subtask)}.`,
    next: `See its subtasks with \`fanfold status ${run.id}\`.`,
  });
}
