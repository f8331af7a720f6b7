import { resolveCommit } from '../../../ipc/index.ts';
import { oneLine } from '../../../tasks/index.ts';
import { findDefinitions } from '../../agents/find-definitions.ts';
import { formatAgents } from '../../reporting/format-agents.ts';
import type { CommandHandler } from '../command-context.ts';
import { screenSettings } from '../screen-settings.ts';
import { findWorkplace } from '../workplace.ts';

export interface AgentsArguments {
  repo: string | undefined;
  base: string | undefined;
  json: boolean;
}

/** Where the output is no terminal, nothing is cut for want of width. */
const columnsOfPipes = 400;

/** `fanfold agents`: the definitions that a task file can name, and what is wrong with those it can't. */
export const agents: CommandHandler<AgentsArguments> = async (options, context) => {
  const { folder, repository } = await findWorkplace(options.repo, context.folder);
  const { environment, stdout } = context;
  const base = repository === undefined ? undefined : await commitOf();
  const found = (await findDefinitions({ folder, repository, base, environment })).map((one) => ({
    ...one,
    path: oneLine(one.path, 1_000),
  }));
  if (options.json) stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
  else {
    const { color, columns } = screenSettings(stdout, context, columnsOfPipes);
    stdout.write(`${formatAgents(found, { columns, color })}\n`);
  }
  return 0;

  /** A repository without a commit has the user's own definitions only. */
  async function commitOf(): Promise<string | undefined> {
    if (repository === undefined) return undefined;
    if (options.base !== undefined) return resolveCommit(repository, options.base);
    return resolveCommit(repository, 'HEAD').catch(() => undefined);
  }
};
