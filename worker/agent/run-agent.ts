/**
 * The agent loop: ask the model, run the calls of its reply, answer them in one message, until it has nothing more to
 * call. Called by executors/prompt.ts and usable from code. Promise: never rejects, whatever it was given throws; leaves
 * no call running when it resolves, and hands every finished turn to the transcript before it goes on.
 */
import { addUsage, type ErrorRecord, fromErrorRecord, noUsage, oneLine, toErrorRecord } from '../../tasks/index.ts';
import type { AgentResult, AgentSetup, Remark } from './agent.ts';
import { createDeadline, type Deadline, limitReached } from './agent-limits.ts';
import { callbackFailed } from './callback-failed.ts';
import { createContext } from './context/context.ts';
import { contextRule } from './context/context-rule.ts';
import { createRoomMaker } from './context/make-room.ts';
import { callIds, contextSize, lastWords, noteBlocks, outgrown, resultBlocks } from './conversation-parts.ts';
import { judgeReply, newPatience, type Reply } from './judge-reply.ts';
import { type Mail, mailBlock } from './mail.ts';
import type { Message, Model, ModelTurn } from './model/model.ts';
import type { ResultTool } from './output/result-tool.ts';
import { createPrompt } from './prompt/build-request.ts';
import { readReply } from './read-reply.ts';
import { createRepetition } from './repetition.ts';
import type { CallRecord } from './run-calls.ts';
import { takeTurn } from './take-turn.ts';
import { handInAgain, takeUpTurn } from './take-up-turn.ts';
import { type CallOutcome, createToolRunner } from './tool-runner.ts';
import type { MessageEntry } from './transcript.ts';

/** How often an agent that is done goes on because of mail. */
const mostReturns = 10;

export async function runAgent(setup: AgentSetup): Promise<AgentResult> {
  using deadline = createDeadline(setup.signal, setup.limits?.deadlineMs);
  const { signal } = deadline;
  let isBroken = false;
  const report: AgentSetup['report'] = (event) => {
    if (isBroken) return;
    try {
      setup.report(event);
    } catch (error) {
      isBroken = true;
      deadline.abort(callbackFailed('report', error));
    }
  };
  return await converse({ ...setup, signal, report }, deadline.abort);
}

async function converse(setup: AgentSetup, abort: Deadline['abort']): Promise<AgentResult> {
  const { model, signal, report, transcript, result, inbox, history, clock = () => performance.now() } = setup;
  const layers = history?.layers ?? setup.prompt;
  const tools = [...setup.tools, ...(result === undefined ? [] : [result])].map(({ definition }) => definition);
  const prompt = createPrompt(tools, layers);
  const runner = createToolRunner(setup);
  const repetition = createRepetition();
  const patience = newPatience();
  let usage = history?.usage ?? noUsage();
  let turns = history?.turns ?? 0;
  let text = history === undefined ? '' : lastWords(history);
  const usedIds = callIds(history);
  let returns = 0;
  /** The result it has handed in: mail that came after it may change it, and until then it stands. */
  let standing: ResultTool['submitted'];

  const context = createContext(Buffer.byteLength(JSON.stringify([tools, layers.system, layers.run])));
  for (const step of history?.context ?? []) context.apply(step);
  const say = (message: Message, rest: Omit<MessageEntry, 'type' | 'turn' | 'message'> = {}): void => {
    const entry = { type: 'message' as const, turn: turns, message, ...rest };
    transcript.append(entry);
    context.apply(entry);
  };
  const spend = (turn: ModelTurn, name: string, durationMs: number): void => {
    usage = addUsage(usage, turn.usage);
    const stopReason = turn.ok ? turn.stopReason : null;
    report({ type: 'model-end', turn: turns, model: name, usage: turn.usage, stopReason, durationMs });
  };
  const makeRoom = createRoomMaker({
    context,
    prompt,
    rule: setup.contextRule ?? contextRule(model),
    model,
    summariser: setup.summariser,
    results: setup.results,
    signal,
    record(step, cost) {
      transcript.append(step.type === 'compact' ? { ...step, turn: turns, usage: cost } : { ...step, turn: turns });
      context.apply(step);
    },
    tell: (activity) => report({ type: 'subtask-progress', activity }),
    asked: ({ turn }, asked, durationMs) => spend(turn, answererOf(turn, asked), durationMs),
    clock,
  });
  const record: CallRecord = {
    start: ({ id }) => transcript.append({ type: 'call-start', turn: turns, id }),
    end({ id }, { content, status, unanswered }) {
      const rest = unanswered === undefined ? {} : { unanswered };
      transcript.append({ type: 'call-end', turn: turns, id, content, status, ...rest });
    },
  };
  const arrived = async (): Promise<Mail[]> => (await inbox?.arrived()) ?? [];
  /** Mail at the end of a message to the model is acknowledged once it is in the transcript. */
  const tell = async (content: UserBlock[], mail: Mail[], remark?: Remark): Promise<void> => {
    const remarks: UserBlock[] = remark === undefined ? [] : [{ type: 'text', text: remark.text }];
    const rest = { ...(mail.length === 0 ? {} : { mail }), ...(remark === undefined ? {} : { repair: remark.round }) };
    say({ role: 'user', content: [...content, ...mail.map(mailBlock), ...remarks] }, rest);
    if (mail.length > 0) await inbox?.kept();
  };
  const reached = (): ErrorRecord | undefined => limitReached({ turns, usage }, setup.limits ?? {});
  /** What came while it thought itself done. */
  const arrivedLate = async (): Promise<Mail[]> => {
    const mail = returns < mostReturns && reached() === undefined ? await arrived() : [];
    if (mail.length > 0) returns += 1;
    return mail;
  };
  /** What is wanting when it is done, unless mail keeps it at work anyway. */
  const examine = async (mail: Mail[]): Promise<Remark | undefined> => {
    if (mail.length > 0) return undefined;
    const output = standing === undefined ? {} : { output: standing.value };
    return setup.examine?.({ text, mayGoOn: reached() === undefined, ...output });
  };
  const end = () => ({ text, usage, turns, denials: (history?.denials ?? 0) + runner.denials });
  const fail = (error: ErrorRecord): AgentResult => {
    return { status: error.failure === 'cancelled' ? 'cancelled' : 'failed', error, ...end() };
  };

  const ask = async (): Promise<Taken> => {
    // One that was cut off by the window, or that is refused as too long, is asked again once there is room.
    for (let refusal = context.isFull ? outgrown(model.name) : undefined; ; ) {
      const hasRoom = await makeRoom(refusal !== undefined);
      if (signal.aborted) return { error: toErrorRecord(signal.reason) };
      if (refusal !== undefined && !hasRoom) return { error: refusal };
      const taken = await askOnce();
      if (!('error' in taken) || taken.error.code !== 'context-exhausted') return taken;
      refusal = taken.error;
    }
  };
  const askOnce = async (): Promise<Taken> => {
    const startedAt = clock();
    turns += 1;
    const { turn, runCalls, settled } = await takeTurn(setup, prompt.request(context.messages, context.settled), {
      runner,
      record,
      usedIds,
    });
    const answeredBy = answererOf(turn, model);
    spend(turn, answeredBy, Math.round(clock() - startedAt));
    if (!turn.ok) {
      await settled();
      if (turn.error.code === 'context-exhausted') turns -= 1;
      return { error: turn.error };
    }
    const { malformed, stopReason } = turn;
    const reply = readReply(turn.content, stopReason, malformed ?? {});
    for (const { id } of reply.calls) usedIds.add(id);
    const contextTokens = contextSize(turn.answered ?? turn.usage);
    say(
      { role: 'assistant', content: reply.content },
      {
        ...(answeredBy === model.name ? {} : { model: answeredBy }),
        stopReason,
        usage: turn.usage,
        ...(contextTokens === 0 ? {} : { contextTokens }),
        ...(malformed === undefined ? {} : { malformed }),
      },
    );
    if (reply.text !== '' && reply.calls.length > 0) {
      report({ type: 'subtask-progress', activity: oneLine(reply.text, 200) });
    }
    // Nothing comes of a reply that was refused.
    const calls = stopReason === 'refusal' ? [] : reply.calls;
    return { reply, runCalls: () => runCalls(calls, malformed ?? {}) };
  };

  const work = async (): Promise<AgentResult> => {
    if (history === undefined) {
      transcript.append({ type: 'start', version: 1, model: model.name, layers, tools: tools.map(({ name }) => name) });
      await tell(prompt.opening().content, await arrived());
    }
    let unfinished = history?.unfinished;
    if (history !== undefined && result !== undefined) {
      const handedIn = await handInAgain(history.messages, result, signal);
      standing = result.submitted;
      if (standing !== undefined && handedIn?.isLast === true && unfinished === undefined) {
        return { status: 'done', output: standing.value, ...end() };
      }
    }
    for (;;) {
      if (signal.aborted) return fail(toErrorRecord(signal.reason));
      const limit = unfinished === undefined ? reached() : undefined;
      if (limit !== undefined) return fail(limit);
      const taken = unfinished === undefined ? await ask() : takeUpTurn(unfinished, runner, record);
      unfinished = undefined;
      if ('error' in taken) return fail(signal.aborted ? endOf(signal, taken.error) : taken.error);
      const { reply } = taken;
      if (reply.text !== '') text = reply.text;
      const outcomes = await taken.runCalls();
      if (signal.aborted) return fail(toErrorRecord(signal.reason));
      const succeeded = reply.calls.filter((_, index) => outcomes[index]?.status === 'ok');
      const folders = (await setup.folderInstructions?.blocksFor(succeeded, context.messages)) ?? [];
      const results = [...resultBlocks(reply.calls, outcomes), ...folders];
      if (result?.submitted !== undefined && result.submitted !== standing) {
        standing = result.submitted;
        const mail = await arrivedLate();
        const remark = await examine(mail);
        await tell(results, mail, remark);
        if (mail.length === 0 && remark === undefined) return { status: 'done', output: standing.value, ...end() };
        continue;
      }
      const owed = standing === undefined ? result : undefined;
      const judgement = judgeReply(reply, patience, owed, repetition.note(outcomes));
      if (judgement.next === 'fail') return fail(judgement.error);
      if (judgement.next === 'go-on') {
        await tell([...results, ...noteBlocks(judgement)], await arrived());
        continue;
      }
      const mail = await arrivedLate();
      const remark = await examine(mail);
      if (mail.length === 0 && remark === undefined) {
        return { status: 'done', ...(standing === undefined ? {} : { output: standing.value }), ...end() };
      }
      await tell([], mail, remark);
    }
  };
  try {
    return await work();
  } catch (error) {
    const record = toErrorRecord(signal.aborted ? signal.reason : error);
    abort(fromErrorRecord(record));
    await runner.settled();
    return fail(record);
  }
}

type UserBlock = (Message & { role: 'user' })['content'][number];

/** A reply of the model, and how its calls are run. */
type Taken = { reply: Reply; runCalls: () => Promise<CallOutcome[]> } | { error: ErrorRecord };

/** Why it was ended, in the words of the model where it says more of the same. */
function endOf({ reason }: AbortSignal, error: ErrorRecord): ErrorRecord {
  const record = toErrorRecord(reason);
  return error.code === record.code ? error : record;
}

function answererOf(turn: ModelTurn, { name }: Model): string {
  return (turn.ok ? turn.model : undefined) ?? name;
}
