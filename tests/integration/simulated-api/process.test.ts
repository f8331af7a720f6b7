import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { type SimulatedApiProcess, startSimulatedApiProcess } from '../../simulated-api/start-process.js';
import { readTool } from './requests.ts';

/** Runs the client's side of a conversation; every tool call gets `answer`. Returns the calls and the last text. */
async function converse(api: SimulatedApiProcess, prompt: string, answer: string) {
  const client = new Anthropic({ baseURL: api.url, apiKey: 'key', maxRetries: 0 });
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: prompt }];
  const calls: unknown[] = [];
  for (;;) {
    const message = await client.messages
      .stream({
        model: 'claude-sonnet-5-5',
        max_tokens: 1000,
        tools: [{ ...readTool, input_schema: { type: 'object' } }],
        messages,
      })
      .finalMessage();
    const results = message.content.flatMap((block) => {
      if (block.type !== 'tool_use') return [];
      calls.push([block.name, block.input]);
      return [{ type: 'tool_result' as const, tool_use_id: block.id, content: answer }];
    });
    if (results.length === 0) return { calls, text: message.content.at(-1) };
    messages.push({ role: 'assistant', content: message.content }, { role: 'user', content: results });
  }
}

describe('as a process of its own', () => {
  it('plays read-files: six reads over the named files, then the answer', async () => {
    await using api = await startSimulatedApiProcess(['--script', 'read-files', '--latency', '5']);
    const { calls, text } = await converse(api, 'Look at these.\nfile: src/a.ts\nfile: src/b.ts\n', 'code');
    expect(calls).toEqual(['a', 'b', 'a', 'b', 'a', 'b'].map((name) => ['Read', { file_path: `src/${name}.ts` }]));
    expect(text).toMatchObject({ type: 'text', text: 'Read 6 files, the last was src/b.ts.' });
    const stats = await api.stats();
    expect(stats).toMatchObject({ requests: 7, answered: 7, problems: [] });
    expect(stats.cpu.user).toBeGreaterThan(0);
    await api.reset();
    expect(await api.stats()).toMatchObject({ requests: 0, answered: 0, inFlight: 0 });
  });

  it('plays edit-files: a read, the edit, then the answer', async () => {
    await using api = await startSimulatedApiProcess(['--script', 'edit-files']);
    const edit = { old_string: 'var a', new_string: 'let a' };
    const prompt = `Change it.\nfile: src/a.ts\n<edit>${JSON.stringify(edit)}</edit>`;
    const { calls, text } = await converse(api, prompt, 'done');
    expect(calls).toEqual([
      ['Read', { file_path: 'src/a.ts' }],
      ['Edit', { file_path: 'src/a.ts', ...edit }],
    ]);
    expect(text).toMatchObject({ text: 'Edited src/a.ts.' });
  });

  it('plays echo with faults, and refuses what a script cannot answer', async () => {
    const faults = JSON.stringify([{ kind: 'overloaded', at: 0 }]);
    await using api = await startSimulatedApiProcess(['--faults', faults]);
    await expect(converse(api, 'Hello', '')).rejects.toMatchObject({ status: 529 });
    expect((await converse(api, 'Hello', '')).text).toMatchObject({ text: 'Hello' });
    await using reader = await startSimulatedApiProcess(['--script', 'read-files']);
    await expect(converse(reader, 'No files here.', '')).rejects.toThrow(/names no file/);
    expect((await reader.stats()).problems).toHaveLength(1);
  });

  it('plays a script from a file, without asking for a key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulated-api-'));
    try {
      const file = join(folder, 'script.mjs');
      await writeFile(file, "export const script = () => ({ content: [{ type: 'text', text: 'mine' }] });\n");
      await using api = await startSimulatedApiProcess(['--script', file, '--no-key']);
      expect((await converse(api, 'Hello', '')).text).toMatchObject({ text: 'mine' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('ends with its standard input, in the middle of an answer too', async () => {
    const api = await startSimulatedApiProcess(['--latency', '60000']);
    const waiting = expect(converse(api, 'Hello', '')).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
    await expect.poll(async () => (await api.stats()).inFlight).toBe(1);
    await api.stop();
    await waiting;
    expect(() => process.kill(api.pid, 0)).toThrow('ESRCH');
  });

  it('says so when it cannot start', async () => {
    await expect(startSimulatedApiProcess(['--script', '/nowhere/script.mjs'])).rejects.toThrow(
      /ended before it listened[\s\S]*nowhere/,
    );
  });
});
