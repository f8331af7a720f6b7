/**
 * Finds the governor of this machine, or becomes it. Called by member.ts when a server has shown a limit, and again when
 * the governor is gone. Promise: never rejects; where nothing can be bound, every thread governs itself and the threads
 * of the process tell each other of refusals.
 */
import { randomUUID } from 'node:crypto';
import { connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { createHub, type Hub, type HubOptions } from './hub.ts';
import { type Link, type MemberLink, socketLink } from './link.ts';
import { bind, clearMeetingPlace, findMeetingPlace, numbersIn, socketIn } from './meeting-place.ts';
import { type FromMember, fromMemberSchema, type ToMember, toMemberSchema } from './protocol.ts';

/** One that does not greet within it is suspended or blocked: another takes its place. */
const greetingLimitMs = 3_000;
/** Between the binding of a socket and its listening, a connection is refused. */
const secondLookMs = 30;
const mostRounds = 20;
const lookAroundMs = 2_000;

export interface JoinOptions extends Pick<HubOptions, 'calmMs'> {
  /** Folders in which processes may meet, the first that can be used counts. */
  parents: readonly string[];
}

export async function joinGovernor({ parents, ...hubOptions }: JoinOptions): Promise<MemberLink> {
  for (let round = 0; round < mostRounds; round += 1) {
    const folder = findMeetingPlace(parents);
    if (folder === undefined) break;
    const [highest] = numbersIn(folder);
    const found = highest === undefined ? 'dead' : await greet(socketIn(folder, highest));
    if (found === 'gone') continue;
    if (found !== 'dead') return found;
    const own = await becomeGovernor(folder, (highest ?? 0) + 1, hubOptions);
    if (own === 'impossible') break;
    if (own !== 'taken') return own;
    await sleep(Math.random() * secondLookMs, undefined, { ref: false });
  }
  return governThread(hubOptions);
}

async function greet(path: string): Promise<MemberLink | 'dead' | 'gone'> {
  for (const isLast of [false, true]) {
    const socket = connect(path);
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (failure === undefined) return (await greeted(socket)) ?? 'dead';
    socket.destroy();
    if (failure.code === 'ENOENT') return 'gone';
    if (!isLast) await sleep(secondLookMs, undefined, { ref: false });
  }
  return 'dead';
}

function greeted(socket: Socket): Promise<MemberLink | undefined> {
  const link: MemberLink = socketLink(socket, toMemberSchema);
  return new Promise((resolve) => {
    const timer = setTimeout(() => link.close(), greetingLimitMs);
    timer.unref();
    link.onClose = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
    link.onMessage = ({ type }) => {
      // What comes besides is told again when the member says hello once more.
      if (type !== 'welcome') return;
      clearTimeout(timer);
      resolve(link);
    };
    link.send({ type: 'hello' });
  });
}

async function becomeGovernor(
  folder: string,
  number: number,
  options: HubOptions,
): Promise<MemberLink | 'taken' | 'impossible'> {
  const hub = createHub(options);
  const sockets = new Set<Socket>();
  const server = await bind(folder, number, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(hub, socket);
  });
  if (typeof server === 'string') {
    hub[Symbol.dispose]();
    return server;
  }
  clearMeetingPlace(folder, number);
  return directLink(hub, (stepDown) => {
    const timer = setInterval(() => {
      const [highest = 0] = numbersIn(folder);
      if (highest > number) stepDown();
    }, lookAroundMs);
    timer.unref();
    return () => {
      clearInterval(timer);
      closeServer(server, sockets);
      clearMeetingPlace(folder, 0);
    };
  });
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>): void {
  server.close();
  for (const socket of sockets) socket.destroy();
}

function serve(hub: Hub, socket: Socket): void {
  const link: Link<ToMember, FromMember> = socketLink(socket, fromMemberSchema);
  const member = hub.join(link.send, link.close);
  link.onMessage = member.receive;
  link.onClose = member.leave;
}

/** The link of the thread that the hub lives in; when it is closed, the hub is. */
function directLink(hub: Hub, open: (stepDown: () => void) => () => void): MemberLink {
  let isOpen = true;
  const link: MemberLink = {
    send: (message) => queueMicrotask(() => isOpen && member.receive(message)),
    close() {
      if (!isOpen) return;
      isOpen = false;
      shut();
      hub[Symbol.dispose]();
      queueMicrotask(() => link.onClose());
    },
    onMessage: () => {},
    onClose: () => {},
  };
  const shut = open(link.close);
  const member = hub.join(
    (message) => queueMicrotask(() => isOpen && link.onMessage(message)),
    () => link.close(),
  );
  return link;
}

function governThread(options: HubOptions): MemberLink {
  const own = randomUUID();
  const channel = new BroadcastChannel('fanfold-governor');
  channel.unref();
  const hub = createHub({
    ...options,
    onRefusal: (lane, pauseMs) => channel.postMessage({ from: own, lane, pauseMs }),
  });
  channel.onmessage = (event: unknown) => {
    const { from, lane, pauseMs } = (event as { data: { from: string; lane: string; pauseMs: number } }).data;
    if (from !== own) hub.hear(lane, pauseMs);
  };
  return directLink(hub, () => () => channel.close());
}
