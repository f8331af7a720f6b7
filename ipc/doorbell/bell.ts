/**
 * The doorbell's listening half: one unix socket per mailbox instance, in a private folder with a short path. Whoever
 * puts a message in a box writes a line to every bell registered there. It only saves waiting: a ring may be lost, and
 * the mailbox's file watch and safety scan find the message without it.
 */
import { unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { temporaryFolderPrefix, temporaryParents } from '../processes/forsaken-folders.ts';
import { registerBell, sweepBellFolders } from './bell-registry.ts';

export interface Bell extends AsyncDisposable {
  /** Let ringers find this bell through a folder (0700) until it closes. Returns the name of the registration. */
  register(folder: string): string;
  close(): Promise<void>;
}

/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
const longestSocketPath = process.platform === 'linux' ? 107 : 103;
const longestLine = 400;

/** Undefined where no socket can be had: then the box is watched by other means. */
export async function openBell(onRing: (line: string) => void): Promise<Bell | undefined> {
  const folder = await privateFolder();
  if (folder === undefined) return undefined;
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    listenForLines(socket, onRing);
    socket.on('close', () => connections.delete(socket));
  });
  const path = join(folder, 'bell');
  if (!(await listen(server, path))) {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
  server.unref();
  const registrations: string[] = [];
  const close = async (): Promise<void> => {
    for (const registration of registrations.splice(0)) removeFile(registration);
    for (const socket of connections) socket.destroy();
    await new Promise((closed) => server.close(closed));
    await rm(folder, { recursive: true, force: true });
  };
  return {
    register(bells) {
      const registration = registerBell(bells, path);
      registrations.push(registration);
      return registration.slice(bells.length + 1);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** mkdtemp makes the folder 0700 with a random name, so no other user can listen in or ring. */
async function privateFolder(): Promise<string | undefined> {
  for (const parent of temporaryParents()) {
    const prefix = join(parent, temporaryFolderPrefix());
    if (Buffer.byteLength(prefix) + 'XXXXXX/bell'.length > longestSocketPath) continue;
    const folder = await mkdtemp(prefix).catch(() => undefined);
    if (folder === undefined) continue;
    sweepBellFolders(parent);
    return folder;
  }
  return undefined;
}

async function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.on('error', () => resolve(false));
    server.listen(path, () => resolve(true));
  });
}

function listenForLines(socket: Socket, onRing: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('latin1');
  socket.unref();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) socket.destroy();
    for (const line of new Set(lines)) if (line.length <= longestLine) onRing(line);
  });
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // A ringer that took this bell for dead has removed it already.
  }
}
