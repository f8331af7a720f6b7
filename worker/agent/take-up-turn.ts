/**
 * Takes up a turn that was interrupted while its calls ran. Called by run-agent.ts. Promise: a call that had ended is
 * not made again, its recorded result counts; read-only calls are made again; a writing call that had begun is not,
 * since nobody knows how far it came, nor is any writing call after it.
 */
import type { Reply } from './judge-reply.ts';
import type { Message, ToolUseBlock } from './model/model.ts';
import { type ResultTool, resultToolName } from './output/result-tool.ts';
import { readReply } from './read-reply.ts';
import type { UnfinishedReply } from './read-transcript.ts';
import { type CallRecord, runCalls } from './run-calls.ts';
import { type CallOutcome, callKey, type ToolRunner } from './tool-runner.ts';

/** What the model is told. */
const interrupted =
  'This call was interrupted and its result is lost. It may have taken effect wholly, in part or not at all: look before you make it again.';
const notRun = 'This call was not run, because one before it was interrupted. Make it again if it is still wanted.';

export function takeUpTurn(
  unfinished: UnfinishedReply,
  runner: ToolRunner,
  record: CallRecord,
): { reply: Reply; runCalls: () => Promise<CallOutcome[]> } {
  const { content, stopReason, malformed, ends } = unfinished;
  const reply = readReply(content, stopReason, malformed);
  const known = knownOutcomes(reply.calls, unfinished, runner);
  return {
    reply,
    runCalls: async () =>
      // Nothing comes of a reply that was refused.
      reply.stopReason === 'refusal'
        ? []
        : runCalls(reply.calls, {
            runner,
            malformed,
            take: (call) => known.get(call.id),
            record: {
              start: record.start,
              end(call, outcome) {
                if (outcome.content !== ends.get(call.id)?.content || outcome.status !== ends.get(call.id)?.status)
                  record.end(call, outcome);
              },
            },
          }),
  };
}

function knownOutcomes(
  calls: readonly ToolUseBlock[],
  { ends, started }: UnfinishedReply,
  runner: ToolRunner,
): Map<string, Promise<CallOutcome>> {
  const known = new Map<string, Promise<CallOutcome>>();
  let isInterrupted = false;
  for (const call of calls) {
    const readOnly = runner.isReadOnly(call);
    const know = (end: Pick<CallOutcome, 'content' | 'status'>) =>
      known.set(call.id, Promise.resolve({ key: callKey(call), readOnly, ...end }));
    const end = ends.get(call.id);
    const begun = started.has(call.id);
    // To hand in a result changes nothing but the agent, which is a new one now.
    if (call.name === resultToolName && (begun || end !== undefined)) continue;
    if (end !== undefined && end.status !== 'cancelled') know(end);
    else if (readOnly || runner.goesOn(call)) continue;
    else if (begun) {
      isInterrupted = true;
      know({ content: interrupted, status: 'error' });
    } else if (isInterrupted) know({ content: notRun, status: 'error' });
  }
  return known;
}

/**
 * Hands in again the last result that a conversation shows as accepted. `isLast`: nothing came after it, so that the
 * agent had ended.
 */
export async function handInAgain(
  messages: readonly Message[],
  result: ResultTool,
  signal: AbortSignal,
): Promise<{ isLast: boolean } | undefined> {
  for (let index = messages.length - 1; index > 0; index -= 1) {
    const { role, content } = messages[index] ?? {};
    if (role !== 'user' || content === undefined) continue;
    const accepted = new Set<string>();
    for (const block of content) {
      if (block.type === 'tool_result' && block.is_error !== true) accepted.add(block.tool_use_id);
    }
    const calls = (messages[index - 1]?.content ?? []).filter((block) => block.type === 'tool_use');
    const call = calls.findLast(({ id, name }) => name === resultToolName && accepted.has(id));
    if (call === undefined) continue;
    const prepared = result.prepare(call.input);
    if (prepared.ok) await prepared.execute(signal, call.id);
    return {
      isLast: index === messages.length - 1 && content.every(({ type }) => type === 'tool_result'),
    };
  }
  return undefined;
}
