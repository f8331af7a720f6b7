/**
 * One turn: asks the model and runs the calls of its reply. Called by run-agent.ts. Promise: read-only calls that no
 * writing call precedes start as soon as their block is complete and run at once; the others run as run-calls.ts says.
 * A call that ran during a stream that was cut is not run again when the new reply makes the same call.
 */
import type { AgentSetup } from './agent.ts';
import { askModel } from './ask-model.ts';
import type { ContentBlock, ModelRequest, ModelTurn, ToolUseBlock } from './model/model.ts';
import { distinctIds, type Malformed, problemWith, receiveBlock, receiveTurn } from './receive-turn.ts';
import { type CallRecord, runCalls } from './run-calls.ts';
import { type CallOutcome, callKey, type ToolRunner } from './tool-runner.ts';

export interface TakenTurn {
  turn: ModelTurn;
  /** Runs the calls that have not run yet; one outcome for each of `calls`, in order. */
  runCalls(calls: readonly ToolUseBlock[], malformed: Malformed): Promise<CallOutcome[]>;
  /** Resolves when calls that the reply does not have after all have ended. */
  settled(): Promise<void>;
}

export async function takeTurn(
  { model, signal, report, onText }: Pick<AgentSetup, 'model' | 'signal' | 'report' | 'onText'>,
  request: ModelRequest,
  { runner, record, usedIds }: { runner: ToolRunner; record: CallRecord; usedIds: ReadonlySet<string> },
): Promise<TakenTurn> {
  const started = createEarlyCalls(runner, usedIds);
  const onActivity = (activity: string): void => report({ type: 'subtask-progress', activity });
  const { onBlock } = started;
  const given = await askModel(model, request, {
    signal,
    onBlock,
    onActivity,
    ...(onText === undefined ? {} : { onText }),
  });
  const turn = given.ok ? receiveTurn(given, usedIds) : given;
  return {
    turn,
    async runCalls(calls, malformed) {
      try {
        let writes = false;
        const take = (call: ToolUseBlock): Promise<CallOutcome> | undefined => {
          // A read behind a write is there to see what it wrote, and what ran early ran before it.
          writes ||= !runner.isReadOnly(call) && problemWith(malformed, call.id) === undefined;
          return writes ? undefined : started.take(call);
        };
        return await runCalls(calls, { runner, record, malformed, take });
      } finally {
        await started.settled();
      }
    },
    settled: started.settled,
  };
}

interface EarlyCalls {
  onBlock(block: ContentBlock, index: number): void;
  /** The running or finished call that equals this one; each is given out once. */
  take(call: ToolUseBlock): Promise<CallOutcome> | undefined;
  /** Resolves when calls that nobody took have ended. */
  settled(): Promise<void>;
}

function createEarlyCalls(runner: ToolRunner, usedIds: ReadonlySet<string>): EarlyCalls {
  const running = new Map<string, Promise<CallOutcome>[]>();
  /** Of the stream at hand: a new one begins when the index does not grow. */
  let seen = new Map<string, number>();
  let lastIndex = -1;
  let writes = false;
  let distinct = distinctIds(usedIds);
  return {
    onBlock(given, index) {
      if (index <= lastIndex) {
        seen = new Map();
        distinct = distinctIds(usedIds);
        writes = false;
      }
      lastIndex = index;
      const { block, problem } = receiveBlock(distinct(given));
      if (block.type !== 'tool_use' || problem !== undefined) return;
      writes ||= !runner.isReadOnly(block);
      if (writes || !runner.startsEarly(block)) return;
      const key = callKey(block);
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      const calls = running.get(key) ?? [];
      if (calls.length >= count) return;
      const outcome = runner.run(block);
      // A defect shows where the call is awaited; before that it must not end the process.
      outcome.catch(() => undefined);
      running.set(key, [...calls, outcome]);
    },
    take: (call) => running.get(callKey(call))?.shift(),
    async settled() {
      await Promise.all([...running.values()].flat());
    },
  };
}
