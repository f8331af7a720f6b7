import { describe, expect, it } from 'vitest';
import type { Assignment } from '../../../../ipc/index.ts';
import type { Message } from '../../../../worker/agent/model/model.ts';
import { createPrompt } from '../../../../worker/agent/prompt/build-request.ts';
import { promptLayers } from '../../../../worker/agent/prompt/layers.ts';
import { createTools } from '../../../../worker/agent/tools/create-tools.ts';

function assignment(id: string, extra: Partial<Assignment['subtask']> = {}): Assignment {
  return {
    run: 'run-1',
    attempt: 1,
    repository: `/repositories/${id}`,
    runFolder: `/runs/${id}`,
    goal: 'Replace var by const',
    instructions: 'Use tabs.',
    subtask: {
      id,
      needs: [],
      executor: { kind: 'prompt', prompt: `Work on ${id}` },
      writes: [`src/${id}/**`],
      environment: { FANFOLD_ITEM_NAME: id },
      workspace: 'worktree',
      retries: 0,
      timeoutMs: 1000,
      permissions: { mode: 'acceptEdits', allow: [`Bash(echo ${id})`], ask: [], deny: [] },
      model: {},
      checks: [{ name: 'test', run: 'npm test', gate: true, timeoutMs: 1000, on: ['workspace'] }],
      ...extra,
    },
  };
}

function requestOf(id: string, messages?: Message[], extra: Partial<Assignment['subtask']> = {}) {
  const tools = createTools({ root: `/workspaces/${id}`, environment: {}, writes: [`src/${id}/**`] });
  const definitions = tools.map(({ definition }) => definition);
  const prompt = createPrompt(definitions, promptLayers(assignment(id, extra), `Work on ${id}`));
  return prompt.request(messages ?? [prompt.opening()]);
}

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const assistant = (text: string): Message => ({ role: 'assistant', content: [{ type: 'text', text }] });

describe('createPrompt', () => {
  it('gives two siblings a byte-identical prefix, and the API order tools, system, messages', () => {
    const one = requestOf('sibling-a');
    const two = requestOf('sibling-b');
    const prefix = ({ tools, system }: typeof one): string => JSON.stringify({ tools, system });
    expect(prefix(one)).toBe(prefix(two));
    expect(prefix(one)).not.toMatch(/sibling-|\/workspaces|\/repositories|run-1|\b20\d\d-/);
    expect(JSON.stringify(one.messages)).not.toBe(JSON.stringify(two.messages));
  });

  it('keeps the tools in their order', () => {
    expect(requestOf('sibling-a').tools.map(({ name }) => name)).toEqual([
      'Read',
      'Write',
      'Edit',
      'Glob',
      'Grep',
      'Bash',
    ]);
  });

  it('sets at most four breakpoints: both shared layers, the last user message and the one before', () => {
    const { system, messages } = requestOf('sibling-a', [
      user('a'),
      assistant('b'),
      user('c'),
      assistant('d'),
      user('e'),
    ]);
    expect(system.map((block) => block.cache_control)).toEqual([{ type: 'ephemeral' }, { type: 'ephemeral' }]);
    const marked = messages.map(({ content }) => content.some((block) => 'cache_control' in block));
    expect(marked).toEqual([false, false, true, false, true]);
  });

  it('changes no message it was given', () => {
    const messages = [user('a'), assistant('b'), user('c')];
    const before = structuredClone(messages);
    requestOf('sibling-a', messages);
    expect(messages).toEqual(before);
  });

  it('tells the agent its part, its files and its checks', () => {
    const text = JSON.stringify(requestOf('sibling-a').messages);
    for (const part of ['Work on sibling-a', 'src/sibling-a/**', 'npm test']) expect(text).toContain(part);
  });
});
