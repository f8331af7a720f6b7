/**
 * The sub-agent: what it needs, what it reports, what comes of it. Everything it touches is injected, so that it runs
 * without a coordinator; see run-agent.ts for its promises.
 */
import type { ErrorRecord, Permissions, ProgressInput, Usage } from '../../tasks/index.ts';
import type { AgentLimits } from './agent-limits.ts';
import type { ContextRule } from './context/context-rule.ts';
import type { FolderInstructions } from './context/folder-instructions.ts';
import type { ResultFiles } from './context/result-files.ts';
import type { Inbox } from './mail.ts';
import type { Model } from './model/model.ts';
import type { ResultTool } from './output/result-tool.ts';
import type { PromptLayers } from './prompt/layers.ts';
import type { Conversation } from './read-transcript.ts';
import type { Tool } from './tools/tool.ts';
import type { Transcript } from './transcript.ts';

type WithoutPlace<Event> = Event extends unknown ? Omit<Event, 'subtask' | 'attempt' | 'worker'> : never;

/** Progress of an agent, before its owner says of which subtask, attempt and worker. */
export type AgentEvent = WithoutPlace<Exclude<ProgressInput, { type: 'subtask-start' }>>;

export interface PermissionGate {
  policy: Permissions;
  /** Puts an `ask` to somebody; `summary` names all that the call does. Without it nobody is there, and an `ask` is a denial. Rejects when the signal aborts. */
  ask?: (question: { tool: string; summary: string; reason: string }, signal: AbortSignal) => Promise<Answer>;
}

/** To an `ask`: by a person, or no because `nobody` is there any more or a person did not answer in time. */
export interface Answer {
  allowed: boolean;
  by: 'person' | 'nobody' | 'timeout';
}

export interface AgentSetup {
  model: Model;
  /** In the order the model sees them. */
  tools: readonly Tool[];
  permissions: PermissionGate;
  prompt: PromptLayers;
  limits?: Partial<AgentLimits>;
  /** Aborts the agent; `reason` is what its result reports. */
  signal: AbortSignal;
  /** What this or `onText` throws ends the agent: `callback-failed`. */
  report: (event: AgentEvent) => void;
  /** Pieces of the model's text as they arrive; those of a stream that was cut come again. */
  onText?: (text: string) => void;
  transcript: Transcript;
  /** Keeps results of tools that are too long for the model, and old ones when its context fills. */
  results?: ResultFiles;
  /** Instructions of folders that the agent comes to. */
  folderInstructions?: FolderInstructions;
  /** Sums up long conversations in the place of `model`. */
  summariser?: Model;
  /** When room is made in the context; by default what is known of the model says it. */
  contextRule?: ContextRule;
  /** Present when the agent owes a structured result. */
  result?: ResultTool;
  /**
   * Called when the agent has nothing more to do. A remark is told to it, and it goes on; undefined is the end. Never
   * rejects.
   */
  examine?: (answer: AgentAnswer) => Promise<Remark | undefined>;
  /** Messages of others, for an agent that gets any. */
  inbox?: Inbox;
  /**
   * The conversation to go on from, which the transcript begins with: its layers are used instead of `prompt`, its turns
   * and usage count on.
   */
  history?: Conversation;
  /** Milliseconds of a monotonic clock. Default performance.now. */
  clock?: () => number;
}

/** What an agent has come to when it has nothing more to do. */
export interface AgentAnswer {
  /** Its last words. */
  text: string;
  /** Present where it has handed in a result. */
  output?: unknown;
  /** False where one of its limits is reached: then it can't go on. */
  mayGoOn: boolean;
}

/** Why an agent is not done yet. */
export interface Remark {
  text: string;
  /** Number of the repair round that it begins, from 1. */
  round: number;
}

interface AgentEnd {
  /** The model's last words. */
  text: string;
  usage: Usage;
  turns: number;
  /** Calls denied because nobody was there to ask. */
  denials: number;
}

export type AgentResult =
  | (AgentEnd & { status: 'done'; output?: unknown })
  | (AgentEnd & { status: 'failed' | 'cancelled'; error: ErrorRecord });
