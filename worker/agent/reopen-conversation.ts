import { type Conversation, parseTranscript } from './read-transcript.ts';

/**
 * A conversation that has ended, as it was just before it did: so that its owner can say something more. One that ended
 * by handing in a result loses the message that took it, and its last reply is there to be answered anew; any other is
 * given as it is.
 */
export function reopenConversation(conversation: Conversation): Conversation {
  if (conversation.unfinished !== undefined) return conversation;
  const lines = conversation.lines.split('\n');
  const last = lines.findLastIndex((line) => isMessage(line));
  const shortened = lines.filter((_, index) => index !== last).join('\n');
  const reopened = last < 0 || !onlyTakes(lines[last] ?? '') ? undefined : parseTranscript(shortened);
  return reopened?.unfinished === undefined ? conversation : reopened;
}

interface Line {
  type?: unknown;
  message?: { role?: unknown; content?: { type?: unknown }[] };
}

function isMessage(line: string): boolean {
  return line !== '' && (JSON.parse(line) as Line).type === 'message';
}

/** It holds results of calls and nothing else. */
function onlyTakes(line: string): boolean {
  const { message } = JSON.parse(line) as Line;
  return message?.role === 'user' && (message.content ?? []).every(({ type }) => type === 'tool_result');
}
