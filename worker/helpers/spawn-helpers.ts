/**
 * The side of the agent that asks: its helpers are requests in the mailbox, and their answers files of its attempt.
 * Called by the tool Agent. Promise: a helper that has ended is not asked again by an agent that goes on, whoever died
 * meanwhile; when the agent's call is aborted the helper is told to end; limits are answered in words.
 */
import { createHash } from 'node:crypto';
import {
  type Assignment,
  type Claim,
  type HelperAnswer,
  type HelperRequest,
  helperBox,
  type Mailbox,
  processIdentity,
  writeWhole,
} from '../../ipc/index.ts';
import { addUsage, type HelperLimits, noUsage, oneLine, type Usage, usageWithout } from '../../tasks/index.ts';
import type { Loan } from '../agent/model/budget/spending.ts';
import type { HelperSpawner, HelperWish } from '../agent/tools/agent-tool.ts';
import { failed, succeeded, type ToolResult } from '../agent/tools/tool.ts';
import { type AgentRights, readsOnly, rightsOfHelper } from './agent-rights.ts';
import type { HelperBell } from './helper-bell.ts';
import { answerOf, type HelperPlace, helperSpent, takePlace, writeNote } from './helper-files.ts';

/** What binds an agent to its helpers while it works. */
export interface HelperOffice {
  mailbox: Mailbox;
  bell: HelperBell;
  worker: string;
  /** Id of the subtask's assignment. */
  assignment: string;
  /** By which the agent that asks is at work. */
  claim: Pick<Claim, 'recipient' | 'envelope' | 'epoch'>;
}

export interface SpawnerOptions {
  office: HelperOffice;
  assignment: Assignment;
  candidate: number | undefined;
  limits: HelperLimits;
  /** Of the agent that asks. */
  rights: AgentRights;
  /** Absolute, symlink-free. */
  root: string;
  /** Of the subtask's agent, whichever of its helpers asks. */
  logFolder: string;
  /** Of the agent that asks, where it is a helper itself. */
  helper?: Pick<HelperRequest, 'key' | 'types'>;
  /** Sets money aside for a helper. */
  lend: () => HelperLoan;
}

export interface HelperLoan extends Pick<Loan, 'spent'> {
  /**
   * The helper has ended (or was lost), or may still be at work: nobody waits for it any more. `usage` is what it has used,
   * and helpers of its own, since it was asked.
   */
  back(usage: Usage, isOver: boolean): void | Promise<void>;
}

/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;
/** Whoever lives in another process is not heard. */
const lookAgainMs = 500;
/** Looks at the answer between two looks at the mailbox. */
const looksPerMailbox = 4;
/** What a helper gets to end when it is told to: long enough for a command that has to be killed. */
const endingMs = 8_000;
const graceMs = endingMs + 1_000;

export function createHelperSpawner(options: SpawnerOptions): HelperSpawner {
  const { office, assignment, rights, limits, logFolder, helper } = options;
  const { mailbox, bell, claim } = office;
  const above = helper?.types ?? [];
  const depth = above.length + 1;
  const typeOf = (type: string | undefined) => rights.helperTypes.find(({ name }) => name === type);

  function refusal({ type }: HelperWish): string | undefined {
    if (depth > limits.depth) return `Helpers can't go deeper than ${limits.depth} here: do it yourself.`;
    if (type === undefined || typeOf(type) !== undefined) return undefined;
    const names = rights.helperTypes.map(({ name }) => name);
    const known = names.length === 0 ? 'there are none: leave subagent_type away' : `there are ${names.join(', ')}`;
    return `There is no kind of helper ${type}; ${known}.`;
  }

  function requestOf(
    { description, prompt, type }: HelperWish,
    { number }: HelperPlace,
    key: string,
    money: Pick<HelperRequest, 'spent' | 'counted'>,
  ): HelperRequest {
    const { run, repository, runFolder } = assignment;
    return {
      run,
      repository,
      runFolder,
      assignment: office.assignment,
      helper: number,
      key,
      ...(options.candidate === undefined ? {} : { candidate: options.candidate }),
      parent: { recipient: claim.recipient, id: claim.envelope.id, epoch: claim.epoch },
      process: processIdentity(),
      ...money,
      root: options.root,
      description,
      prompt,
      types: [...above, type ?? null],
    };
  }

  async function answer(place: HelperPlace, request: string, signal: AbortSignal): Promise<ToolResult> {
    for (let look = 1; ; look += 1) {
      const found = answerOf(place.folder);
      if (found?.request === request) return resultOf(found);
      if (signal.aborted) return withdraw(place, request);
      if (look % looksPerMailbox === 0 && (await mailbox.read(helperBox(depth), request))?.entry.state === 'dead')
        return failed('The helper was lost: whoever worked for it died, several times. Do it yourself.');
      await bell.wait(request, lookAgainMs, signal);
    }
  }

  async function withdraw({ folder }: HelperPlace, request: string): Promise<ToolResult> {
    await writeWhole(folder.withdrawn, request);
    bell.ring(request);
    const limit = AbortSignal.timeout(endingMs);
    while (!limit.aborted && answerOf(folder)?.request !== request) await bell.wait(request, lookAgainMs, limit);
    return failed('The helper was cancelled.');
  }

  return {
    refusal,
    readsOnly: (type) => readsOnly(rightsOfHelper(rights, typeOf(type))),
    limits: { limitMs: Math.min(assignment.subtask.timeoutMs, longestTimerMs), graceMs },
    async spawn(wish, call, signal) {
      signal.throwIfAborted();
      const { description, prompt, type } = wish;
      const key = digest(['helper', helper?.key, call, prompt, type]);
      const place = takePlace(logFolder, key, limits.count);
      if (place === undefined)
        return failed(`There were ${limits.count} helpers already, and there can be no more: do it yourself.`);
      const earlier = answerOf(place.folder);
      if (earlier !== undefined && earlier.status !== 'cancelled') return resultOf(earlier);
      // Whoever asks again, after its own death, asks for the same; the helper that it had asked for before is not its own.
      const request = `helper-${digest([claim.recipient, claim.envelope.id, claim.epoch, options.candidate, key])}`;
      await writeNote(place.folder, { request, key, description, type: type ?? null, depth });
      const to = helperBox(depth);
      const counted = await helperSpent(place.folder);
      const { spent, back } = options.lend();
      const body = requestOf(wish, place, key, { spent, counted });
      const from = office.worker;
      // Told to end, it may not have heard it yet.
      let isOver = true;
      try {
        await mailbox.publish(to, { version: 1, id: request, kind: 'helper-request', from, to, body });
        isOver = false;
        const result = await answer(place, request, signal);
        isOver = !signal.aborted || answerOf(place.folder)?.request === request;
        return result;
      } finally {
        const { below = noUsage() } = answerOf(place.folder) ?? {};
        await back(addUsage(usageWithout(await helperSpent(place.folder), counted), below), isOver);
      }
    },
  };
}

function resultOf({ status, text, error }: HelperAnswer): ToolResult {
  if (status === 'done') return succeeded(text === '' ? '(the helper said nothing)' : text);
  const why = error === undefined ? status : oneLine(error.message, 500);
  const said = text === '' ? '' : ` It said last:\n\n${text}`;
  return failed(`The helper did not finish: ${why}${said}`);
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
