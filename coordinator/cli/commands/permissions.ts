import { refuseTrackedState } from '../../../ipc/index.ts';
import { FanfoldError, type PermissionRequested } from '../../../tasks/index.ts';
import { formatPermissions } from '../../reporting/format-permissions.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandHandler } from '../command-context.ts';
import { findRunAtWork } from '../find-run-at-work.ts';
import { screenSettings } from '../screen-settings.ts';
import { sendOrder } from '../send-order.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace } from '../workplace.ts';

export interface PermissionsArguments {
  run: string | undefined;
  repo: string | undefined;
  json: boolean;
}

/** `fanfold permissions`: the requests of agents that wait for an answer. */
export const listPermissions: CommandHandler<PermissionsArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  const run = await findRunAtWork(workplace.state, options.run);
  const { permissions } = (await loadRunState(run)).state;
  if (options.json) context.stdout.write(`${JSON.stringify({ run: run.id, permissions }, undefined, 2)}\n`);
  else {
    const screen = { ...screenSettings(context.stdout, context), now: Date.now() };
    context.stdout.write(`${formatPermissions(run.id, permissions, screen)}\n`);
  }
  return 0;
};

/** `fanfold permissions allow` and `deny`: answer one of them. */
export const answerPermission: CommandHandler<PermissionsArguments & { request: string; allowed: boolean }> = async (
  options,
  context,
) => {
  const { state: folders, repository } = await findWorkplace(options.repo, context.folder);
  await refuseTrackedState(repository);
  const run = await findRunAtWork(folders, options.run);
  const { permissions } = (await loadRunState(run)).state;
  const { request, subtask, tool } = findRequest(String(options.request), permissions);
  const { allowed } = options;
  const refused = await sendOrder(run, { action: 'permission-answer', request, allowed });
  if (refused !== undefined) throw gone(request, refused);
  if (options.json) context.stdout.write(`${JSON.stringify({ run: run.id, request, allowed })}\n`);
  else context.stdout.write(`${allowed ? 'Allowed' : 'Denied'} ${request}: ${tool} of ${subtask}.\n`);
  return 0;
};

function findRequest(wanted: string, pending: readonly PermissionRequested[]): PermissionRequested {
  const exact = pending.filter(({ request }) => request === wanted);
  const matches = exact.length > 0 ? exact : pending.filter(({ request }) => request.startsWith(wanted));
  const [found] = matches;
  if (found !== undefined && matches.length === 1) return found;
  const waiting = pending.slice(0, 20).map(({ request }) => request);
  throw new FanfoldError({
    code: 'usage',
    message:
      found === undefined
        ? `No request ${JSON.stringify(wanted)} waits for an answer.`
        : `${JSON.stringify(wanted)} is the beginning of several requests.`,
    next: waiting.length === 0 ? 'No request waits at all.' : `Name one of: ${waiting.join(', ')}.`,
  });
}

function gone(request: string, reason: string): FanfoldError {
  return new FanfoldError({
    code: 'usage',
    message: `${request} was not answered: ${reason}.`,
    next: 'It was answered meanwhile, or its agent has ended; see the others with `fanfold permissions`.',
  });
}
