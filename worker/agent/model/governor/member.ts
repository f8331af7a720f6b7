/**
 * The Governor of one thread: it keeps count of its own requests, and once a server shows a limit it asks the governor
 * of the machine before each. Made once for all models of a thread. `join` is called late, so that a start and a server
 * without limits cost nothing; when the governor dies, those who need it find or become another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Governor, Permit } from './governor.ts';
import type { MemberLink } from './link.ts';
import type { FromMember, ToMember } from './protocol.ts';
import type { Allowance } from './rate-limit-headers.ts';

export interface MemberOptions {
  join: () => Promise<MemberLink>;
  /** The governor shows life every second to who waits; after so long without it is taken for dead. Default 5,000 ms. */
  silenceMs?: number;
}

interface OwnTicket {
  id: number;
  order: number;
  /** Present while it waits. */
  grant?: (permit: Permit) => void;
  onWait?: ((ms: number) => void) | undefined;
}

interface OwnLane {
  name: string;
  isGoverned: boolean;
  /** By the governor that is at the other end now. */
  isKnownThere: boolean;
  tickets: Map<number, OwnTicket>;
  told?: { limit?: number; pausedUntil: number };
  /** What a governor that is gone had told: the next one should know. */
  inherited?: { limit?: number; pausedUntil: number };
  /** What no governor has heard of yet. */
  unheard: FromMember[];
}

const shortestTold = 1_000;
const electionSpreadMs = 30;
/** A server that has less than this share left, or less than twice what is under way, is about to refuse. */
const tightShare = 0.1;
const tightFactor = 2;
const mostUnheard = 1_000;

export function createMember({ join, silenceMs = 5_000 }: MemberOptions): Governor {
  const lanes = new Map<string, OwnLane>();
  let link: MemberLink | undefined;
  let joining: Promise<void> | undefined;
  let isClosed = false;
  let nextId = 0;
  let waiting = 0;
  let silence: NodeJS.Timeout | undefined;

  const laneOf = (name: string): OwnLane => {
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = { name, isGoverned: false, isKnownThere: false, tickets: new Map(), unheard: [] };
      lanes.set(name, lane);
    }
    return lane;
  };
  /** While somebody waits the timer also keeps the process alive, which a socket here does not. */
  function listen(): void {
    if (waiting > 0 && silence !== undefined) silence.refresh();
    else if (waiting > 0) silence = setTimeout(onSilence, silenceMs);
    else {
      clearTimeout(silence);
      silence = undefined;
    }
  }

  function onSilence(): void {
    silence = undefined;
    link?.close();
    connect();
    listen();
  }

  function connect(): void {
    if (link !== undefined || isClosed) return;
    joining ??= join().then(onJoined, () => {
      // Who waits tries again when the silence has lasted.
      joining = undefined;
    });
  }

  function onJoined(joined: MemberLink): void {
    joining = undefined;
    joined.onMessage = receive;
    joined.onClose = () => onClose(joined);
    if (isClosed) {
      joined.close();
      return;
    }
    link = joined;
    joined.send({ type: 'hello' });
    for (const lane of lanes.values()) if (lane.isGoverned) introduce(lane);
  }

  function onClose(closed: MemberLink): void {
    if (link !== closed) return;
    link = undefined;
    for (const lane of lanes.values()) {
      lane.isKnownThere = false;
      if (lane.told !== undefined) lane.inherited = lane.told;
    }
    if (isClosed || waiting === 0) return;
    // Not everybody at the same moment.
    void sleep(Math.random() * electionSpreadMs).then(connect);
  }

  /** Tells the governor of a lane and of all that is in it, before anything else about it. */
  function introduce(lane: OwnLane): void {
    if (link === undefined) {
      connect();
      return;
    }
    if (lane.isKnownThere) return;
    lane.isKnownThere = true;
    const { name, tickets, inherited } = lane;
    const all = [...tickets.values()];
    const held = all.filter(({ grant }) => grant === undefined).map(({ id }) => id);
    const limit = inherited?.limit === undefined ? {} : { limit: inherited.limit };
    const pauseMs = Math.max(0, (inherited?.pausedUntil ?? 0) - performance.now());
    delete lane.inherited;
    link.send({ type: 'govern', lane: name, held, ...limit, pauseMs });
    for (const message of lane.unheard.splice(0)) link.send(message);
    for (const { id, order, grant } of all) {
      if (grant !== undefined) link.send({ type: 'ask', lane: name, id, order });
    }
  }

  function tell(lane: OwnLane, message: FromMember): void {
    introduce(lane);
    if (lane.isKnownThere) link?.send(message);
    else if (lane.unheard.length < mostUnheard) lane.unheard.push(message);
  }

  function receive(message: ToMember): void {
    listen();
    if (message.type === 'beat') link?.send({ type: 'beat' });
    if (message.type === 'beat' || message.type === 'welcome') return;
    const lane = laneOf(message.lane);
    const ticket = 'id' in message ? lane.tickets.get(message.id) : undefined;
    if (message.type === 'lane') {
      const { limit, pauseMs } = message;
      lane.isGoverned = true;
      if (lane.tickets.size > 0) introduce(lane);
      lane.told = { ...(limit === undefined ? {} : { limit }), pausedUntil: performance.now() + pauseMs };
      for (const held of lane.tickets.values()) tellWait(held, pauseMs);
    } else if (message.type === 'free') {
      lane.isGoverned = false;
      lane.isKnownThere = false;
      delete lane.told;
      for (const held of lane.tickets.values()) grant(lane, held);
    } else if (message.type === 'wait') tellWait(ticket, message.ms);
    else if (ticket !== undefined) grant(lane, ticket);
    // It was given up while the grant was on its way.
    else link?.send({ type: 'withdraw', lane: lane.name, id: message.id });
  }

  function tellWait(ticket: OwnTicket | undefined, ms: number): void {
    if (ticket?.grant === undefined || ms < shortestTold) return;
    ticket.onWait?.(ms);
    ticket.onWait = undefined;
  }

  function grant(lane: OwnLane, ticket: OwnTicket): void {
    const { grant: give } = ticket;
    if (give === undefined) return;
    delete ticket.grant;
    waiting -= 1;
    give(permitFor(lane, ticket));
    listen();
  }

  function permitFor(lane: OwnLane, { id }: OwnTicket): Permit {
    const { name, tickets } = lane;
    return {
      learn(allowances) {
        if (allowances.length === 0) return;
        if (lane.isGoverned || isTight(allowances, tickets.size)) {
          lane.isGoverned = true;
          tell(lane, { type: 'learn', lane: name, id, allowances: [...allowances] });
        } else connect();
      },
      settle(settlement) {
        if (settlement.kind === 'refused') lane.isGoverned = true;
        if (lane.isGoverned) tell(lane, { type: 'settle', lane: name, id, settlement });
        tickets.delete(id);
      },
    };
  }

  function wait(lane: OwnLane, ticket: OwnTicket, signal: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const { id, order } = ticket;
      const giveUp = (): void => {
        lane.tickets.delete(id);
        waiting -= 1;
        if (lane.isKnownThere) link?.send({ type: 'withdraw', lane: lane.name, id });
        listen();
        reject(signal.reason);
      };
      waiting += 1;
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      ticket.grant = (permit) => {
        signal.removeEventListener('abort', giveUp);
        resolve(permit);
      };
      if (lane.isKnownThere) link?.send({ type: 'ask', lane: lane.name, id, order });
      else introduce(lane);
      if (silence === undefined) listen();
    });
  }

  return {
    enter(name, { order, signal, onWait }: Entry) {
      const lane = laneOf(name);
      const ticket: OwnTicket = { id: nextId, order, onWait };
      nextId += 1;
      lane.tickets.set(ticket.id, ticket);
      return lane.isGoverned ? wait(lane, ticket, signal) : permitFor(lane, ticket);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearTimeout(silence);
      await joining;
      link?.close();
    },
  };
}

function isTight(allowances: readonly Allowance[], underWay: number): boolean {
  return allowances.some(
    ({ kind, limit, remaining }) =>
      remaining < limit * tightShare || (kind === 'requests' && remaining < tightFactor * underWay),
  );
}
