import { refuseTrackedState } from '../../../ipc/index.ts';
import { FanfoldError, parseDuration } from '../../../tasks/index.ts';
import { clean as cleanUp } from '../../housekeeping/clean.ts';
import { formatClean } from '../../reporting/format-clean.ts';
import type { CommandHandler } from '../command-context.ts';
import { screenSettings } from '../screen-settings.ts';
import { findWorkplace } from '../workplace.ts';

export interface CleanArguments {
  run: string[] | undefined;
  repo: string | undefined;
  json: boolean;
  dryRun: boolean;
  all: boolean;
  olderThan: string | undefined;
  force: boolean;
}

/** What is piped should not be cut: names are there to be copied. */
const columnsOfPipes = 200;

/** `fanfold clean`: remove what dead and ended runs left. 1 when something could not be removed. */
export const clean: CommandHandler<CleanArguments> = async (options, context) => {
  const { run: runs = [], dryRun, force, json } = options;
  const { state, repository } = await findWorkplace(options.repo, context.folder);
  await refuseTrackedState(repository);
  const olderThanMs = ageOf(options);
  const report = await cleanUp({
    state,
    repository,
    runs,
    dryRun,
    force,
    ...(olderThanMs === undefined ? {} : { olderThanMs }),
  });
  context.stdout.write(
    json
      ? `${JSON.stringify(report, undefined, 2)}\n`
      : `${formatClean(report, screenSettings(context.stdout, context, columnsOfPipes))}\n`,
  );
  return report.items.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
};

function ageOf({ all, olderThan }: CleanArguments): number | undefined {
  if (olderThan === undefined) return all ? 0 : undefined;
  if (all) {
    throw new FanfoldError({
      code: 'usage',
      message: '--all and --older-than exclude each other.',
      next: 'Leave --all away: --older-than alone removes what has been over for so long.',
    });
  }
  if (/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(olderThan)) return parseDuration(olderThan);
  throw new FanfoldError({
    code: 'usage',
    message: `--older-than takes a duration such as 7d, 12h or 1d12h, not ${JSON.stringify(olderThan)}.`,
    next: 'Use --all for runs of any age.',
  });
}
