import { expect, test } from 'vitest';
import { type Conversation, parseTranscript } from '../../../../worker/agent/read-transcript.ts';
import { reopenConversation } from '../../../../worker/agent/reopen-conversation.ts';
import { seenFiles } from '../../../../worker/agent/seen-files.ts';

const time = '2026-01-01T00:00:00.000Z';
const layers = { system: 's', run: 'r', task: 't' };
const start = { type: 'start', version: 1, time, model: 'm', layers, tools: ['Read', 'submit_result'] };
const opening = { type: 'message', time, turn: 0, message: { role: 'user', content: [{ type: 'text', text: 't' }] } };
const uses = (turn: number, name: string, input: object) => ({
  type: 'message',
  time,
  turn,
  message: { role: 'assistant', content: [{ type: 'tool_use', id: `c${turn}`, name, input }] },
});
const took = (turn: number, ...content: object[]) => ({
  type: 'message',
  time,
  turn,
  message: {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: `c${turn}`, content: 'ok' }, ...content],
  },
});
const says = (turn: number) => ({
  type: 'message',
  time,
  turn,
  message: { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
});
const repair = (turn: number, round: number) => ({
  type: 'message',
  time,
  turn,
  repair: round,
  message: { role: 'user', content: [{ type: 'text', text: 'Mend it.' }] },
});

function conversation(...lines: object[]): Conversation {
  const found = parseTranscript(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (found === undefined) throw new Error('no conversation');
  return found;
}

const read = (turn: number, file_path: string) => [uses(turn, 'Read', { file_path }), took(turn)];

test('rounds are counted over the conversation, and reading it back gives the same words', () => {
  const found = conversation(
    start,
    opening,
    ...read(1, 'a'),
    says(2),
    repair(2, 1),
    ...read(3, 'b'),
    says(4),
    repair(4, 3),
  );
  expect(found).toMatchObject({ repairs: 3, turns: 4 });
  expect(found.messages).toHaveLength(9);
  expect(conversation(start, opening, says(1))).toMatchObject({ repairs: 0, repairedAt: 0 });
  expect(() => conversation(start, opening, says(1), { ...repair(1, 1), repair: 0 })).toThrow(SyntaxError);
});

test('what was read before its files were moved has to be read again', () => {
  const found = conversation(start, opening, ...read(1, 'a'), says(2), repair(2, 1), ...read(3, 'b'));
  expect(seenFiles(found)).toEqual(['a', 'b']);
  expect(seenFiles(found, 1)).toEqual(['b']);
  expect(seenFiles(found, 2)).toEqual([]);
});

test('a conversation that ended by a result is opened at the reply that handed it in, and at no other', () => {
  const handedIn = conversation(start, opening, ...read(1, 'a'), uses(2, 'submit_result', {}), took(2));
  expect(handedIn.unfinished).toBeUndefined();
  const reopened = reopenConversation(handedIn);
  expect(reopened.unfinished?.content).toMatchObject([{ type: 'tool_use', name: 'submit_result' }]);
  expect(reopened.messages).toHaveLength(3);
  expect(parseTranscript(reopened.lines)).toEqual(reopened);
  // A resumed one ends with a line that is no message.
  const resumed = conversation(start, opening, uses(1, 'submit_result', {}), took(1), {
    type: 'resume',
    time,
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 },
    denials: 0,
  });
  expect(reopenConversation(resumed).unfinished).toBeDefined();
  const spoken = conversation(start, opening, says(1));
  expect(reopenConversation(spoken)).toBe(spoken);
  const asked = conversation(
    start,
    opening,
    uses(1, 'Read', { file_path: 'a' }),
    took(1, { type: 'text', text: 'And?' }),
  );
  expect(reopenConversation(asked)).toBe(asked);
});
