/**
 * Runs the calls of one reply and writes down what becomes of each. Called by take-turn.ts and take-up-turn.ts.
 * Promise: outcomes come in the order of the calls; writing calls run one after another, neighbouring read-only ones
 * together; every outcome is recorded as soon as it is there, and no call runs on when this has ended.
 */
import type { ToolUseBlock } from './model/model.ts';
import { type Malformed, problemWith } from './receive-turn.ts';
import type { CallOutcome, ToolRunner } from './tool-runner.ts';

/** What a transcript keeps of calls, so that an agent that is interrupted does not make them twice. */
export interface CallRecord {
  /** Of a writing call, right before it takes effect. */
  start(call: ToolUseBlock): void;
  end(call: ToolUseBlock, outcome: CallOutcome): void;
}

export interface CallsRun {
  runner: ToolRunner;
  record: CallRecord;
  /** What was wrong with inputs that could not be read, by call. */
  malformed: Malformed;
  /** The outcome of a call that need not be run: it is there, or on its way. */
  take: (call: ToolUseBlock) => Promise<CallOutcome> | undefined;
}

export async function runCalls(
  calls: readonly ToolUseBlock[],
  { runner, record, malformed, take }: CallsRun,
): Promise<CallOutcome[]> {
  const outcomes: CallOutcome[] = [];
  let group: Promise<CallOutcome>[] = [];
  const finish = async (call: ToolUseBlock, onStart?: () => void): Promise<CallOutcome> => {
    const outcome = await (take(call) ?? runner.run(call, problemWith(malformed, call.id), onStart));
    record.end(call, outcome);
    return outcome;
  };
  for (const call of calls) {
    if (runner.isReadOnly(call)) {
      group.push(finish(call));
      continue;
    }
    outcomes.push(...(await all(group)));
    group = [];
    outcomes.push(await finish(call, () => record.start(call)));
  }
  outcomes.push(...(await all(group)));
  return outcomes;
}

/** Rejects when all have ended, not with the first that fails. */
async function all(group: readonly Promise<CallOutcome>[]): Promise<CallOutcome[]> {
  await Promise.allSettled(group);
  return Promise.all(group);
}
