/**
 * An executor does the work of one attempt inside an open workspace. Called by worker/run-subtask.ts.
 * It never commits, never throws for an expected failure, and stops soon after `signal` aborts.
 */
import type { Assignment } from '../../ipc/index.ts';
import type { ErrorRecord, ProgressInput, Usage } from '../../tasks/index.ts';
import type { AgentSetup } from '../agent/agent.ts';
import type { Conversation } from '../agent/read-transcript.ts';
import type { AgentLinks } from '../mail/agent-links.ts';

export interface ExecutionContext {
  assignment: Assignment;
  /** Absolute, symlink-free path of the workspace's root. */
  root: string;
  /** Aborts on cancellation and on the subtask's time limit; `signal.reason` is the FanfoldError to report. */
  signal: AbortSignal;
  /** Progress without time and run; may be lost. */
  report: (event: ProgressInput) => void;
  /** Folder for this attempt's logs (transcript.jsonl, output.log), absolute; exists. */
  logFolder: string;
  worker: string;
  /** Present for an agent whose attempt was begun before. */
  beginning?: AgentBeginning;
  /** Where several agents try: which of them, from 1. */
  candidate?: number;
  /** Asked by an agent when it has nothing more to do; see AgentSetup. */
  examine?: NonNullable<AgentSetup['examine']>;
  /** What binds an agent to others; an executor without an agent has no use for it. */
  links?: AgentLinks;
}

/** Where an agent begins; its transcript is there already. */
export interface AgentBeginning {
  /** The conversation it goes on from, with what this attempt has used. */
  history?: Conversation;
  /** What this attempt has used, when it begins afresh. */
  spent?: { usage: Usage; denials: number };
}

export interface ExecutionResult {
  status: 'done' | 'failed' | 'cancelled';
  error?: ErrorRecord;
  /** Structured output, already valid by the subtask's schema. */
  output?: unknown;
  /** At most 8,000 characters, control sequences removed. */
  summary?: string;
  usage: Usage;
  /** Permission requests denied because nobody was there to answer. */
  denials: number;
}
