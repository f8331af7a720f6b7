import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedApi, type SimulatedApi } from '../../simulated-api/server.js';
import { post, validBody } from './requests.ts';

let api: SimulatedApi;

beforeAll(async () => {
  api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Hi' }] }) });
});

afterAll(() => api.close());

describe('headers and transport', () => {
  it('asks for a key', async () => {
    const answer = await post(api, validBody(), { headers: { 'x-api-key': undefined } });
    expect(answer.status).toBe(401);
    expect(answer.body.error).toEqual({ type: 'authentication_error', message: 'x-api-key header is required' });
  });

  it('takes a bearer token and not an empty key', async () => {
    const bearer = await post(api, validBody(), { headers: { 'x-api-key': undefined, authorization: 'Bearer t' } });
    expect(bearer.status).toBe(200);
    expect((await post(api, validBody(), { headers: { 'x-api-key': '' } })).status).toBe(401);
  });

  it('asks for no key where none is needed', async () => {
    await using local = await createSimulatedApi({ requireKey: false, script: () => ({ content: [] }) });
    expect((await post(local, validBody(), { headers: { 'x-api-key': undefined } })).status).toBe(200);
  });

  it.each([
    ['anthropic-version', undefined, 'anthropic-version: header is required'],
    ['anthropic-version', '2020-01-01', 'anthropic-version: "2020-01-01" is not a valid version'],
    ['content-type', 'text/plain', 'content-type: must be application/json'],
  ])('checks %s %s', async (name, value, message) => {
    const answer = await post(api, validBody(), { headers: { [name]: value } });
    expect(answer.status).toBe(400);
    expect(answer.body.error?.message).toBe(message);
  });

  it('says what is wrong with the JSON', async () => {
    const answer = await post(api, '{"model":');
    expect(answer.status).toBe(400);
    expect(answer.body.error?.message).toMatch(/^The request body is not valid JSON: /);
  });

  it('limits the size of a request', async () => {
    await using small = await createSimulatedApi({ maxRequestBytes: 1_000_000, script: () => ({ content: [] }) });
    const answer = await post(small, validBody({ messages: [{ role: 'user', content: 'x'.repeat(5_000_000) }] }));
    expect(answer.status).toBe(413);
    expect(answer.body.error?.type).toBe('request_too_large');
  });

  it('knows only the models it was given', async () => {
    await using one = await createSimulatedApi({ models: ['a'], script: () => ({ content: [] }) });
    const answer = await post(one, validBody({ model: 'b' }));
    expect(answer.body.error).toEqual({ type: 'not_found_error', message: 'model: b' });
    expect((await post(one, validBody({ model: 'a' }))).status).toBe(200);
  });

  it('answers 404 and 405 in the shape of the API', async () => {
    expect((await post(api, {}, { path: '/v1/complete' })).body.error?.type).toBe('not_found_error');
    expect((await fetch(`${api.url}/v1/messages`)).status).toBe(405);
  });

  it('checks only the outline when validation is light', async () => {
    await using light = await createSimulatedApi({ validation: 'light', script: () => ({ content: [] }) });
    expect((await post(light, validBody({ colour: 'red' }))).status).toBe(200);
    expect((await post(light, validBody({ messages: undefined }))).status).toBe(400);
  });
});
