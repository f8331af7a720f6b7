/**
 * The tool by which an agent writes to another agent or to the coordinator. Made by executors/prompt.ts for subtasks
 * with `messages`; its definition is the same for all of them. Its specifiers in permission rules are recipients.
 */
import { z } from 'zod';
import { messageLimit } from '../../../ipc/index.ts';
import { stripControl } from '../../../tasks/index.ts';
import { createTool, failed, succeeded, type Tool, toolDefinition } from './tool.ts';

/** What became of a message; `refused` says why, in words for the model, and then nothing was sent. */
export type Sent = { sent: true } | { sent: false; problem: string };

export type SendMessage = (to: string, text: string, signal: AbortSignal) => Promise<Sent>;

const schema = z.strictObject({
  to: z.string().min(1).max(64).describe('The id of a subtask, or coordinator'),
  message: z.string().min(1).max(messageLimit).describe('What it should know, or what you want of it'),
});

const definition = toolDefinition(
  'SendMessage',
  'Writes to the agent of another subtask, or to the coordinator, which shows it to people and does not answer. A ' +
    'message is delivered between the turns of its recipient, and so is the answer to you, if there is one: go on ' +
    'with your work meanwhile. Nobody can be waited for. Write only what others need for their part of the work.',
  schema,
);

export function createSendMessageTool(send: SendMessage): Tool {
  // Sending can't be undone: it waits for the whole reply, and for the calls before it.
  return createTool(definition, schema, false, ({ to, message }) => {
    const text = stripControl(message).trim();
    if (text === '') return { ok: false, problem: 'The message is empty.' };
    return {
      ok: true,
      summary: `to ${to}`,
      request: { tool: definition.name, effect: 'read', paths: [to] },
      async execute(signal) {
        const result = await send(to, text, signal);
        if (!result.sent) return failed(result.problem);
        const when = to === 'coordinator' ? '' : ` It gets it between its turns, and nobody if it ends before.`;
        return succeeded(`Sent to ${to}.${when}`);
      },
    };
  });
}
