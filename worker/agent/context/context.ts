/**
 * What the model sees of a conversation, and how large that is. Called by run-agent.ts and make-room.ts, and brought to
 * the same state by an agent that goes on, from the same lines of the transcript. Promise: every call stays answered,
 * thinking stays as it was signed, the task stays word for word, and between two edits messages are only added.
 */
import type { Message } from '../model/model.ts';
import { type Clearing, clearResults, findClearable, type KeptResults } from './clearing.ts';
import { messageBytes } from './message-bytes.ts';

/** What changes it: lines of the transcript without what is of no matter here. */
export type ContextStep =
  | {
      type: 'message';
      message: Message;
      /** Of a reply: tokens of the prompt and the reply together, by the server's account. */
      contextTokens?: number;
      stopReason?: string | null;
    }
  | { type: 'clear'; ids: readonly string[] }
  | {
      type: 'compact';
      /** Number of the first message that stays, a reply; the opening message is 0 and stays too. */
      upTo: number;
      /** In place of those between; absent where none could be had. */
      summary?: string;
    };

export interface Compaction {
  /** As in the step. */
  upTo: number;
  /** What the summary is made of: it ends with a message of the user. */
  seen: readonly Message[];
  /** Of the messages it replaces. */
  bytes: number;
}

export interface Context {
  readonly messages: readonly Message[];
  /** So many of the first messages have given what can be cleared. */
  readonly settled: number;
  apply(step: ContextStep): void;
  /**
   * Of the next request: by the last usage; what was added since is counted dearly, what was taken away by its share.
   */
  tokens(): number;
  bytes(): number;
  clearable(kept?: KeptResults): Clearing;
  /** Undefined where there is too little to replace. At least the last reply and its answer stay, more up to `keptBytes`. */
  compactable(keptBytes: number): Compaction | undefined;
  /** The last reply was cut off because nothing more fits in the window, and no room has been made since. */
  readonly isFull: boolean;
  /** Messages added since no summary could be had; undefined where one could since, or none was asked for. */
  readonly sinceFailedSummary: number | undefined;
}

/** Of what no usage counts yet. Dense text takes 2.5 bytes for a token, prose and most code 3 to 4. */
const bytesPerAddedToken = 2.5;
/** A server that reports less than this counts only a part, for instance what was not in its cache. */
const mostBytesPerToken = 10;
/** Of the conversation; else a summary is not worth its price. */
const leastReplaced = 0.25;

/** `prefixBytes` come before the messages: tools and system text. */
export function createContext(prefixBytes: number): Context {
  let messages: Message[] = [];
  let opening: Message | undefined;
  /** Messages that the summary stands for. */
  let replaced = 0;
  let total = prefixBytes;
  let measured: { tokens: number; bytes: number } | undefined;
  let [added, removed, settled] = [0, 0, 0];
  let isFull = false;
  let sinceFailedSummary: number | undefined;

  function edit(next: Message[]): void {
    const before = total;
    messages = next;
    total = messages.reduce((sum, message) => sum + messageBytes(message), prefixBytes);
    removed += Math.max(0, before - total);
    isFull = false;
  }

  function add(message: Message): void {
    opening ??= message;
    messages.push(message);
    const bytes = messageBytes(message);
    total += bytes;
    added += bytes;
    if (sinceFailedSummary !== undefined) sinceFailedSummary += 1;
  }

  return {
    get messages() {
      return messages;
    },
    get settled() {
      return settled;
    },
    get isFull() {
      return isFull;
    },
    get sinceFailedSummary() {
      return sinceFailedSummary;
    },
    apply(step) {
      if (step.type === 'message') {
        add(step.message);
        if (step.message.role !== 'assistant') return;
        isFull = step.stopReason === 'model_context_window_exceeded';
        if (step.contextTokens === undefined) return;
        measured = { tokens: Math.max(step.contextTokens, Math.ceil(total / mostBytesPerToken)), bytes: total };
        [added, removed] = [0, 0];
      } else if (step.type === 'clear') {
        const ids = new Set(step.ids);
        const cleared = messages.map((message, index) => clearResults(message, messages[index - 1], ids));
        settled = Math.max(settled, cleared.findLastIndex((message, index) => message !== messages[index]) + 1);
        edit(cleared);
      } else if (step.summary === undefined) sinceFailedSummary = 0;
      else if (opening?.role === 'user') {
        const summarised: Message = {
          role: 'user',
          content: [...opening.content, { type: 'text', text: step.summary }],
        };
        edit([summarised, ...messages.slice(step.upTo - replaced)]);
        replaced = step.upTo - 1;
        settled = 1;
        sinceFailedSummary = undefined;
      }
    },
    tokens() {
      if (measured === undefined) return Math.ceil(total / bytesPerAddedToken);
      const taken = removed * (measured.tokens / measured.bytes);
      return Math.max(0, Math.ceil(measured.tokens - taken + added / bytesPerAddedToken));
    },
    bytes: () => total,
    clearable: (kept) => findClearable(messages, kept),
    compactable(keptBytes) {
      const last = messages.findLastIndex(({ role }) => role === 'assistant');
      let first = last;
      let kept = 0;
      while (first > 2) {
        const [reply, answer] = [messages[first - 2], messages[first - 1]];
        if (reply === undefined || answer === undefined) break;
        kept += messageBytes(reply) + messageBytes(answer);
        if (kept > keptBytes) break;
        first -= 2;
      }
      const bytes = messages.slice(1, first).reduce((sum, message) => sum + messageBytes(message), 0);
      if (first < 2 || bytes < leastReplaced * total) return undefined;
      return { upTo: first + replaced, seen: messages.slice(0, last), bytes };
    },
  };
}
