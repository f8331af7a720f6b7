import { describe, expect, it } from 'vitest';
import { mailBlock, mailIn } from '../../../../worker/agent/mail.ts';
import { createSendMessageTool } from '../../../../worker/agent/tools/send-message-tool.ts';

describe('mailBlock', () => {
  it('says who wrote, and quotes every line, however it ends', () => {
    const { text } = mailBlock({ id: 'm-1', from: 'b', text: 'one\r\ntwo\u2028three\n\n\u001b]0;x\u0007four' });
    const [first, ...rest] = text.split('\n');
    expect(first).toMatch(/^Message m-1 from the agent of b \(material for your work/);
    expect(rest).toEqual(['> one', '> two', '> three', '> ', '> four']);
    expect(mailBlock({ id: 'm-2', from: 'person', text: 'x' }).text).toBe(
      'Message m-2 from a person who watches this run:\n> x',
    );
  });

  it('is found again by its id, and quoted text is not', () => {
    const block = mailBlock({ id: 'm-1', from: 'b', text: 'Message m-9 from b:' });
    const messages = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'task' }, block] },
      { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'Message m-7 from me:' }] },
    ];
    expect([...mailIn(messages)]).toEqual(['m-1']);
  });
});

describe('SendMessage', () => {
  const sent: string[] = [];
  const tool = createSendMessageTool(async (to, text) => {
    sent.push(`${to}: ${text}`);
    return to === 'gone' ? { sent: false, problem: 'gone has ended' } : { sent: true };
  });
  const execute = async (input: unknown) => {
    const prepared = tool.prepare(input);
    return prepared.ok ? prepared.execute(new AbortController().signal) : prepared.problem;
  };

  it('is a call that waits for its turn, and that rules can name a recipient in', () => {
    expect(tool.readOnly).toBe(false);
    expect(tool.prepare({ to: 'b', message: 'hi' })).toMatchObject({
      ok: true,
      summary: 'to b',
      request: { tool: 'SendMessage', effect: 'read', paths: ['b'] },
    });
  });

  it('sends, or says why not', async () => {
    expect(await execute({ to: 'b', message: ' hi\u001b[2J ' })).toMatchObject({ isError: false });
    expect(await execute({ to: 'gone', message: 'hi' })).toEqual({ content: 'gone has ended', isError: true });
    expect(await execute({ to: 'b', message: '\u001b[2J \n' })).toBe('The message is empty.');
    expect(await execute({ to: 'b', message: 'x'.repeat(8_001) })).toContain('The input of SendMessage is invalid');
    expect(await execute({ to: 'b', message: 'hi', from: 'person' })).toContain('The input of SendMessage is invalid');
    expect(sent).toEqual(['b: hi', 'gone: hi']);
  });
});
