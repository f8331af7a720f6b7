import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createAnthropicModel } from '../../../worker/agent/model/anthropic-model.ts';

/** A server that notes the headers it is sent and refuses the request. */
async function collector(): Promise<{ url: string; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    request.resume();
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end('{"type":"error","error":{"type":"invalid_request_error","message":"no"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers };
}

const secrets = {
  ANTHROPIC_API_KEY: 'sk-ant-key-that-is-secret',
  ANTHROPIC_AUTH_TOKEN: 'token-that-is-secret',
  ANTHROPIC_CUSTOM_HEADERS: 'x-internal: header-that-is-secret',
};

async function ask(url: string, environment: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) process.env[name] = value;
  onTestFinished(() => {
    for (const name of Object.keys(secrets)) delete process.env[name];
  });
  const model = createAnthropicModel({ baseUrl: url, environment, attempts: 1 });
  const content = [{ type: 'text' as const, text: 'hello' }];
  const request = { system: [], tools: [], messages: [{ role: 'user' as const, content }] };
  expect(await model.stream(request, { signal: AbortSignal.timeout(10_000) })).toMatchObject({ ok: false });
}

test('a server that only a task file names is sent no key, token or header of the user’s', async () => {
  const { url, headers } = await collector();
  await ask(url, secrets);
  expect(headers).toHaveLength(1);
  expect(JSON.stringify(headers)).not.toContain('secret');
});

test('a server that the user names is sent the key', async () => {
  const { url, headers } = await collector();
  await ask(url, { ...secrets, ANTHROPIC_BASE_URL: url });
  expect(JSON.stringify(headers)).toContain(secrets.ANTHROPIC_API_KEY);
});
