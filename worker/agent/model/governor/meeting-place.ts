/**
 * Where the governor of this machine is found: unix sockets `<number>.sock` in a folder that is this user's alone. The
 * highest number counts. A number is bound once and a dead one never again, so that two who find the governor dead at
 * the same time can't both take its place; who finds a higher number than its own steps down (join.ts).
 */
import { lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** Changes whenever the protocol does in a way that older versions would not understand. */
const protocolVersion = 1;
/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
const longestSocketPath = process.platform === 'linux' ? 107 : 103;

/** The first of these folders in which there is one, or one can be made; undefined where there is none. */
export function findMeetingPlace(parents: readonly string[]): string | undefined {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  return parents
    .map((parent) => join(parent, `fanfold-governor${protocolVersion}-${user}`))
    .find((folder) => Buffer.byteLength(socketIn(folder, 999_999)) <= longestSocketPath && isPrivate(folder, user));
}

/** In /tmp anybody could have made it before, or put a link in its place. */
function isPrivate(folder: string, user: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === user && (found.mode & 0o077) === 0;
}

export function socketIn(folder: string, number: number): string {
  return join(folder, `${number}.sock`);
}

/** The numbers there, highest first; none when it can't be read. */
export function numbersIn(folder: string): number[] {
  try {
    const numbers = readdirSync(folder).flatMap((name) => /^([1-9]\d{0,5})\.sock$/.exec(name)?.[1] ?? []);
    return numbers.map(Number).sort((left, right) => right - left);
  } catch {
    return [];
  }
}

/** `taken` when another was faster, `impossible` when nobody could. */
export async function bind(
  folder: string,
  number: number,
  onConnection: (socket: Socket) => void,
): Promise<Server | 'taken' | 'impossible'> {
  const server = createServer(onConnection);
  const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(socketIn(folder, number), () => resolve(undefined));
  });
  if (failed === undefined) {
    server.on('error', () => {});
    server.unref();
    return server;
  }
  return failed.code === 'EADDRINUSE' || failed.code === 'ENOENT' ? 'taken' : 'impossible';
}

/** Remove the sockets of those who had this place before, and the folder once nothing is in it. */
export function clearMeetingPlace(folder: string, below: number): void {
  for (const number of numbersIn(folder)) {
    if (number < below) ignoreErrors(() => unlinkSync(socketIn(folder, number)));
  }
  if (numbersIn(folder).length === 0) ignoreErrors(() => rmdirSync(folder));
}

function ignoreErrors(action: () => void): void {
  try {
    action();
  } catch {
    // Another was faster, or it is in use.
  }
}
