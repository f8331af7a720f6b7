import { messageOf } from '../../../tasks/index.ts';
import { type Envelope, envelopeSchema } from '../../protocol/envelope.ts';
import { messageLimitBytes } from '../outgoing.ts';
import { codeOf, type MailboxFileSystem } from './file-system.ts';

/** Failures of this machine at this moment, which say nothing about the message. */
const passing = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EIO']);

export type ReadMessage = { envelope: Envelope } | { gone: true } | { invalid: string };

/** Read and validate a claimed message. Throws only when the machine can't read files at the moment. */
export function readMessage(fileSystem: MailboxFileSystem, path: string, id: string): ReadMessage {
  try {
    const parsed = envelopeSchema.safeParse(JSON.parse(fileSystem.read(path, messageLimitBytes).toString()));
    if (!parsed.success) return { invalid: parsed.error.issues.map(describeIssue).join('; ') };
    if (parsed.data.id !== id) return { invalid: `its id is ${parsed.data.id}, not ${id} as its name says` };
    return { envelope: parsed.data };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { gone: true };
    if (code !== undefined && passing.has(code)) throw error;
    return { invalid: messageOf(error) };
  }
}

function describeIssue({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}
