import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FanfoldError, noUsage, type Permissions } from '../../../tasks/index.ts';
import type { AgentEvent, AgentResult, AgentSetup } from '../../../worker/agent/agent.ts';
import { compileOutputSchema } from '../../../worker/agent/output/output-schema.ts';
import { createResultTool } from '../../../worker/agent/output/result-tool.ts';
import { runAgent } from '../../../worker/agent/run-agent.ts';
import { createTools } from '../../../worker/agent/tools/create-tools.ts';
import { createTool, succeeded, type Tool, toolDefinition } from '../../../worker/agent/tools/tool.ts';
import { noTranscript } from '../../../worker/agent/transcript.ts';
import { call, notesOf, resultsOf, type ScriptedModel, scriptedModel, text } from './scripted-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

const permissions: Permissions = { mode: 'acceptEdits', allow: [], ask: [], deny: [] };

/** A tool that takes `ms`, answers with its name and `word`, and writes down when it ran. */
function slowTool(name: string, readOnly: boolean, log: string[]): Tool {
  const schema = z.strictObject({ word: z.string(), ms: z.int().optional() });
  return createTool(toolDefinition(name, 'A tool.', schema), schema, readOnly, ({ word, ms = 1 }) => ({
    ok: true,
    summary: word,
    request: { tool: name, effect: 'read' },
    async execute() {
      log.push(`${word} starts`);
      await sleep(ms);
      log.push(`${word} ends`);
      return succeeded(`${name} ${word}`);
    },
  }));
}

interface Ran {
  result: AgentResult;
  events: AgentEvent[];
}

async function run(model: ScriptedModel, setup: Partial<AgentSetup> = {}): Promise<Ran> {
  const events: AgentEvent[] = [];
  const result = await runAgent({
    model,
    tools: [],
    permissions: { policy: permissions },
    prompt: { system: 'system', run: 'run', task: 'task' },
    signal: new AbortController().signal,
    report: (event) => events.push(event),
    transcript: noTranscript,
    ...setup,
  });
  model.assertFinished();
  return { result, events };
}

function resultTool(schema: Record<string, unknown>) {
  const compiled = compileOutputSchema(schema);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return createResultTool(compiled.validator);
}

describe('calls', () => {
  it('runs read-only calls together while the reply streams, writing ones in order after, results in call order', async () => {
    const log: string[] = [];
    const tools = [slowTool('Look', true, log), slowTool('Change', false, log)];
    const model = scriptedModel([
      {
        content: [
          call('Look', { word: 'one', ms: 30 }),
          call('Look', { word: 'two', ms: 5 }),
          call('Change', { word: 'three', ms: 20 }),
          call('Change', { word: 'four' }),
          call('Look', { word: 'five' }),
        ],
      },
      { content: [text('Done.')] },
    ]);
    const { result, events } = await run(model, { tools });
    expect(result).toMatchObject({
      status: 'done',
      text: 'Done.',
      turns: 2,
      usage: { inputTokens: 20, outputTokens: 10 },
    });
    expect(log.slice(0, 4)).toEqual(['one starts', 'two starts', 'two ends', 'one ends']);
    expect(log.slice(4)).toEqual(['three', 'four', 'five'].flatMap((word) => [`${word} starts`, `${word} ends`]));
    const results = resultsOf(model.requests[1]?.messages[2]);
    expect(results.map(({ text }) => text)).toEqual([
      'Look one',
      'Look two',
      'Change three',
      'Change four',
      'Look five',
    ]);
    expect(model.requests[1]?.messages).toHaveLength(3);
    expect(events.filter(({ type }) => type === 'tool-end')).toHaveLength(5);
    expect(events.filter(({ type }) => type === 'model-end')).toHaveLength(2);
  });

  it('starts a read-only call before the reply has ended', async () => {
    const log: string[] = [];
    const look = call('Look', { word: 'early' });
    const model = scriptedModel([{}, { content: [text('Done.')] }]);
    const stream = model.stream.bind(model);
    model.stream = async (request, options) => {
      const turn = await stream(request, options);
      if (model.requests.length > 1 || !turn.ok) return turn;
      options.onBlock?.(look, 0);
      await sleep(20);
      log.push('reply ends');
      return { ...turn, content: [look], stopReason: 'tool_use' };
    };
    await run(model, { tools: [slowTool('Look', true, log)] });
    expect(log).toEqual(['early starts', 'early ends', 'reply ends']);
  });

  it('does not run a call again that ran during a stream that was cut', async () => {
    const log: string[] = [];
    const model = scriptedModel([{}, { content: [text('Done.')] }]);
    const stream = model.stream.bind(model);
    model.stream = async (request, options) => {
      const turn = await stream(request, options);
      if (model.requests.length > 1 || !turn.ok) return turn;
      const again = [call('Look', { word: 'same' }), call('Look', { word: 'same' }), call('Look', { word: 'other' })];
      options.onBlock?.(call('Look', { word: 'same' }), 0);
      options.onBlock?.(call('Look', { word: 'unwanted' }), 1);
      for (const [index, block] of again.entries()) options.onBlock?.(block, index);
      return { ...turn, content: again, stopReason: 'tool_use' };
    };
    await run(model, { tools: [slowTool('Look', true, log)] });
    expect(log.filter((line) => line.endsWith('starts')).sort()).toEqual([
      'other starts',
      'same starts',
      'same starts',
      'unwanted starts',
    ]);
    expect(resultsOf(model.requests[1]?.messages[2]).map((result) => result.text)).toEqual([
      'Look same',
      'Look same',
      'Look other',
    ]);
  });

  it('bounds how many calls run at once', async () => {
    const log: string[] = [];
    const looks = Array.from({ length: 20 }, (_, index) => call('Look', { word: String(index), ms: 10 }));
    await run(scriptedModel([{ content: looks }, { content: [text('Done.')] }]), {
      tools: [slowTool('Look', true, log)],
    });
    let most = 0;
    let now = 0;
    for (const line of log) {
      now += line.endsWith('starts') ? 1 : -1;
      most = Math.max(most, now);
    }
    expect(most).toBe(8);
    expect(log).toHaveLength(40);
  });

  it('answers invalid input, unknown tools and malformed JSON to the model with what is wrong', async () => {
    const broken = call('Look', {}, 'toolu_broken');
    const model = scriptedModel([
      {
        content: [call('Look', { wird: 'x' }), call('Nope', {}), broken],
        malformed: { toolu_broken: 'The input is not valid JSON: end of data' },
      },
      { content: [text('I see.')] },
    ]);
    const { result } = await run(model, { tools: [slowTool('Look', true, [])] });
    expect(result.status).toBe('done');
    const [invalid, unknown, malformed] = resultsOf(model.requests[1]?.messages[2]);
    expect(invalid).toMatchObject({ isError: true, text: expect.stringContaining('wird') });
    expect(unknown).toMatchObject({ isError: true, text: 'There is no tool Nope. The tools are Look.' });
    expect(malformed).toMatchObject({ isError: true, text: expect.stringContaining('not valid JSON') });
  });

  it('turns a tool that throws into an error result', async () => {
    const schema = z.strictObject({});
    const tool = createTool(toolDefinition('Break', 'Breaks.', schema), schema, true, () => ({
      ok: true,
      summary: '',
      request: { tool: 'Break', effect: 'read' },
      execute: () => {
        throw new Error('it broke');
      },
    }));
    const model = scriptedModel([{ content: [call('Break', {})] }, { content: [text('Well.')] }]);
    await run(model, { tools: [tool] });
    expect(resultsOf(model.requests[1]?.messages[2])).toEqual([{ text: 'The tool failed: it broke', isError: true }]);
  });

  it('denies and counts what nobody can be asked for, tells the model, and does not count what a rule denies', async () => {
    const root = await temporaryFolder();
    await writeFile(`${root}/a.txt`, 'a');
    const model = scriptedModel([
      { content: [call('Bash', { command: 'touch b' }), call('Read', { file_path: 'a.txt' })] },
      { content: [text('Without, then.')] },
    ]);
    const { result, events } = await run(model, {
      tools: createTools({ root, environment: {} }),
      permissions: { policy: { ...permissions, deny: ['Read(*.txt)'] } },
    });
    expect(result).toMatchObject({ status: 'done', denials: 1 });
    const results = resultsOf(model.requests[1]?.messages[2]);
    expect(results[0]?.text).toContain('Nobody is there to be asked');
    expect(results[1]?.text).toContain('Read(*.txt)');
    expect(events.filter((event) => event.type === 'tool-end' && event.status === 'denied')).toHaveLength(2);
  });

  it('lets somebody who is there decide', async () => {
    const root = await temporaryFolder();
    const model = scriptedModel([{ content: [call('Bash', { command: 'echo hi' })] }, { content: [text('Fine.')] }]);
    const { result } = await run(model, {
      tools: createTools({ root, environment: {} }),
      permissions: {
        policy: permissions,
        ask: async ({ summary }) => ({ allowed: summary === 'echo hi', by: 'person' }),
      },
    });
    expect(result.denials).toBe(0);
    expect(resultsOf(model.requests[1]?.messages[2])).toEqual([{ text: 'hi', isError: false }]);
  });
});

describe('replies', () => {
  it('goes on after a reply that was cut off, without the call that was cut', async () => {
    const cut = call('Look', {}, 'toolu_cut');
    const model = scriptedModel([
      { content: [text('First'), cut], stopReason: 'max_tokens', malformed: { toolu_cut: 'cut' } },
      { content: [cut], stopReason: 'max_tokens', malformed: { toolu_cut: 'cut' } },
      { content: [text('Second.')] },
    ]);
    const { result } = await run(model);
    expect(result).toMatchObject({ status: 'done', text: 'Second.' });
    expect(model.requests[1]?.messages[1]?.content).toEqual([text('First')]);
    expect(notesOf(model.requests[1]?.messages[2])[0]).toContain('cut off');
    expect(model.requests[2]?.messages[3]?.content).toEqual([text('(no answer)')]);
  });

  it('stops when replies are cut off again and again', async () => {
    const cut = { content: [text('x')], stopReason: 'max_tokens' as const };
    const { result } = await run(scriptedModel([cut, cut, cut, cut]));
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'agent-stopped', next: expect.stringContaining('maxTokens') },
    });
  });

  it('goes on after a pause and fails on a refusal', async () => {
    const model = scriptedModel([
      { content: [text('Wait')], stopReason: 'pause_turn' },
      { content: [], stopReason: 'refusal' },
    ]);
    const { result } = await run(model);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'model-refused', failure: 'permanent' } });
  });

  it('asks once after an empty reply, thoughts alone included, and keeps the thoughts', async () => {
    const thought = { type: 'thinking' as const, thinking: 'hm', signature: 's' };
    const model = scriptedModel([{ content: [thought] }, { content: [text('Done.')] }]);
    const { result } = await run(model);
    expect(result.status).toBe('done');
    expect(model.requests[1]?.messages[1]?.content).toEqual([thought, text('(no answer)')]);
    const stubborn = await run(scriptedModel([{}, {}]));
    expect(stubborn.result).toMatchObject({ status: 'failed', error: { code: 'agent-stopped' } });
  });

  it('tells an agent that goes in circles, then stops it', async () => {
    const look = () => ({ content: [call('Look', { word: 'same' })] });
    const model = scriptedModel(Array.from({ length: 8 }, look));
    const { result } = await run(model, { tools: [slowTool('Look', true, [])] });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'agent-stopped' }, turns: 8 });
    expect(notesOf(model.requests[4]?.messages.at(-1))).toEqual([]);
    expect(notesOf(model.requests[5]?.messages.at(-1))[0]).toContain('same call');
  });

  it('lets an agent repeat a check between changes', async () => {
    const turns = Array.from({ length: 12 }, (_, index) => ({
      content: [call('Change', { word: String(index) }), call('Look', { word: 'same' })],
    }));
    const model = scriptedModel([...turns, { content: [text('Done.')] }]);
    const { result } = await run(model, { tools: [slowTool('Look', true, []), slowTool('Change', false, [])] });
    expect(result).toMatchObject({ status: 'done', turns: 13 });
  });

  it('stops at the turn limit', async () => {
    const model = scriptedModel([{ content: [call('A', { a: 1 })] }, { content: [call('A', { a: 2 })] }]);
    const { result } = await run(model, { limits: { maxTurns: 2 } });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'agent-turn-limit' }, turns: 2 });
  });

  it('reports what the model reports, with what it cost', async () => {
    const error = { code: 'model-overloaded' as const, message: 'm', next: 'n', failure: 'transient' as const };
    const { result } = await run(scriptedModel([{ ok: false, error, usage: { ...noUsage(), inputTokens: 7 } }]));
    expect(result).toMatchObject({ status: 'failed', error, usage: { inputTokens: 7 } });
  });

  it('ends soon after it is cancelled, calls included', async () => {
    const controller = new AbortController();
    const root = await temporaryFolder();
    const model = scriptedModel([{ content: [call('Bash', { command: 'sleep 30' })] }]);
    const reason = new FanfoldError({ code: 'cancelled', message: 'Cancelled.', next: 'None.', failure: 'cancelled' });
    setTimeout(() => controller.abort(reason), 100);
    const startedAt = performance.now();
    const { result, events } = await run(model, {
      tools: createTools({ root, environment: {} }),
      permissions: { policy: { ...permissions, allow: ['Bash'] } },
      signal: controller.signal,
    });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(result).toMatchObject({ status: 'cancelled', error: { code: 'cancelled', message: 'Cancelled.' } });
    expect(events.at(-1)).toMatchObject({ type: 'tool-end', status: 'cancelled' });
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  };

  it('ends with a valid result, after the other calls of the reply', async () => {
    const log: string[] = [];
    const submit = call('submit_result', { n: 1 });
    const model = scriptedModel([{ content: [submit, call('Change', { word: 'last' })] }]);
    const { result } = await run(model, { tools: [slowTool('Change', false, log)], result: resultTool(schema) });
    expect(result).toMatchObject({ status: 'done', output: { n: 1 } });
    expect(log).toContain('last ends');
  });

  it('lets an invalid result be repaired', async () => {
    const model = scriptedModel([
      { content: [call('submit_result', { n: 'one' })] },
      { content: [call('submit_result', { n: 1 })] },
    ]);
    const { result } = await run(model, { result: resultTool(schema) });
    expect(result).toMatchObject({ status: 'done', output: { n: 1 } });
    expect(resultsOf(model.requests[1]?.messages[2])[0]).toMatchObject({
      isError: true,
      text: expect.stringContaining('n'),
    });
  });

  it('gives up on a result that is invalid after the repair round', async () => {
    const bad = (...results: number[]) => ({
      content: results.map((n) => call('submit_result', { n: `wrong ${n}` })),
    });
    // Two refusals in one reply are one round.
    const { result } = await run(scriptedModel([bad(1, 2), bad(3)]), { result: resultTool(schema) });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'output-invalid' } });
  });

  it('asks once for a missing result', async () => {
    const model = scriptedModel([{ content: [text('Done.')] }, { content: [call('submit_result', { n: 2 })] }]);
    expect((await run(model, { result: resultTool(schema) })).result).toMatchObject({ output: { n: 2 } });
    expect(notesOf(model.requests[1]?.messages[2])[0]).toContain('submit_result');
    const without = scriptedModel([{ content: [text('Done.')] }, { content: [text('Really.')] }]);
    expect((await run(without, { result: resultTool(schema) })).result).toMatchObject({
      status: 'failed',
      error: { code: 'output-invalid' },
    });
  });
});
