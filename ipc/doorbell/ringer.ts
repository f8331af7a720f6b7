import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { bellSocket, registeredBells, removeDeadBell } from './bell-registry.ts';

/** The doorbell's ringing half: keeps a connection to each bell and reuses it. */
export interface Ringer {
  /** Write a line to every bell registered in a folder, except those named in `own`. Never waits, never throws. */
  ring(folder: string, line: string, own: ReadonlySet<string>): void;
  close(): void;
}

/** A listener that does not read (it was stopped) must not fill this process's memory. */
const unreadLimitBytes = 16_384;

export function createRinger(): Ringer {
  const connections = new Map<string, Socket>();

  const dial = (registration: string): Socket | undefined => {
    const path = bellSocket(registration);
    if (path === undefined) return undefined;
    const socket = connect(path);
    connections.set(registration, socket);
    socket.unref();
    socket.on('close', () => connections.delete(registration));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') removeDeadBell(registration);
    });
    return socket;
  };

  return {
    ring(folder, line, own) {
      for (const name of registeredBells(folder)) {
        if (own.has(name)) continue;
        const registration = join(folder, name);
        const socket = connections.get(registration) ?? dial(registration);
        if (socket !== undefined && socket.writableLength < unreadLimitBytes) socket.write(`${line}\n`);
      }
    },
    close() {
      for (const socket of connections.values()) socket.destroy();
      connections.clear();
    },
  };
}
