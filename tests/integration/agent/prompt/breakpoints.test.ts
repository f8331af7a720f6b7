import { expect, onTestFinished, test } from 'vitest';
import { createAnthropicModel } from '../../../../worker/agent/model/anthropic-model.ts';
import type { Message, ModelRequest } from '../../../../worker/agent/model/model.ts';
import { createPrompt } from '../../../../worker/agent/prompt/build-request.ts';
import { createSimulatedApi, type RequestRecord } from '../../../simulated-api/server.js';

const layers = { system: 's'.repeat(6_000), run: 'r'.repeat(6_000), task: 'Do your part.' };
const tool = { name: 'Read', description: 'Reads a file.', input_schema: { type: 'object' } };

const results = (turn: number, calls: number, words = 'content'): Message[] => [
  {
    role: 'assistant',
    content: Array.from({ length: calls }, (_, index) => ({
      type: 'tool_use' as const,
      id: `toolu_${turn}_${index}`,
      name: 'Read',
      input: { file_path: `f${index}` },
    })),
  },
  {
    role: 'user',
    content: Array.from({ length: calls }, (_, index) => ({
      type: 'tool_result' as const,
      tool_use_id: `toolu_${turn}_${index}`,
      content: `${words} of ${index} in turn ${turn}`,
    })),
  },
];

/** What a server says of each request, asked one after the other. */
async function ask(requests: readonly ModelRequest[]): Promise<NonNullable<RequestRecord['usage']>[]> {
  const api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'ok' }] }) });
  onTestFinished(() => api.close());
  const model = createAnthropicModel({ environment: api.environment });
  for (const request of requests) {
    const turn = await model.stream(request, { signal: new AbortController().signal });
    if (!turn.ok) throw new Error(turn.error.message);
  }
  return api.requests.map(({ usage }) => {
    if (usage === undefined) throw new Error('not answered');
    return usage;
  });
}

const cached = (usage: RequestRecord['usage']): number =>
  (usage?.cache_read_input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0);

test('turns of forty calls, which add eighty blocks, are read whole by the turn after them', async () => {
  const prompt = createPrompt([tool], layers);
  const messages: Message[] = [prompt.opening()];
  const requests = [prompt.request(messages)];
  for (let turn = 1; turn <= 4; turn += 1) {
    messages.push(...results(turn, 40));
    requests.push(prompt.request(messages));
  }
  const usages = await ask(requests);
  expect(usages).toHaveLength(5);
  for (const [index, usage] of usages.entries()) {
    expect(usage.input_tokens).toBe(0);
    if (index > 0) expect(usage.cache_read_input_tokens).toBe(cached(usages[index - 1]));
  }
});

test('an agent that goes on in another process reads what the one before had written', async () => {
  const before = createPrompt([tool], layers);
  const messages: Message[] = [before.opening(), ...results(1, 40), ...results(2, 40)];
  const last = before.request(messages);
  const after = createPrompt([tool], layers).request([...messages, ...results(3, 40)]);
  const [written, usage] = await ask([last, after]);
  expect(usage?.cache_read_input_tokens).toBe(cached(written));
});

test('where an earlier message is put in other words, all before it is read still', async () => {
  const prompt = createPrompt([tool], layers);
  const messages: Message[] = [prompt.opening()];
  const requests = [prompt.request(messages)];
  for (let turn = 1; turn <= 4; turn += 1) {
    messages.push(...results(turn, 25));
    requests.push(prompt.request(messages));
  }
  const cleared = messages.toSpliced(5, 2, ...results(3, 25, 'summary'));
  requests.push(prompt.request([...cleared, ...results(5, 25)]));
  const usages = await ask(requests);
  // The third request ended with the last message of the user that stayed.
  expect(usages[5]?.cache_read_input_tokens).toBe(cached(usages[2]));
});

test('siblings read both shared layers, and those of another run the first', async () => {
  const task = (text: string, run = layers.run): ModelRequest => {
    const prompt = createPrompt([tool], { ...layers, run, task: text });
    return prompt.request([prompt.opening()]);
  };
  const [first, sibling, other] = await ask([task('One.'), task('Two!'), task('Three', 'q'.repeat(6_000))]);
  expect(first?.cache_read_input_tokens).toBe(0);
  expect(sibling?.cache_read_input_tokens).toBeGreaterThan(3_000);
  expect(other?.cache_read_input_tokens).toBeGreaterThan(1_400);
  expect(other?.cache_read_input_tokens).toBeLessThan(1_700);
});
