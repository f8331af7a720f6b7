import { expect } from 'vitest';
import { noUsage } from '../../../tasks/index.ts';
import type { ContentBlock, Message, Model, ModelRequest, ModelTurn } from '../../../worker/agent/model/model.ts';

type Step = Partial<Omit<ModelTurn & { ok: true }, 'ok'>> | (ModelTurn & { ok: false }) | (() => Promise<ModelTurn>);

export interface ScriptedModel extends Model {
  requests: ModelRequest[];
  /** Fails the test when a step was not asked for. */
  assertFinished(): void;
}

/** A Model that plays its steps in order and hands out blocks as a stream would. */
export function scriptedModel(steps: Step[]): ScriptedModel {
  const requests: ModelRequest[] = [];
  return {
    name: 'scripted',
    requests,
    assertFinished: () => expect(requests).toHaveLength(steps.length),
    async stream(request, { onBlock }) {
      const step = steps[requests.length];
      requests.push(structuredClone(request));
      if (step === undefined) throw new Error('the script has no step left');
      if (typeof step === 'function') return step();
      if ('ok' in step) return step;
      const { content = [], malformed } = step;
      const stopReason = step.stopReason ?? (content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn');
      for (const [index, block] of content.entries()) onBlock?.(block, index);
      const usage = { ...noUsage(), inputTokens: 10, outputTokens: 5 };
      return { ok: true, content, stopReason, usage, ...(malformed === undefined ? {} : { malformed }) };
    },
  };
}

export const text = (words: string): ContentBlock => ({ type: 'text', text: words });

const ids = { next: 1 };
export function call(name: string, input: Record<string, unknown>, id = `toolu_${ids.next++}`): ContentBlock {
  return { type: 'tool_use', id, name, input };
}

/** The results in a user message, by their text. */
export function resultsOf(message: Message | undefined): { text: string; isError: boolean }[] {
  if (message?.role !== 'user') throw new Error('no user message');
  return message.content.flatMap((block) =>
    block.type === 'tool_result' ? [{ text: block.content, isError: block.is_error === true }] : [],
  );
}

export function notesOf(message: Message | undefined): string[] {
  if (message?.role !== 'user') throw new Error('no user message');
  return message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
}
