/**
 * Makes room in an agent's context before a request, as context-rule.ts says. Called by run-agent.ts. Promise: whatever
 * is taken out is on disk before it goes, as lines of the transcript and files of results; a summary that can't be had
 * loses nothing: more results are cleared instead.
 */
import { noUsage, type Usage } from '../../../tasks/index.ts';
import type { Model } from '../model/model.ts';
import type { Prompt } from '../prompt/build-request.ts';
import type { Clearing } from './clearing.ts';
import type { Context, ContextStep } from './context.ts';
import { type ContextRule, paysBack } from './context-rule.ts';
import { handleOf, type ResultFiles } from './result-files.ts';
import { type Summarised, summarise } from './summary.ts';

export type RoomStep = Exclude<ContextStep, { type: 'message' }>;

export interface RoomSetup {
  context: Context;
  prompt: Prompt;
  rule: ContextRule | undefined;
  model: Model;
  /** Writes summaries instead of `model`; not used for what is too long for it. */
  summariser: Model | undefined;
  results: ResultFiles | undefined;
  signal: AbortSignal;
  /** Writes down and applies what was done; `usage` is what a summary has cost. */
  record: (step: RoomStep, usage: Usage) => void;
  /** One line for people. */
  tell: (activity: string) => void;
  /** A summary was asked for. */
  asked: (summarised: Summarised, model: Model, durationMs: number) => void;
  clock: () => number;
}

/** `isRefused`: the request as it was is too long for the model. False where nothing could be done, or need be. */
export type MakeRoom = (isRefused: boolean) => Promise<boolean>;

const usualKeptBytes = 30_000;
/** Clearing alone is enough where it gets so far below the limit. */
const enough = 0.75;
/** Of the context; less than that is no answer to a refusal. */
const leastRelief = 0.05;
/** Messages until another summary is tried. */
const pauseAfterFailure = 20;

export function createRoomMaker(setup: RoomSetup): MakeRoom {
  const { context, prompt, rule, model, summariser, results, signal, record, tell, asked, clock } = setup;

  async function clear({ results: cleared }: Clearing): Promise<boolean> {
    if (cleared.length === 0) return false;
    for (const { id, content } of cleared) {
      // What was cut before names the file that keeps the whole.
      if (!content.includes(`"${handleOf(id)}"`)) await results?.keep(id, content);
    }
    const before = context.tokens();
    record({ type: 'clear', ids: cleared.map(({ id }) => id) }, noUsage());
    tell(`cleared ${cleared.length} old results: ${before} → ${context.tokens()} tokens, about`);
    return true;
  }

  async function compact(): Promise<boolean> {
    const compaction = context.compactable(rule?.keptBytes ?? usualKeptBytes);
    if (compaction === undefined || signal.aborted) return false;
    const before = context.tokens();
    const room =
      summariser?.limits === undefined ? 0 : summariser.limits.contextTokens - summariser.limits.outputTokens;
    const writer = summariser !== undefined && room > before ? summariser : model;
    const startedAt = clock();
    const summarised = await summarise(writer, compaction, { prompt, isOther: writer !== model, signal });
    asked(summarised, writer, Math.round(clock() - startedAt));
    const { summary, turn } = summarised;
    record({ type: 'compact', upTo: compaction.upTo, ...(summary === undefined ? {} : { summary }) }, turn.usage);
    if (summary === undefined) tell('could not sum up its work so far, and clears results instead');
    else tell(`summed up its work so far: ${before} → ${context.tokens()} tokens, about`);
    return summary !== undefined;
  }

  return async (isRefused) => {
    const size = context.tokens();
    const old = context.clearable(rule ?? { keptResults: 5, keptBytes: usualKeptBytes });
    if (isRefused) {
      const helps = ({ clearedBytes }: Clearing): boolean => clearedBytes >= leastRelief * context.bytes();
      return (helps(old) && (await clear(old))) || (await compact()) || (await clear(context.clearable()));
    }
    if (rule === undefined || size < rule.clearAt) return false;
    if (size < rule.compactAt) {
      return paysBack(old, rule) && (await clear(old));
    }
    const left = size * (1 - old.clearedBytes / context.bytes());
    if (left <= enough * rule.compactAt) return clear(old);
    const mayTry = (context.sinceFailedSummary ?? pauseAfterFailure) >= pauseAfterFailure;
    return (mayTry && (await compact())) || clear(old);
  };
}
