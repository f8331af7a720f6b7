import { describe, expect, it } from 'vitest';
import { createLane, type Lane, type Ticket } from '../../../../../worker/agent/model/governor/lane.ts';
import { createWindow } from '../../../../../worker/agent/model/governor/window.ts';

const answered = { kind: 'answered' as const, inputTokens: 100, outputTokens: 10 };
const tickets = (count: number): Ticket[] => Array.from({ length: count }, (_, order) => ({ order }));
const requests = (remaining: number, limit = 50, fullInMs = 10_000) => [
  { kind: 'requests' as const, limit, remaining, fullInMs },
];

function withAsked(all: readonly Ticket[]): Lane {
  const lane = createLane();
  for (const ticket of all) lane.ask(ticket);
  return lane;
}

describe('lane', () => {
  it('lets everybody go while nothing is known, in the order in which turns began', () => {
    const [first, second, third] = tickets(3) as [Ticket, Ticket, Ticket];
    expect(withAsked([third, first, second]).admit(0)).toEqual([first, second, third]);
  });

  it('holds everybody for as long as told, the longest counts, and whoever was refused keeps its place', () => {
    const lane = withAsked(tickets(2));
    const [refused, other] = lane.admit(0) as [Ticket, Ticket];
    lane.settle(refused, { kind: 'refused', retryAfterMs: 2_000 }, 100);
    lane.settle(other, { kind: 'refused', retryAfterMs: 500 }, 110);
    const late = { order: 9 };
    lane.ask(late);
    lane.ask(refused);
    expect(lane.admit(2_099)).toEqual([]);
    expect(lane.waitMs(1_100)).toBe(1_000);
    expect(lane.expectedMs(refused, 1_100)).toBeGreaterThanOrEqual(1_000);
    expect(lane.admit(2_100)).toEqual([refused]);
  });

  it('spreads those who waited over a round trip where the server tells no limits', () => {
    const lane = withAsked(tickets(20));
    const sent = lane.admit(0);
    for (const ticket of sent) lane.settle(ticket, answered, 400);
    for (const ticket of tickets(20)) lane.ask(ticket);
    lane.adopt(20, 1_000, 400);
    expect(lane.admit(1_400)).toHaveLength(1);
    expect(lane.admit(1_410)).toHaveLength(0);
    expect(lane.admit(1_421)).toHaveLength(1);
    for (let now = 1_421; now < 1_900; now += 20) lane.admit(now);
    expect(lane.waiting).toBeLessThanOrEqual(1);
  });

  it('sends what the limit leaves room for, counting what was sent since it was told, and the rest as it comes back', () => {
    const lane = withAsked(tickets(10));
    const sent = lane.admit(0);
    // Told for the fourth: six were sent after it.
    lane.learn(sent[3], requests(8), 0);
    for (const ticket of tickets(10)) lane.ask(ticket);
    expect(lane.admit(0)).toHaveLength(2);
    // 42 of 50 come back in 10 s.
    expect(lane.waitMs(0)).toBeCloseTo(10_000 / 42);
    expect(lane.admit(1_000)).toHaveLength(4);
    // Older news changes nothing.
    lane.learn(sent[0], requests(50), 1_000);
    expect(lane.admit(1_000)).toHaveLength(0);
    lane.learn(sent[9], requests(50), 1_000);
    expect(lane.admit(1_000)).toHaveLength(4);
  });

  it('counts tokens by what requests have used on average', () => {
    const lane = withAsked(tickets(2));
    const [first, second] = lane.admit(0) as [Ticket, Ticket];
    lane.settle(first, { kind: 'answered', inputTokens: 1_000, outputTokens: 50 }, 10);
    lane.learn(second, [{ kind: 'input-tokens', limit: 10_000, remaining: 2_500, fullInMs: 7_500 }], 10);
    for (const ticket of tickets(5)) lane.ask(ticket);
    expect(lane.admit(10)).toHaveLength(2);
    expect(lane.waitMs(10)).toBeCloseTo(500);
  });

  it('a request that alone needs more than the limit goes when the limit is whole', () => {
    const lane = withAsked(tickets(2));
    const [first, second] = lane.admit(0) as [Ticket, Ticket];
    lane.settle(first, { kind: 'answered', inputTokens: 50_000, outputTokens: 0 }, 0);
    lane.learn(second, [{ kind: 'input-tokens', limit: 10_000, remaining: 0, fullInMs: 1_000 }], 0);
    lane.ask({ order: 1 });
    expect(lane.admit(900)).toHaveLength(0);
    expect(lane.admit(1_001)).toHaveLength(1);
  });

  it('what a dead member had under way makes room, and what it waited for is gone', () => {
    const lane = createLane();
    lane.adopt(1, 0, 0);
    const [first, second, third] = tickets(3) as [Ticket, Ticket, Ticket];
    for (const ticket of [first, second, third]) lane.ask(ticket);
    expect(lane.admit(0)).toEqual([first]);
    expect(lane.waitMs(0)).toBeUndefined();
    lane.withdraw(second);
    lane.withdraw(first);
    expect(lane.admit(0)).toEqual([third]);
  });

  it('is calm once nothing was refused and nobody has waited for long', () => {
    const lane = withAsked(tickets(1));
    const [ticket] = lane.admit(0) as [Ticket];
    lane.settle(ticket, { kind: 'refused', retryAfterMs: 50 }, 1_000);
    expect(lane.isCalm(60_000, 60_999)).toBe(false);
    expect(lane.isCalm(60_000, 61_000)).toBe(true);
    expect(lane.summary(1_010)).toEqual({ limit: 1, pauseMs: 40 });
  });
});

/** Rounds of as many requests as the window lets through; `refuses` says what becomes of each. */
function play(initial: number, rounds: number, refuses: (place: number) => boolean): { size: number; refused: number } {
  const window = createWindow(initial);
  let sequence = 0;
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const count = Math.max(1, Math.floor(window.size));
    const first = sequence + 1;
    sequence += count;
    const newest = sequence;
    for (let place = 0; place < count; place += 1) {
      const isRefused = refuses(place);
      if (isRefused) refused += 1;
      window.note(isRefused, first + place, newest);
    }
  }
  return { size: window.size, refused };
}

describe('window', () => {
  it('finds what a server can do at once, coming from far above, and stays about there', () => {
    const found = play(200, 60, (place) => place >= 10);
    expect(found.size).toBeGreaterThanOrEqual(8);
    expect(found.size).toBeLessThanOrEqual(16);
    const later = play(found.size, 200, (place) => place >= 10);
    expect(later.size).toBeLessThanOrEqual(16);
    expect(later.refused / 200).toBeLessThan(4);
  });

  it('comes down to one at a server that refuses everything, within a few hundred requests', () => {
    const { size, refused } = play(200, 12, () => true);
    expect(Math.floor(size)).toBe(1);
    expect(refused).toBeLessThan(500);
  });

  it('grows again, by a constant step after each halving', () => {
    expect(play(4, 40, () => false).size).toBeGreaterThan(30);
    const window = createWindow(64);
    for (let sequence = 1; sequence <= 64; sequence += 1) window.note(true, sequence, 64);
    expect(window.size).toBe(32);
    for (let sequence = 65; sequence <= 96; sequence += 1) window.note(false, sequence, 96);
    expect(window.size).toBe(36);
    for (let sequence = 97; sequence <= 132; sequence += 1) window.note(false, sequence, 132);
    expect(window.size).toBe(40);
  });

  it('is not starved by a server that refuses one in four whatever one does', () => {
    let drawn = 1;
    const draw = (): boolean => {
      drawn = (drawn * 48_271) % 2_147_483_647;
      return drawn / 2_147_483_647 < 0.25;
    };
    expect(play(200, 20, draw).size).toBeGreaterThan(80);
  });

  it('does not count what was sent before the last change', () => {
    const window = createWindow(8);
    for (let sequence = 1; sequence <= 8; sequence += 1) window.note(true, sequence, 20);
    expect(window.size).toBe(4);
    for (let sequence = 9; sequence <= 20; sequence += 1) window.note(true, sequence, 20);
    expect(window.size).toBe(4);
  });
});
