import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSimulatedApi, type SimulatedApi } from '../../simulated-api/server.js';
import { type Body, post } from './requests.ts';

/** A string is the whole message. */
export type Refusal = [name: string, body: Body, message: string | RegExp];

export type Acceptance = [name: string, body: Body, headers?: Record<string, string>];

/** Declares one test per entry, each against the same strict server. */
export function testValidation(refusals: Refusal[], acceptances: Acceptance[]): void {
  let api: SimulatedApi;

  beforeAll(async () => {
    api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Hi' }] }) });
  });

  afterAll(() => api.close());

  it.each(refusals)('refuses: %s', async (_name, body, message) => {
    const answer = await post(api, body);
    expect({ status: answer.status, type: answer.body.error?.type }).toEqual({
      status: 400,
      type: 'invalid_request_error',
    });
    if (typeof message === 'string') expect(answer.body.error?.message).toBe(message);
    else expect(answer.body.error?.message).toMatch(message);
    expect(answer.body.request_id).toBe(answer.headers.get('request-id'));
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });

  it.each(acceptances)('accepts: %s', async (_name, body, headers = {}) => {
    const answer = await post(api, body, { headers });
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 200, error: undefined });
  });
}
