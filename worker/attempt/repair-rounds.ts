/**
 * Sends an agent's work back to it while rounds are left: told what keeps the work from being accepted, the same
 * conversation goes on. Made by run-attempt.ts, asked by the agent each time it has nothing more to do. Promise: killed
 * at any moment, the next delivery is in the same round; a round is begun once its message is in the transcript.
 */
import type { AgentSetup, Remark } from '../agent/agent.ts';
import type { WorkerServices } from '../serving/services.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { AttemptPlace, AttemptRecord } from './attempt-record.ts';
import { judgeWork } from './judge-work.ts';
import { type Fault, repairMessage } from './repair-message.ts';
import type { SubtaskControl } from './subtask-control.ts';

export interface RepairRounds {
  examine: NonNullable<AgentSetup['examine']>;
  /** What was found when the agent ended; undefined where it was not asked, or goes on. */
  found(): { fault: Fault | undefined } | { failure: unknown } | undefined;
}

export interface RepairRoundsOptions extends Pick<SubtaskControl, 'signal' | 'report'> {
  place: AttemptPlace;
  workspace: Workspace;
  services: WorkerServices;
  record: AttemptRecord;
  /** Puts what the workspace holds into the record. */
  snapshot: () => Promise<void>;
  /** Whether the agent goes on from the conversation that the assignment's `repair` is about. */
  goesOn: boolean;
}

export function createRepairRounds(options: RepairRoundsOptions): RepairRounds {
  const { place, workspace, services, record, signal } = options;
  const { subtask, repair } = place.assignment;
  const most = Math.max(subtask.repairs ?? 0, repair?.round ?? 0);
  if (options.goesOn && record.repairs > 0) {
    // What a round in the workspace was for, only the transcript knows.
    record.fault = repair?.round === record.repairs ? { checks: repair.checks, merged: true } : { checks: [] };
  }
  let found: ReturnType<RepairRounds['found']>;
  /** Of the merged tree, and not in the conversation yet. */
  let ordered = options.goesOn && repair !== undefined && record.repairs < repair.round ? repair : undefined;

  function sendBack(fault: Fault, round: number): Remark {
    found = undefined;
    Object.assign(record, { repairs: round, fault });
    tell(options, fault, `${round} of ${most}`);
    return { text: repairMessage(fault, { round, of: most }), round };
  }

  return {
    async examine({ text, output, mayGoOn }) {
      try {
        const order = mayGoOn ? ordered : undefined;
        ordered = undefined;
        if (order !== undefined) return sendBack({ checks: order.checks, merged: true }, order.round);
        await options.snapshot();
        const done = { summary: text, ...(output === undefined ? {} : { output }) };
        const fault = await judgeWork(place, workspace, services, { record, done, signal, report: options.report });
        found = { fault };
        record.fault = fault;
        if (fault === undefined || !mayGoOn || record.repairs >= (subtask.repairs ?? 0)) return undefined;
        await workspace.restore(record.snapshot, signal);
        return sendBack(fault, record.repairs + 1);
      } catch (failure) {
        found = { failure };
        return undefined;
      }
    },
    found: () => found,
  };
}

function tell({ place, report, services }: RepairRoundsOptions, { checks, error }: Fault, which: string): void {
  const { subtask, attempt } = place.assignment;
  const why = error?.code ?? `${checks.map(({ name }) => name).join(', ')} failed`;
  const activity = `repair round ${which}: ${why}`;
  report({ type: 'subtask-progress', subtask: subtask.id, attempt, worker: services.worker, activity });
}
