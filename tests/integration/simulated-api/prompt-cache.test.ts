import { describe, expect, it } from 'vitest';
import { createSimulatedApi, type SimulatedApi, type SimulatedApiOptions } from '../../simulated-api/server.js';
import { type Body, post, readTool, validBody } from './requests.ts';

const ephemeral = { type: 'ephemeral' };
/** Canonical text of a system block of 8,000 characters: 2,003 tokens with its "system text " in front. */
const longSystem = 's'.repeat(8_000);

function start(options: SimulatedApiOptions = {}): Promise<SimulatedApi> {
  return createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'ok' }] }), ...options });
}

function cachedSystem(text = longSystem, ttl?: string): Body {
  return { system: [{ type: 'text', text, cache_control: ttl === undefined ? ephemeral : { ...ephemeral, ttl } }] };
}

function question(text: string): Body {
  return { messages: [{ role: 'user', content: text }] };
}

interface Tokens {
  input: number;
  read: number;
  created: number;
}

async function tokensOf(api: SimulatedApi, change: Body): Promise<Tokens> {
  const { status, body } = await post(api, validBody(change));
  expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
  return {
    input: Number(body.usage?.['input_tokens']),
    read: Number(body.usage?.['cache_read_input_tokens']),
    created: Number(body.usage?.['cache_creation_input_tokens']),
  };
}

describe('the prompt cache', () => {
  it('writes at the breakpoint and reads the same prefix next time', async () => {
    await using api = await start();
    const first = await tokensOf(api, { ...cachedSystem(), ...question('One?') });
    expect(first).toEqual({ input: 4, read: 0, created: 2003 });
    const second = await tokensOf(api, { ...cachedSystem(), ...question('Another one?') });
    expect(second).toEqual({ input: 6, read: 2003, created: 0 });
  });

  it('counts the same sum of tokens, cached or not', async () => {
    await using api = await start();
    const plain = await tokensOf(api, { system: longSystem, ...question('One?') });
    const written = await tokensOf(api, { ...cachedSystem(), ...question('One?') });
    expect(plain).toEqual({ input: written.input + written.created, read: 0, created: 0 });
    expect(api.totals()).toMatchObject({ inputTokens: plain.input + written.input, cacheCreationTokens: 2003 });
  });

  it('ignores prefixes below the minimum', async () => {
    await using api = await start();
    const short = { ...cachedSystem('s'.repeat(4_000)), ...question('One?') };
    expect(await tokensOf(api, short)).toMatchObject({ read: 0, created: 0 });
    expect(await tokensOf(api, short)).toMatchObject({ read: 0, created: 0 });
    await using lower = await start({ minimumCacheTokens: 512 });
    expect(await tokensOf(lower, short)).toMatchObject({ created: 1003 });
    expect(await tokensOf(lower, short)).toMatchObject({ read: 1003 });
  });

  it.each<[string, Body, Body]>([
    ['another model', {}, { model: 'claude-opus-5-5' }],
    ['another tool', { tools: [readTool] }, { tools: [{ ...readTool, description: 'Reads.' }] }],
    [
      'another order of keys in a schema',
      { tools: [{ ...readTool, input_schema: { type: 'object', title: 'a' } }] },
      { tools: [{ ...readTool, input_schema: { title: 'a', type: 'object' } }] },
    ],
    ['one byte of the system text', {}, cachedSystem(`${longSystem.slice(1)}S`)],
  ])('misses after a change: %s', async (_name, before, after) => {
    await using api = await start();
    await tokensOf(api, { ...cachedSystem(), ...before, ...question('One?') });
    expect(await tokensOf(api, { ...cachedSystem(), ...before, ...question('Two?') })).toMatchObject({ created: 0 });
    expect(await tokensOf(api, { ...cachedSystem(), ...after, ...question('One?') })).toMatchObject({ read: 0 });
  });

  it('keeps tools and system when only tool_choice changes, but not the messages', async () => {
    await using api = await start();
    const request = {
      ...cachedSystem(),
      tools: [readTool],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'q'.repeat(6_000), cache_control: ephemeral }] }],
    };
    const first = await tokensOf(api, request);
    expect(await tokensOf(api, request)).toMatchObject({ read: first.created, created: 0 });
    const changed = await tokensOf(api, { ...request, tool_choice: { type: 'none' } });
    expect(changed.read).toBeGreaterThan(2003);
    expect(changed.created).toBe(first.created - changed.read);
  });

  it('follows a growing conversation turn by turn', async () => {
    await using api = await start();
    const turn = (role: string, text: string, marked: boolean) => ({
      role,
      content: [{ type: 'text', text, ...(marked ? { cache_control: ephemeral } : {}) }],
    });
    const first = await tokensOf(api, { messages: [turn('user', 'a'.repeat(8_000), true)] });
    const second = await tokensOf(api, {
      messages: [
        turn('user', 'a'.repeat(8_000), false),
        turn('assistant', 'b', false),
        turn('user', 'c'.repeat(400), true),
      ],
    });
    expect(second.read).toBe(first.created);
    expect(second).toMatchObject({ input: 0 });
    expect(second.created).toBeGreaterThan(100);
  });

  it('places an automatic breakpoint on the last block', async () => {
    await using api = await start();
    const request = { system: longSystem, cache_control: ephemeral, ...question('One?') };
    expect(await tokensOf(api, request)).toEqual({ input: 0, read: 0, created: 2007 });
    expect(await tokensOf(api, request)).toEqual({ input: 0, read: 2007, created: 0 });
  });

  it.each([
    [18, 2003],
    [19, 0],
  ])('looks back 20 blocks: with %i more between, reads %i tokens', async (between, read) => {
    await using api = await start();
    await tokensOf(api, { ...cachedSystem(), ...question('One?') });
    const content = Array.from({ length: between + 1 }, (_unused, index) => ({
      type: 'text',
      text: `block ${index}`,
      ...(index === between ? { cache_control: ephemeral } : {}),
    }));
    const tokens = await tokensOf(api, {
      system: [{ type: 'text', text: longSystem }],
      messages: [{ role: 'user', content }],
    });
    expect(tokens.read).toBe(read);
  });

  it('tells short-lived from long-lived writes', async () => {
    await using api = await start();
    const { body } = await post(
      api,
      validBody({
        ...cachedSystem(longSystem, '1h'),
        messages: [{ role: 'user', content: [{ type: 'text', text: 'q'.repeat(4_000), cache_control: ephemeral }] }],
      }),
    );
    expect(body.usage?.['cache_creation']).toEqual({
      ephemeral_1h_input_tokens: 2003,
      ephemeral_5m_input_tokens: 1003,
    });
  });

  it('forgets after five minutes without use, or an hour', async () => {
    let now = 0;
    await using api = await start({ clock: () => now });
    const ask = () => tokensOf(api, { ...cachedSystem(), ...question('One?') });
    expect((await ask()).created).toBe(2003);
    now += 299_000;
    expect((await ask()).read).toBe(2003);
    now += 299_000;
    expect((await ask()).read).toBe(2003);
    now += 300_000;
    expect((await ask()).created).toBe(2003);

    const askLong = () => tokensOf(api, { ...cachedSystem(`${longSystem}!`, '1h'), ...question('One?') });
    expect((await askLong()).created).toBeGreaterThan(0);
    now += 3_599_000;
    expect((await askLong()).created).toBe(0);
  });

  it('makes siblings that start together all pay, and those after the first answer begins read', async () => {
    await using api = await start({ latencyMs: 150 });
    const ask = (text: string) => tokensOf(api, { ...cachedSystem(), ...question(text) });
    const together = await Promise.all([ask('a?'), ask('b?'), ask('c?')]);
    expect(together.map(({ read }) => read)).toEqual([0, 0, 0]);
    const later = await Promise.all([ask('d?'), ask('e?')]);
    expect(later.map(({ read }) => read)).toEqual([2003, 2003]);
  });

  it('can be filled without an answer, and is not filled by a failed request', async () => {
    await using api = await start({ faults: [{ kind: 'overloaded', at: 0 }] });
    expect((await post(api, validBody({ ...cachedSystem(), ...question('One?') }))).status).toBe(529);
    const warm = await post(api, validBody({ ...cachedSystem(), ...question('Warm up.'), max_tokens: 0 }));
    expect(warm.body).toMatchObject({ content: [], stop_reason: 'max_tokens' });
    expect(warm.body.usage).toMatchObject({ cache_creation_input_tokens: 2003, output_tokens: 0 });
    expect(await tokensOf(api, { ...cachedSystem(), ...question('One?') })).toMatchObject({ read: 2003 });
    api.reset();
    expect(await tokensOf(api, { ...cachedSystem(), ...question('One?') })).toMatchObject({ read: 0 });
  });
});
