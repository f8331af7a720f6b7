import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noUsage } from '../../../../tasks/index.ts';
import { readTranscript } from '../../../../worker/agent/read-transcript.ts';
import { seenFiles } from '../../../../worker/agent/seen-files.ts';
import { openTranscript, replaceTranscript } from '../../../../worker/agent/transcript.ts';

let folder = '';
const path = () => join(folder, 'transcript.jsonl');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfold-transcript-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const layers = { system: 'system', run: 'run', task: 'task' };
const start = { type: 'start' as const, version: 1 as const, model: 'm', layers, tools: ['Read', 'Bash'] };
const used = { ...noUsage(), inputTokens: 10, usd: 0.5 };
const user = (turn: number, ...content: unknown[]) => ({ type: 'message', turn, message: { role: 'user', content } });
const text = (words: string) => ({ type: 'text', text: words });
const use = (id: string, name = 'Bash', input: unknown = { command: 'ls' }) => ({ type: 'tool_use', id, name, input });
const answer = (id: string, content = 'x') => ({ type: 'tool_result', tool_use_id: id, content });
const reply = (turn: number, ...content: unknown[]) => ({
  type: 'message',
  turn,
  message: { role: 'assistant', content },
  stopReason: 'tool_use',
  usage: used,
});
const callEnd = (id: string, rest = {}) => ({ type: 'call-end', turn: 1, id, content: 'x', status: 'ok', ...rest });
const time = '2026-01-01T00:00:00.000Z';

function write(...lines: unknown[]): void {
  writeFileSync(path(), lines.map((line) => `${JSON.stringify({ ...(line as object), time })}\n`).join(''));
}

describe('readTranscript', () => {
  it('knows which model signed what, where another than the one it began with has answered', async () => {
    const thinking = (signature: string) => ({ type: 'thinking', thinking: 'Hm.', signature });
    write(start, user(0, text('task')), reply(1, thinking('own'), text('One.')), user(1, text('Go on.')), {
      ...reply(2, thinking('foreign'), { type: 'redacted_thinking', data: 'hidden' }, text('Two.')),
      model: 'other',
    });
    const found = await readTranscript(path());
    expect([...(found?.thoughts ?? [])]).toEqual([
      ['foreign', 'other'],
      ['hidden', 'other'],
    ]);
    expect(found?.model).toBe('m');
  });

  it('gives the complete turns, and what is known of the calls of an unfinished one', async () => {
    write(
      start,
      user(0, text('task')),
      reply(1, text('I look.'), use('a', 'Read', { file_path: 'a.txt' })),
      callEnd('a'),
      user(1, answer('a'), text('a note')),
      reply(2, use('b'), use('c'), use('d')),
      callEnd('b', { status: 'denied', unanswered: true }),
      { type: 'call-start', turn: 2, id: 'c' },
    );
    const found = await readTranscript(path());
    expect(found).toMatchObject({ model: 'm', layers, tools: ['Read', 'Bash'], turns: 2, denials: 1 });
    expect(found?.usage).toMatchObject({ inputTokens: 20, usd: 1 });
    expect(found?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(found?.unfinished?.content.map((block) => ('id' in block ? block.id : ''))).toEqual(['b', 'c', 'd']);
    expect([...(found?.unfinished?.ends ?? [])]).toEqual([['b', { content: 'x', status: 'denied', unanswered: true }]]);
    expect([...(found?.unfinished?.started ?? [])]).toEqual(['c']);
    expect(found?.unfinished).toMatchObject({ stopReason: 'tool_use', malformed: {} });
    expect(found?.lines).toBe(readFileSync(path(), 'utf8'));
    expect(found === undefined ? [] : seenFiles(found)).toEqual(['a.txt']);
  });

  it('keeps the bytes of messages, whatever the order of their fields', async () => {
    const message = { content: [{ input: { z: 1, a: { y: 2, b: 3 } }, name: 'Bash', id: 'a', type: 'tool_use' }] };
    write(
      start,
      user(0, text('task')),
      { type: 'message', turn: 1, message: { ...message, role: 'assistant' } },
      user(1, answer('a')),
    );
    const found = await readTranscript(path());
    expect(JSON.stringify(found?.messages[1]?.content)).toBe(JSON.stringify(message.content));
  });

  it('leaves out a line that was not ended, complete or not', async () => {
    write(start, user(0, text('task')), reply(1, use('a')), callEnd('a'));
    const whole = readFileSync(path(), 'utf8');
    const next = JSON.stringify({ ...user(1, answer('a')), time });
    for (const torn of ['{', next.slice(0, 20), next]) {
      writeFileSync(path(), whole + torn);
      const found = await readTranscript(path());
      expect(found?.messages).toHaveLength(1);
      expect(found?.unfinished?.ends.has('a')).toBe(true);
      expect(found?.lines).toBe(whole);
    }
  });

  it('counts from where the attempt was taken up', async () => {
    write(
      start,
      user(0, text('task')),
      reply(1, use('a')),
      callEnd('a', { status: 'denied', unanswered: true }),
      user(1, answer('a')),
      { type: 'resume', usage: noUsage(), denials: 0 },
      reply(2, text('Done.')),
    );
    expect(await readTranscript(path())).toMatchObject({ turns: 2, usage: { inputTokens: 10 }, denials: 0 });
  });

  const compact = (upTo: number, rest = {}) => ({ type: 'compact', turn: 2, upTo, usage: used, ...rest });

  it('gives what was taken out of sight beside the messages, which are whole, and counts what summaries cost', async () => {
    const lines = [
      start,
      user(0, text('task')),
      reply(1, use('a')),
      user(1, answer('a')),
      { type: 'clear', turn: 1, ids: ['a'] },
      reply(2, use('b')),
      user(2, answer('b')),
      compact(3),
      compact(3, { summary: 'So far.' }),
      { ...reply(3, text('Done.')), contextTokens: 1_000 },
    ];
    write(...lines);
    const found = await readTranscript(path());
    expect(found?.messages).toHaveLength(5);
    expect(JSON.stringify(found?.messages[2])).toContain('"content":"x"');
    expect(found?.context.map(({ type }) => type)).toEqual(lines.slice(1).map(({ type }) => type));
    expect(found?.context.at(-1)).toMatchObject({ contextTokens: 1_000, stopReason: 'tool_use' });
    expect(found?.usage.inputTokens).toBe(50);
  });

  const answered = [start, user(0, text('task')), reply(1, use('a')), user(1, answer('a'))];
  const twice = [...answered, reply(2, use('b')), user(2, answer('b'))];
  it.each<[string, unknown[]]>([
    ['the clearing of a result that is not there', [...answered, { type: 'clear', turn: 1, ids: ['b'] }]],
    ['the clearing of nothing', [...answered, { type: 'clear', turn: 1, ids: [] }]],
    ['a clearing while a call is open', [...answered, reply(2, use('b')), { type: 'clear', turn: 2, ids: ['a'] }]],
    ['a summary up to a message of the user', [...twice, compact(2, { summary: 's' })]],
    ['a summary of nothing', [...twice, compact(1, { summary: 's' })]],
    ['a summary up to what is not there', [...twice, compact(5, { summary: 's' })]],
    ['a summary that goes back', [...twice, compact(3, { summary: 's' }), compact(3, { summary: 's' })]],
    ['a summary while a call is open', [...twice, reply(3, use('c')), compact(3, { summary: 's' })]],
    ['an empty summary', [...twice, compact(3, { summary: '' })]],
  ])('does not trust a file with %s', async (_, lines) => {
    write(...lines);
    expect(await readTranscript(path())).toBeUndefined();
  });

  const opened = [start, user(0, text('task'))];
  it.each<[string, unknown[]]>([
    ['nothing', []],
    ['no start', [user(0, text('task')), reply(1, text('x'))]],
    ['a start alone', [start]],
    ['two starts', [...opened, start]],
    ['another version', [{ ...start, version: 2 }, user(0, text('task'))]],
    ['a call without a result', [...opened, reply(1, use('a')), user(1, text('go on'))]],
    ['a result that comes late', [...opened, reply(1, use('a')), user(1, text('so'), answer('a'))]],
    ['a result too many', [...opened, reply(1, use('a')), user(1, answer('a'), answer('b'))]],
    ['results in another order', [...opened, reply(1, use('a'), use('b')), user(1, answer('b'), answer('a'))]],
    ['one id for two calls', [...opened, reply(1, use('a'), use('a'))]],
    ['a result in the opening message', [start, user(0, answer('a'))]],
    ['two messages of the user', [...opened, user(0, text('more'))]],
    ['two replies', [...opened, reply(1, text('x')), reply(2, text('y'))]],
    ['a reply before the opening', [start, reply(1, text('x'))]],
    ['an empty message', [...opened, reply(1)]],
    ['an end of a call that was not made', [...opened, reply(1, use('a')), callEnd('b')]],
    ['a start of a call that was answered', [...opened, { type: 'call-start', turn: 0, id: 'a' }]],
    ['a block of another kind', [...opened, reply(1, { type: 'server_tool_use', id: 'a', name: 'x', input: {} })]],
    ['an input that is no object', [...opened, reply(1, use('a', 'Bash', 'rm'))]],
    ['a line of another kind', [...opened, { type: 'note' }]],
  ])('does not trust a file with %s', async (_, lines) => {
    write(...lines);
    expect(await readTranscript(path())).toBeUndefined();
  });

  it('gives nothing for a line that is no JSON in the middle, and for a file that is not there', async () => {
    write(start, user(0, text('task')));
    writeFileSync(
      path(),
      `${readFileSync(path(), 'utf8')}{"type":"mess\n${JSON.stringify({ ...reply(1, text('x')), time })}\n`,
    );
    expect(await readTranscript(path())).toBeUndefined();
    expect(await readTranscript(join(folder, 'none'))).toBeUndefined();
  });
});

describe('a transcript that is begun anew', () => {
  it('is another file: who had the old one open writes to nobody', async () => {
    const secrets = [{ name: 'A_TOKEN', value: 'secret-value' }];
    using former = openTranscript(path(), secrets);
    former.append(start);
    former.append({
      type: 'message',
      turn: 0,
      message: { role: 'user', content: [{ type: 'text', text: 'secret-value' }] },
    });
    const found = await readTranscript(path());
    writeFileSync(`${path()}.left.tmp`, 'by one that was killed');
    await replaceTranscript(path(), found?.lines ?? '', { usage: used, denials: 2 });
    const before = readFileSync(path(), 'utf8');
    former.append({ type: 'call-start', turn: 0, id: 'zombie' });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(before).not.toContain('secret-value');
    expect(readdirSync(folder)).toEqual(['transcript.jsonl']);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(await readTranscript(path())).toMatchObject({
      usage: used,
      denials: 2,
      messages: [{ content: [{ text: '[value of A_TOKEN]' }] }],
    });
  });

  it('can begin with nothing but what was used', async () => {
    const mail = [{ id: 'mail-1', from: 'person', text: 'Hello' }];
    await replaceTranscript(path(), '', { usage: used, denials: 1, mail });
    using transcript = openTranscript(path());
    transcript.append(start);
    transcript.append({
      type: 'message',
      turn: 0,
      message: { role: 'user', content: [{ type: 'text', text: 'task' }] },
    });
    expect(await readTranscript(path())).toMatchObject({ usage: used, denials: 1, turns: 0 });
  });
});
