/**
 * The governor itself: the lanes, who is in them, and the timer that lets the next ones go. It lives in one thread of
 * the machine (join.ts says in which). Promise: a member that leaves, or dies, holds nobody up; whatever a member says,
 * only its own requests suffer.
 */
import { createLane, type Lane, type Ticket } from './lane.ts';
import type { FromMember, ToMember } from './protocol.ts';

export interface Hub extends Disposable {
  /** `cut` is called when the member has shown no life for long: it has left then, and may come back. */
  join(send: (message: ToMember) => void, cut: () => void): HubMember;
  /** Somebody elsewhere in this process was refused; see join.ts. */
  hear(lane: string, pauseMs: number): void;
}

export interface HubMember {
  receive(message: FromMember): void;
  leave(): void;
}

export interface HubOptions {
  /** Of every refusal its members meet. */
  onRefusal?: (lane: string, pauseMs: number) => void;
  /** Milliseconds of a monotonic clock. Default performance.now. */
  clock?: () => number;
  /** A lane in which nothing was refused and nobody waited for so long is governed no more. Default 60,000 ms. */
  calmMs?: number;
}

interface Place {
  lane: Lane;
  members: Set<Member>;
}

interface Member {
  send(message: ToMember): void;
  cut(): void;
  heardAt: number;
  tickets: Map<string, OwnTicket>;
}

interface OwnTicket extends Ticket {
  member: Member;
  lane: string;
  id: number;
  waits: boolean;
  isTold: boolean;
}

const beatMs = 1_000;
const shortestTold = 1_000;
/** A member that is suspended would keep for itself what it has under way. */
const longestSilenceMs = 15_000;
const mostLanes = 1_000;
const mostTickets = 100_000;
const longestTimerMs = 60_000;

export function createHub({ onRefusal, clock = () => performance.now(), calmMs = 60_000 }: HubOptions = {}): Hub {
  const places = new Map<string, Place>();
  const members = new Set<Member>();
  let timer: NodeJS.Timeout | undefined;
  const beat = setInterval(onBeat, beatMs);
  beat.unref();
  let beatAt = clock();

  function onBeat(): void {
    const now = clock();
    // Whoever has slept itself has not listened.
    const isLate = now - beatAt > 3 * beatMs;
    beatAt = now;
    for (const member of [...members]) {
      if (isLate || member.tickets.size === 0) member.heardAt = now;
      if (now - member.heardAt > longestSilenceMs) {
        leave(member);
        member.cut();
        continue;
      }
      if (member.tickets.size > 0) member.send({ type: 'beat' });
      for (const ticket of member.tickets.values()) tellWait(ticket);
    }
    for (const [name, place] of places) {
      if (!place.lane.isCalm(calmMs, now)) continue;
      places.delete(name);
      for (const member of members) {
        for (const [key, ticket] of member.tickets) if (ticket.lane === name) member.tickets.delete(key);
      }
      for (const member of place.members) member.send({ type: 'free', lane: name });
    }
  }

  /** Everybody hears of a lane that is governed: a member that does not know it yet may begin with it next. */
  function announce(name: string, { lane }: Place): void {
    for (const member of members) member.send({ type: 'lane', lane: name, ...lane.summary(clock()) });
  }

  function placeOf(name: string): Place | undefined {
    const known = places.get(name);
    if (known !== undefined || places.size >= mostLanes) return known;
    const place = { lane: createLane(), members: new Set<Member>() };
    places.set(name, place);
    return place;
  }

  function admitAll(): void {
    clearTimeout(timer);
    const now = clock();
    let soonest = Number.POSITIVE_INFINITY;
    for (const { lane } of places.values()) {
      for (const ticket of lane.admit(now) as OwnTicket[]) {
        ticket.waits = false;
        ticket.member.send({ type: 'grant', lane: ticket.lane, id: ticket.id });
      }
      soonest = Math.min(soonest, lane.waitMs(now) ?? Number.POSITIVE_INFINITY);
    }
    if (soonest === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(admitAll, Math.max(1, Math.min(soonest, longestTimerMs)));
    timer.unref();
  }

  function govern(member: Member, { lane: name, held, limit, pauseMs }: FromMember & { type: 'govern' }): void {
    const isNew = !places.has(name);
    const place = placeOf(name);
    if (place === undefined) return;
    place.members.add(member);
    place.lane.adopt(limit, pauseMs, clock());
    for (const id of held) {
      const ticket = addTicket(member, name, id, 0);
      if (ticket !== undefined) place.lane.hold(ticket, limit === undefined);
    }
    if (isNew) announce(name, place);
  }

  function addTicket(member: Member, lane: string, id: number, order: number): OwnTicket | undefined {
    const key = `${lane} ${id}`;
    if (member.tickets.has(key) || member.tickets.size >= mostTickets) return undefined;
    const ticket = { member, lane, id, order, waits: false, isTold: false };
    member.tickets.set(key, ticket);
    return ticket;
  }

  function receive(member: Member, message: FromMember): void {
    member.heardAt = clock();
    if (message.type === 'beat') return;
    if (message.type === 'hello') {
      member.send({ type: 'welcome' });
      for (const [name, { lane }] of places) member.send({ type: 'lane', lane: name, ...lane.summary(clock()) });
      return;
    }
    if (message.type === 'govern') {
      govern(member, message);
      admitAll();
      return;
    }
    const place = places.get(message.lane);
    if (place === undefined) {
      // It was freed while the message was on its way.
      if (message.type === 'ask') member.send({ type: 'grant', lane: message.lane, id: message.id });
      return;
    }
    const ticket = member.tickets.get(`${message.lane} ${message.id}`);
    if (message.type === 'ask') ask(member, place, message);
    else if (message.type === 'learn') place.lane.learn(ticket, message.allowances, clock());
    else if (message.type === 'settle') settle(ticket, place, message);
    else if (ticket !== undefined) place.lane.withdraw(ticket);
    if (message.type === 'settle' || message.type === 'withdraw') {
      member.tickets.delete(`${message.lane} ${message.id}`);
      admitAll();
    }
  }

  function settle(ticket: Ticket | undefined, place: Place, message: FromMember & { type: 'settle' }): void {
    const { settlement, lane } = message;
    place.lane.settle(ticket, settlement, clock());
    if (settlement.kind !== 'refused') return;
    announce(lane, place);
    onRefusal?.(lane, settlement.retryAfterMs ?? 0);
  }

  function ask(member: Member, { lane }: Place, { lane: name, id, order }: FromMember & { type: 'ask' }): void {
    const ticket = addTicket(member, name, id, order);
    if (ticket === undefined) return;
    ticket.waits = true;
    lane.ask(ticket);
    admitAll();
    tellWait(ticket);
  }

  function tellWait(ticket: OwnTicket): void {
    const { lane: name, id, member, waits, isTold } = ticket;
    const ms = waits && !isTold ? (places.get(name)?.lane.expectedMs(ticket, clock()) ?? 0) : 0;
    if (ms < shortestTold) return;
    ticket.isTold = true;
    member.send({ type: 'wait', lane: name, id, ms });
  }

  function leave(member: Member): void {
    members.delete(member);
    for (const ticket of member.tickets.values()) places.get(ticket.lane)?.lane.withdraw(ticket);
    member.tickets.clear();
    for (const [name, place] of places) {
      if (place.members.delete(member) && place.members.size === 0) places.delete(name);
    }
    admitAll();
  }

  return {
    join(send, cut) {
      const member: Member = { send, cut, heardAt: clock(), tickets: new Map() };
      members.add(member);
      return { receive: (message) => receive(member, message), leave: () => leave(member) };
    },
    hear(name, pauseMs) {
      const place = placeOf(name);
      if (place === undefined) return;
      place.lane.settle(undefined, { kind: 'refused', retryAfterMs: pauseMs }, clock());
      announce(name, place);
    },
    [Symbol.dispose]() {
      clearInterval(beat);
      clearTimeout(timer);
      for (const member of [...members]) leave(member);
    },
  };
}
