import type { ModelRequest } from './model.ts';

/** The settings of a request that are not part of the conversation. */
export interface RequestSettings {
  model: string;
  max_tokens: number;
  stream: true;
}

/**
 * Writes the requests of one conversation as JSON. Its tools and system blocks, which must not change, become text once
 * and not in every turn.
 */
export function createRequestText(settings: RequestSettings): (request: ModelRequest) => string {
  const end = JSON.stringify(settings).slice(1);
  let known: { of: ModelRequest; text: string } | undefined;
  return (request) => {
    const { tools, system, messages } = request;
    if (known?.of.tools !== tools || known.of.system !== system) {
      known = { of: { tools, system, messages: [] }, text: JSON.stringify({ tools, system }).slice(0, -1) };
    }
    return `${known.text},"messages":${JSON.stringify(messages)},${end}`;
  };
}
