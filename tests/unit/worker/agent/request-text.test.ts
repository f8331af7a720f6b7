import { expect, it } from 'vitest';
import type { Message } from '../../../../worker/agent/model/model.ts';
import { createRequestText } from '../../../../worker/agent/model/request-text.ts';
import { createPrompt } from '../../../../worker/agent/prompt/build-request.ts';

it('writes a growing conversation byte for byte as JSON would, breakpoints that move included', () => {
  const settings = { model: 'one', max_tokens: 10, stream: true as const };
  const write = createRequestText(settings);
  const tools = [{ name: 'Read', description: 'Reads “it”.', input_schema: { type: 'object' } }];
  const prompt = createPrompt(tools, { system: 'system', run: 'run', task: 'task' });
  const messages: Message[] = [prompt.opening()];
  const marks: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const request = prompt.request(messages);
    const text = write(request);
    expect(text).toBe(JSON.stringify({ ...request, ...settings }));
    marks.push(text.split('cache_control').length - 1);
    messages.push(
      { role: 'assistant', content: [{ type: 'tool_use', id: `call_${turn}`, name: 'Read', input: { turn } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: `call_${turn}`, content: `"é" ${turn}\n` }] },
    );
  }
  expect(marks).toEqual([3, 4, 4, 4, 4]);
});
