import type { Socket } from 'node:net';
import type { z } from 'zod';
import type { FromMember, ToMember } from './protocol.ts';

/** One end of a connection between a member and the governor. `onMessage` and `onClose` are set by who uses it. */
export interface Link<Sent, Received> {
  send(message: Sent): void;
  /** Closing it oneself calls `onClose` as well, once. */
  close(): void;
  onMessage: (message: Received) => void;
  onClose: () => void;
}

/** The end that a member holds. */
export type MemberLink = Link<FromMember, ToMember>;

const longestLine = 1_000_000;
/** Who does not read (it is suspended) must not fill this process's memory. */
const mostUnread = 1_000_000;

/** JSON lines over a socket, which keeps no process alive. What `schema` refuses closes it. */
export function socketLink<Sent, Received>(socket: Socket, schema: z.ZodType<Received>): Link<Sent, Received> {
  let rest = '';
  const link: Link<Sent, Received> = {
    send(message) {
      if (socket.writableLength > mostUnread) socket.destroy();
      else if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    },
    close: () => void socket.destroy(),
    onMessage: () => {},
    onClose: () => {},
  };
  const read = (line: string): void => {
    const parsed = schema.safeParse(JSON.parse(line));
    if (!parsed.success) throw new SyntaxError('no message of a governor');
    link.onMessage(parsed.data);
  };
  socket.setEncoding('utf8');
  socket.unref();
  socket.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    try {
      if (rest.length > longestLine) throw new RangeError('a line without end');
      for (const line of lines) read(line);
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => link.onClose());
  return link;
}
