/** Composes what a run needs of the worker to record its models' traffic or to replay it. */
import { basename, resolve } from 'node:path';
import { messageOf, type Plan, replayFile, replayName } from '../../tasks/index.ts';
import { beginRecording, checkRecordTarget, tidyRecording, unusedTurns } from '../../worker/index.ts';
import { countOf } from '../reporting/amounts.ts';
import type { ModelTraffic, TrafficNotice } from '../run/model-traffic.ts';
import { modelsOfPlan } from './models-of-plan.ts';

export interface TrafficSettings {
  /** The file to record into, absolute. */
  record: string | undefined;
  /** Fanfold's own. */
  version: string;
  /** A recording that is there is continued instead of replaced. */
  goOn: boolean;
}

/**
 * For all runs of one command: the planning of a goal is recorded with what is planned. FanfoldError
 * `recording-invalid` when nothing can be recorded there.
 */
export async function modelTraffic({ record, version, goOn }: TrafficSettings): Promise<ModelTraffic> {
  if (record !== undefined) await checkRecordTarget(record);
  const folders: string[] = [];
  let begun: Promise<void> | undefined;
  return {
    ...(record === undefined ? {} : { record }),
    async begin() {
      if (record === undefined) return;
      begun ??= beginRecording(record, { version, goOn });
      await begun;
    },
    async end({ folder, plan, settled }) {
      folders.push(folder);
      if (plan.purpose === 'planning') return [];
      const notices = record === undefined ? [] : [await recorded(record)];
      for (const path of settled ? recordingsOf(plan) : []) notices.push(...(await leftOver(path, folders)));
      return notices;
    },
  };
}

/** The recordings that a plan is replayed from. */
export function recordingsOf(plan: Plan): string[] {
  return [...new Set(modelsOfPlan(plan).flatMap(({ settings }) => replayFile(settings.name) ?? []))];
}

/** `replay:FILE` with its path from `folder` on; any other name as it is. */
export function placedModel<Name extends string | undefined>(name: Name, folder: string): Name | string {
  const file = replayFile(name);
  return file === undefined || file === '' ? name : replayName(resolve(folder, file));
}

async function recorded(path: string): Promise<TrafficNotice> {
  try {
    const { turns, subtasks, bytes } = await tidyRecording(path);
    const amount = `${countOf(turns, 'turn')} of ${countOf(subtasks, 'subtask')}, ${Math.ceil(bytes / 1_000)} kB`;
    return { level: 'info', message: `recorded ${amount}: ${path}` };
  } catch (error) {
    return { level: 'warning', message: `The recording may be of no use: ${messageOf(error)}` };
  }
}

async function leftOver(path: string, runFolders: readonly string[]): Promise<TrafficNotice[]> {
  try {
    const { turns, subtasks } = await unusedTurns(path, runFolders);
    if (turns === 0) return [];
    const shown = subtasks.slice(0, 5).join(', ');
    const more = subtasks.length > 5 ? ` and ${subtasks.length - 5} more` : '';
    const message = `${countOf(turns, 'recorded turn')} of ${basename(path)} ${turns === 1 ? 'was' : 'were'} not asked for (${shown}${more})`;
    return [{ level: 'info', message }];
  } catch (error) {
    return [{ level: 'warning', message: messageOf(error) }];
  }
}
