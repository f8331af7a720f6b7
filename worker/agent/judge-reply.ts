/** What follows from a reply once its calls have run: go on (with a note to the model), end, or fail. */
import type { ErrorRecord } from '../../tasks/index.ts';
import type { ContentBlock, ToolUseBlock } from './model/model.ts';
import { type ResultTool, resultToolName } from './output/result-tool.ts';

export interface Reply {
  content: ContentBlock[];
  calls: ToolUseBlock[];
  /** All its text, trimmed. */
  text: string;
  stopReason: string | null;
}

export type Judgement = { next: 'go-on'; note?: string } | { next: 'end' } | { next: 'fail'; error: ErrorRecord };

/** How often in a row the same lapse was met with a note. */
export interface Patience {
  cutOff: number;
  paused: number;
  empty: number;
  withoutResult: number;
  /** Replies whose result was refused, and refused results by then. */
  refused: number;
  refusals: number;
}

export function newPatience(): Patience {
  return { cutOff: 0, paused: 0, empty: 0, withoutResult: 0, refused: 0, refusals: 0 };
}

const mostCutOff = 3;
/** Only server tools pause a turn, and Fanfold asks for none. */
const mostPaused = 5;
/** One round to mend a result that does not fit, and one to hand in one that was forgotten. */
const mostRepairs = 1;

/** What the model is told. */
export const notes = {
  noAnswer: '(no answer)',
  cutOff: 'Your reply was cut off at its length limit. Go on where it stopped, in smaller steps.',
  paused: 'Go on.',
  empty: 'Your reply was empty. Go on with your part, or say in a few sentences what you did when it is done.',
  withoutResult: `Your result is missing. Hand it in with ${resultToolName}.`,
  repeated: 'You have made the same call several times with the same result. Do something else, or finish.',
};

/** Whether a reply ends in the middle: at its own limit, or because nothing more fits in the context. */
export function isCutOffBy(stopReason: string | null): boolean {
  return stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded';
}

export function judgeReply(
  { calls, text, stopReason }: Reply,
  patience: Patience,
  result: ResultTool | undefined,
  repetition: 'go-on' | 'tell' | 'stop',
): Judgement {
  if (stopReason === 'refusal')
    return fail('model-refused', 'The model refused the task.', 'Say it differently, or use another model.');
  if (repetition === 'stop') {
    return stopped(
      'The agent made the same call again and again with the same result.',
      'Read its transcript; what it tried may not be possible.',
    );
  }
  if (result !== undefined && result.refusals > patience.refusals) {
    patience.refusals = result.refusals;
    patience.refused += 1;
  }
  if (result !== undefined && patience.refused > mostRepairs) {
    return fail(
      'output-invalid',
      `The agent's result was not valid: ${result.lastProblem ?? ''}`,
      'Make `output.schema` simpler, or say in the prompt what each field holds.',
    );
  }
  const isCutOff = isCutOffBy(stopReason);
  patience.cutOff = isCutOff ? patience.cutOff + 1 : 0;
  if (patience.cutOff > mostCutOff) {
    return stopped(
      `${patience.cutOff} replies in a row were cut off at their length limit.`,
      'Raise `model.maxTokens`, or split the subtask.',
    );
  }
  const isEmpty = calls.length === 0 && text === '';
  if (!isEmpty) patience.empty = 0;
  if (isCutOff) return { next: 'go-on', note: notes.cutOff };
  patience.paused = stopReason === 'pause_turn' && calls.length === 0 ? patience.paused + 1 : 0;
  if (patience.paused > mostPaused) {
    return stopped(
      `The model paused ${patience.paused} times in a row without a call.`,
      'Run it again, or use another model.',
    );
  }
  if (calls.length > 0) {
    return repetition === 'tell' ? { next: 'go-on', note: notes.repeated } : { next: 'go-on' };
  }
  if (stopReason === 'pause_turn') return { next: 'go-on', note: notes.paused };
  if (isEmpty) {
    patience.empty += 1;
    if (patience.empty > 1)
      return stopped('The model gave an empty reply twice.', 'Run it again, or use another model.');
    return { next: 'go-on', note: notes.empty };
  }
  if (result === undefined) return { next: 'end' };
  patience.withoutResult += 1;
  if (patience.withoutResult <= mostRepairs) return { next: 'go-on', note: notes.withoutResult };
  return fail(
    'output-invalid',
    'The agent ended without handing in a result.',
    'Say more plainly what the result is to be, or use another model.',
  );
}

function stopped(message: string, next: string): Judgement {
  return fail('agent-stopped', message, next);
}

function fail(code: ErrorRecord['code'], message: string, next: string): Judgement {
  return { next: 'fail', error: { code, message, next, failure: 'permanent' } };
}
