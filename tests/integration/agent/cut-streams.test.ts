import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createAnthropicModel } from '../../../worker/agent/model/anthropic-model.ts';
import { runAgent } from '../../../worker/agent/run-agent.ts';
import { createTool, succeeded, type Tool, toolDefinition } from '../../../worker/agent/tools/tool.ts';
import { noTranscript } from '../../../worker/agent/transcript.ts';
import { createSimulatedApi, type Fault } from '../../simulated-api/server.js';

/** A tool that counts how often it ran with each word. */
function counting(name: string, readOnly: boolean, ran: Map<string, number>): Tool {
  const schema = z.strictObject({ word: z.string() });
  return createTool(toolDefinition(name, 'A tool.', schema), schema, readOnly, ({ word }) => ({
    ok: true,
    summary: word,
    request: { tool: name, effect: 'read' },
    async execute() {
      ran.set(`${name} ${word}`, (ran.get(`${name} ${word}`) ?? 0) + 1);
      await sleep(2);
      return succeeded(`${name} ${word}`);
    },
  }));
}

const call = (name: string, word: string) => ({ type: 'tool_use' as const, name, input: { word } });
const calls = [
  { type: 'thinking' as const, thinking: 'First I look.' },
  { type: 'text' as const, text: 'I look at both.' },
  call('Look', 'one'),
  call('Look', 'two'),
  call('Change', 'three'),
  call('Look', 'four'),
];
const once = new Map([
  ['Look one', 1],
  ['Look two', 1],
  ['Change three', 1],
  ['Look four', 1],
]);

async function run(fault: Fault): Promise<{ ran: Map<string, number>; requests: number; status: string }> {
  await using api = await createSimulatedApi({
    faults: [fault],
    script: (_request, { turn }) => ({ content: turn === 0 ? calls : [{ type: 'text', text: 'Done.' }] }),
  });
  const ran = new Map<string, number>();
  const { status } = await runAgent({
    model: createAnthropicModel({ environment: api.environment, baseUrl: api.url, backoffMs: 5, idleTimeoutMs: 2_000 }),
    tools: [counting('Look', true, ran), counting('Change', false, ran)],
    permissions: { policy: { mode: 'bypassPermissions', allow: [], ask: [], deny: [] } },
    prompt: { system: 'system', run: 'run', task: 'task' },
    signal: AbortSignal.timeout(30_000),
    report: () => undefined,
    transcript: noTranscript,
  });
  api.assertFinished();
  return { ran, requests: api.totals().requests, status };
}

/** More events than the answer has: the last cuts hit its very end. */
const events = 45;

it.each(['drop', 'stream-error'] as const)(
  'a stream that ends early (%s) after any event runs each call once',
  async (kind) => {
    let cut = 0;
    for (let afterEvents = 0; afterEvents <= events; afterEvents += 1) {
      const { ran, status, requests } = await run({ kind, afterEvents, turn: 0, attempts: 1 });
      expect(status, `after ${afterEvents} events`).toBe('done');
      expect(ran, `after ${afterEvents} events`).toEqual(once);
      if (requests === 3) cut += 1;
    }
    expect(cut).toBeGreaterThan(25);
    expect(cut).toBeLessThanOrEqual(events);
  },
);

it('cut again and again, a little later each time, it runs each call once', async () => {
  const { ran, status } = await run({ kind: 'drop', turn: 0, attempts: 5 });
  expect(status).toBe('done');
  expect(ran).toEqual(once);
});

it.each([40, 400, 900, 1_300])('cut within an event, after %i bytes, it runs each call once', async (afterBytes) => {
  const { ran, status } = await run({ kind: 'drop', afterBytes, turn: 0, attempts: 2 });
  expect(status).toBe('done');
  expect(ran).toEqual(once);
});
