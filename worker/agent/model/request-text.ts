import { thoughtOf } from './foreign-thoughts.ts';
import type { Message, ModelRequest } from './model.ts';
import type { RequestSettings } from './request-settings.ts';

/**
 * Writes the requests of one conversation as JSON. Its tools, system blocks and messages, which must not change, become
 * text once and not in every turn.
 */
export function createRequestText(settings: RequestSettings): (request: ModelRequest) => string {
  const end = endOf(settings);
  const { thinking, ...thoughtless } = settings;
  const endWithoutThinking = thinking?.type === 'enabled' ? endOf(thoughtless) : undefined;
  const written = new WeakMap<Message, string>();
  const textOf = (message: Message): string => {
    const known = written.get(message);
    if (known !== undefined) return known;
    const text = JSON.stringify(message);
    written.set(message, text);
    return text;
  };
  let known: { of: ModelRequest; text: string } | undefined;
  return (request) => {
    const { tools, system, messages } = request;
    if (known?.of.tools !== tools || known.of.system !== system) {
      known = { of: { tools, system, messages: [] }, text: JSON.stringify({ tools, system }).slice(0, -1) };
    }
    const isLeftOut = endWithoutThinking !== undefined && isWithoutThought(messages);
    return `${known.text},"messages":[${messages.map(textOf).join(',')}],${isLeftOut ? endWithoutThinking : end}`;
  };
}

function endOf(settings: RequestSettings): string {
  return JSON.stringify(settings).slice(1);
}

/**
 * A turn that has begun without a thought can't go on with a budget for thoughts: the API refuses it. So it is where the
 * thoughts were another model's and were left out.
 */
function isWithoutThought(messages: readonly Message[]): boolean {
  const question = messages.findLastIndex(
    ({ role, content }) => role === 'user' && !content.some(({ type }) => type === 'tool_result'),
  );
  const answer = messages.slice(question + 1).find((message) => message.role === 'assistant');
  const first = answer?.content[0];
  return first !== undefined && thoughtOf(first) === undefined;
}
