import { describe, expect, it } from 'vitest';
import { createSimulatedApi, type Reply, type Scenario } from '../../simulated-api/server.js';
import { afterToolUse, post, readTool, result, validBody } from './requests.ts';

const say = (text: string): Reply => ({ content: [{ type: 'text', text }] });
const read: Reply = { content: [{ type: 'tool_use', name: 'Read', input: { file_path: '/a' }, id: 'toolu_1' }] };
const ask = (content: string) => validBody({ tools: [readTool], messages: [{ role: 'user', content }] });
const second = afterToolUse(['toolu_1'], [result('toolu_1', 'contents of a')]);

const scenario: Scenario = {
  name: 'reader',
  match: 'Read the files',
  steps: [
    { reply: read, expect: (request) => expect(request.tools).toHaveLength(1) },
    {
      expect: (_request, { toolResults }) =>
        expect(toolResults).toEqual([
          { id: 'toolu_1', name: 'Read', input: { file_path: '/a' }, text: 'contents of a', isError: false },
        ]),
      reply: (_request, { toolResults }) => say(`Got ${toolResults[0]?.text}.`),
    },
  ],
};

describe('a scripted conversation', () => {
  it('is finished when every step is consumed', async () => {
    await using api = await createSimulatedApi({ scenarios: [scenario] });
    expect(() => api.assertFinished()).toThrow('Scenario "reader": 2 of 2 steps were not consumed');
    expect((await post(api, ask('Read the files.'))).body.content).toMatchObject([{ type: 'tool_use', id: 'toolu_1' }]);
    expect(() => api.assertFinished()).toThrow('1 of 2 steps');
    expect((await post(api, second)).body.content).toMatchObject([{ text: 'Got contents of a.' }]);
    api.assertFinished();
    expect(api.requests.map(({ turn }) => turn)).toEqual([0, 1]);
    expect(api.requests[0]?.headers['x-api-key']).toBe('present');
  });

  it('refuses a request beyond its steps', async () => {
    await using api = await createSimulatedApi({ scenarios: [{ match: /^Say/, steps: [{ reply: say('Hi') }] }] });
    expect((await post(api, ask('Say it.'))).status).toBe(200);
    const { status, body } = await post(api, ask('Say it.'));
    expect(status).toBe(400);
    expect(body.error?.message).toMatch(/request beyond the script/);
    expect(() => api.assertFinished()).toThrow(/request beyond the script/);
  });

  it('refuses a request that no scenario is for', async () => {
    await using api = await createSimulatedApi({ scenarios: [{ match: 'a', steps: [] }] });
    expect((await post(api, ask('zzz'))).body.error?.message).toBe('No scenario matches the request "zzz"');
    expect(() => api.assertFinished()).toThrow('No scenario matches the request "zzz"');
  });

  it('refuses a request that is not as expected, and says why', async () => {
    await using api = await createSimulatedApi({ scenarios: [scenario] });
    const { status, body } = await post(api, validBody({ messages: [{ role: 'user', content: 'Read the files.' }] }));
    expect(status).toBe(400);
    expect(body.error?.message).toMatch(/^Scenario "reader", step 1, expect: /);
    expect(() => api.assertFinished()).toThrow(/reader", step 1, expect/);
  });

  it('reports a script that throws, and requests that break the protocol', async () => {
    await using api = await createSimulatedApi({
      script: () => {
        throw new Error('nothing to say');
      },
    });
    expect((await post(api, ask('x'))).body.error?.message).toBe('The script threw: nothing to say');
    await post(api, validBody({ messages: [] }));
    expect(api.problems()).toEqual(['The script threw: nothing to say', 'messages: at least one message is required']);
    expect(api.problems({ allowRefused: true })).toHaveLength(1);
  });

  it('repeats a step whose answer broke off', async () => {
    await using api = await createSimulatedApi({
      scenarios: [{ match: 'x', steps: [{ reply: say('one'), fault: { kind: 'drop' } }, { reply: say('two') }] }],
    });
    const stream = { ...ask('x'), stream: true };
    await expect(post(api, stream)).rejects.toThrow('terminated');
    expect((await post(api, ask('x'))).body.content).toMatchObject([{ text: 'one' }]);
    expect((await post(api, ask('x'))).body.content).toMatchObject([{ text: 'two' }]);
    api.assertFinished();
  });

  it('refuses two requests of one conversation at once', async () => {
    await using api = await createSimulatedApi({
      latencyMs: 100,
      scenarios: [{ match: 'x', steps: [{ reply: say('one') }, { reply: say('two') }] }],
    });
    const statuses = await Promise.all([post(api, ask('x')), post(api, ask('x'))]);
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(() => api.assertFinished()).toThrow(/two requests at once, step 1/);
  });

  it('takes scenarios and faults later, beside a script', async () => {
    await using api = await createSimulatedApi({ script: () => say('script') });
    api.addScenario({ match: 'special', steps: [{ reply: say('scenario') }] });
    api.addFault({ kind: 'server-error', match: 'broken' });
    expect((await post(api, ask('special'))).body.content).toMatchObject([{ text: 'scenario' }]);
    expect((await post(api, ask('plain'))).body.content).toMatchObject([{ text: 'script' }]);
    expect((await post(api, ask('broken'))).status).toBe(500);
    api.assertFinished();
  });
});

describe('records', () => {
  it('keep bodies, or only totals', async () => {
    await using all = await createSimulatedApi({ script: () => say('ok'), keepLimit: 2 });
    for (const text of ['a', 'b', 'c']) await post(all, ask(text));
    expect(all.requests.map(({ body }) => body)).toEqual([ask('b'), ask('c')]);
    expect(all.totals()).toMatchObject({ requests: 3, answered: 3, forgotten: 1, inFlight: 0, outputTokens: 3 });
    await using none = await createSimulatedApi({ script: () => say('ok'), keep: 'none' });
    await post(none, ask('a'));
    expect(none.requests).toEqual([]);
    const { requests, firstRequestAt, lastAnswerAt } = none.totals();
    expect(requests).toBe(1);
    expect(lastAnswerAt).toBeGreaterThanOrEqual(firstRequestAt ?? Number.NaN);
  });
});
