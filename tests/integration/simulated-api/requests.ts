import type { SimulatedApi } from '../../simulated-api/server.js';

const version = '2026-10-21';

export const readTool = {
  name: 'Read',
  description: 'Reads a file.',
  input_schema: { type: 'object', properties: { file_path: { type: 'string' } }, required: ['file_path'] },
};

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body of an answer that is not a stream. */
  body: {
    error?: { type: string; message: string };
    usage?: Record<string, unknown>;
    stop_reason?: string;
    content?: Record<string, unknown>[];
    input_tokens?: number;
    request_id?: string;
  };
}

export type Body = Record<string, unknown>;

/** A request that the simulated API accepts, changed by `change`; undefined removes a field. */
export function validBody(change: Body = {}): Body {
  return { model: 'claude-sonnet-5-5', max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }], ...change };
}

/** A conversation whose assistant called Read once per id and whose user message is `content`. */
export function afterToolUse(ids: string[], content: unknown): Body {
  return validBody({
    tools: [readTool],
    messages: [
      { role: 'user', content: 'Read the files.' },
      {
        role: 'assistant',
        content: ids.map((id) => ({ type: 'tool_use', id, name: 'Read', input: { file_path: '/a' } })),
      },
      { role: 'user', content },
    ],
  });
}

export function result(id: string, content: unknown = 'contents'): Body {
  return { type: 'tool_result', tool_use_id: id, content };
}

export async function post(
  api: Pick<SimulatedApi, 'url'>,
  body: unknown,
  { path = '/v1/messages', headers = {} }: { path?: string; headers?: Record<string, string | undefined> } = {},
): Promise<Answer> {
  const all = {
    'x-api-key': 'key',
    'anthropic-version': version,
    'content-type': 'application/json',
    ...headers,
  };
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
}
