import { type ErrorRecord, FanfoldError } from '../../tasks/index.ts';
import type { AttemptPlace, AttemptRecord } from './attempt-record.ts';
import type { Fault } from './repair-message.ts';

/**
 * How an attempt ended whose time was over when its agent had been told what keeps its work from being accepted: with
 * that fault, since the same again would cost as much and come to as little. Undefined where it ended otherwise.
 */
export function faultOutOfTime(
  { assignment }: AttemptPlace,
  { fault, repairs }: AttemptRecord,
  { reason }: AbortSignal,
): ErrorRecord | undefined {
  if (fault === undefined || !(reason instanceof FanfoldError) || reason.code !== 'timeout') return undefined;
  const { checks, error, merged } = fault;
  const round = repairs === 0 ? '' : ` It was in repair round ${repairs}.`;
  return {
    code: error?.code ?? (merged === true ? 'gate-failed' : 'check-failed'),
    message: `${error?.message ?? whatFails(assignment.subtask.id, fault)} ${reason.message}${round}`,
    next: 'Look at the output of the check and at the work; give the subtask more time with `timeout`, or a check that takes less.',
    failure: 'permanent',
    data: error?.data ?? { checks },
  };
}

function whatFails(id: string, { checks, merged }: Fault): string {
  const names = checks.map(({ name }) => name).join(', ');
  if (names === '') return `The work of ${id} had been sent back to its agent.`;
  return merged === true
    ? `With ${id} merged, the gate ${names} failed.`
    : `The check ${names} failed in the workspace of ${id}.`;
}
