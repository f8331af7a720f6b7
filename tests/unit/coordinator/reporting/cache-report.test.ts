import { describe, expect, test } from 'vitest';
import type { CacheRecords, CacheRequest } from '../../../../coordinator/reporting/cache-records.ts';
import { type CacheReport, toCacheReport } from '../../../../coordinator/reporting/cache-report.ts';
import { formatCache } from '../../../../coordinator/reporting/format-cache.ts';

const digest = (name: string): string => Buffer.from(name.padEnd(8)).toString('hex').slice(0, 16);
const system = digest('system');
const run = digest('run');
/** Tokens of the shared layers and of a first message. */
const [systemTokens, shared, opening] = [1_000, 2_000, 100];

interface Sent extends Partial<CacheRequest> {
  subtask: string;
}

/** A request as a warm cache answers it; `number` grows the conversation by 300 tokens each. */
function sent({ subtask, number = 1, ...rest }: Sent): CacheRequest {
  const before = shared + opening + 300 * (number - 2);
  return {
    subtask,
    attempt: 1,
    number,
    at: 10_000 * number,
    begunMs: 500,
    model: 'claude-sonnet-5-5',
    layers: { system, run, conversation: digest(`${subtask}${number}`) },
    bytes: { system: 4_000, run: 4_000, conversation: 400 + 1_200 * (number - 1) },
    ...(number === 1 ? {} : { before: digest(`${subtask}${number - 1}`) }),
    uncached: 0,
    read: number === 1 ? shared : before,
    written: number === 1 ? opening : 300,
    minimum: 512,
    ...rest,
  };
}

const first = (extra: Partial<CacheRequest> = {}) =>
  sent({ subtask: 'a', at: 1_000, read: 0, written: shared + opening, ...extra });

function report(requests: CacheRequest[], texts: Record<string, string> = {}): Promise<CacheReport> {
  const layerText: CacheRecords['layerText'] = async (name) => texts[name];
  return toCacheReport('run-1', { requests, unreadable: 0, layerText });
}

const format = (of: CacheReport, subtask?: string): string =>
  formatCache(of, { columns: 400, paint: (_style, text) => text, subtask });

const turns = (subtask: string, from: number, to: number): CacheRequest[] =>
  Array.from({ length: to - from + 1 }, (_, index) => sent({ subtask, number: from + index }));

describe('figures', () => {
  test('siblings after the first, and turns after the first, cost the least possible', async () => {
    const { models, misses } = await report([first(), ...turns('a', 2, 4), ...turns('b', 1, 4), ...turns('c', 1, 4)]);
    const [{ layers, requests, subtasks } = { layers: undefined }] = models;
    expect({ requests, subtasks }).toEqual({ requests: 12, subtasks: 3 });
    expect(layers?.all.effective).toBe(layers?.all.least);
    // Each layer was written once, and read eleven times.
    expect(layers?.system).toMatchObject({ tokens: 12_000, written: 1_000, read: 11_000, uncached: 0 });
    expect(layers?.run.least).toBeCloseTo(1.25 * 1_000 + 0.1 * 11_000);
    expect(layers?.conversation.written).toBe(3 * (100 + 900));
    expect(misses).toEqual([]);
  });

  test('layers add up to all, also where a read ends within one', async () => {
    const { models } = await report([
      first(),
      sent({ subtask: 'b', read: 1_500, written: 500, uncached: 100 }),
      ...['c', 'd'].map((subtask) => sent({ subtask })),
    ]);
    const layers = models[0]?.layers;
    for (const field of ['tokens', 'read', 'written', 'uncached', 'effective', 'least'] as const) {
      const sum = (layers?.system[field] ?? 0) + (layers?.run[field] ?? 0) + (layers?.conversation[field] ?? 0);
      expect(sum).toBeCloseTo(layers?.all[field] ?? Number.NaN);
    }
    expect(layers?.run).toMatchObject({ tokens: 4_000, read: 2_500, written: 1_500 });
  });

  test('each one for itself costs more than the least by what it wrote in vain', async () => {
    const alone = ['b', 'c', 'd'].map((subtask) => sent({ subtask, at: 1_100, read: 0, written: shared + opening }));
    const warm = sent({ subtask: 'e' });
    const { models } = await report([first(), ...alone, warm]);
    const { effective = 0, least = 0 } = models[0]?.layers.all ?? {};
    expect(effective - least).toBeCloseTo(3 * shared * 1.15);
  });

  test('what is too short to be kept costs its plain price at best', async () => {
    const short = { uncached: 300, read: 0, written: 0 };
    const { models } = await report([first(short), sent({ subtask: 'b', ...short })]);
    expect(models[0]?.layers.all).toMatchObject({ effective: 600, least: 600, hitRate: 0 });
  });

  test('models are told apart, and requests without an answer left out', async () => {
    const { models } = await report([
      first(),
      sent({ subtask: 'b', model: 'claude-haiku-5-5', read: 0, written: shared + opening }),
      sent({ subtask: 'c', failed: true }),
    ]);
    expect(models.map(({ model, requests, failed }) => ({ model, requests, failed }))).toEqual([
      { model: 'claude-haiku-5-5', requests: 1, failed: 0 },
      { model: 'claude-sonnet-5-5', requests: 2, failed: 1 },
    ]);
    expect(models[1]?.layers.all.tokens).toBe(shared + opening);
  });

  test('the length of the shared prefix is what first requests read, not what those who ask the same do', async () => {
    const twin = { layers: { system, run, conversation: digest('same') }, read: shared + opening, written: 0 };
    const twins = ['c', 'd', 'e'].map((subtask) => sent({ subtask, ...twin }));
    const { prefixes, models } = await report([first(), sent({ subtask: 'b' }), ...twins]);
    expect(prefixes).toMatchObject([{ tokens: shared, systemTokens, isMeasured: true, subtasks: 5, requests: 5 }]);
    expect(models[0]?.layers.all.effective).toBeLessThanOrEqual(models[0]?.layers.all.least ?? 0);
  });
});

describe('misses', () => {
  const miss = { read: 0, written: shared + opening + 300 };

  test('a request that was sent before the first had begun', async () => {
    const { misses } = await report([
      first(),
      sent({ subtask: 'b', at: 1_200, read: 0, written: shared + opening }),
      sent({ subtask: 'c' }),
    ]);
    expect(misses).toMatchObject([
      { subtask: 'b', request: 1, read: 0, expected: shared, cause: { kind: 'too-early', rival: 'a', byMs: 300 } },
    ]);
  });

  test('a prefix or conversation that nobody used for five minutes', async () => {
    const { misses } = await report([
      first(),
      sent({ subtask: 'a', number: 2, at: 302_000, ...miss }),
      sent({ subtask: 'b', at: 700_000, read: 0, written: shared + opening }),
      sent({ subtask: 'c', at: 701_000 }),
    ]);
    expect(misses).toMatchObject([
      { subtask: 'a', request: 2, expected: shared + opening, cause: { kind: 'expired', afterMs: 301_000 } },
      { subtask: 'b', request: 1, expected: shared, cause: { kind: 'expired', afterMs: 398_000 } },
    ]);
    expect(format(await report([first(), sent({ subtask: 'a', number: 2, at: 302_000, ...miss })]))).toContain(
      'a, request 2: 0 of 2,100 tokens, expired: not in use for 5m 01s',
    );
  });

  test('nothing changed and it is not old: the server', async () => {
    const { misses } = await report([
      first(),
      sent({ subtask: 'b', number: 1 }),
      sent({ subtask: 'a', number: 2, ...miss }),
    ]);
    expect(misses).toMatchObject([{ subtask: 'a', request: 2, cause: { kind: 'evicted' } }]);
  });

  test('a conversation that was changed, with the first byte that differs', async () => {
    const changed = { offset: 431, before: 'the result is 1234', after: '(Cleared to save room' };
    const request = sent({ subtask: 'a', number: 3, read: shared, written: 400, before: digest('other'), changed });
    const found = await report([first(), ...turns('a', 2, 2), request]);
    expect(found.misses).toMatchObject([
      {
        expected: 2_400,
        read: shared,
        cause: { kind: 'changed', layer: 'conversation', difference: changed },
      },
    ]);
    expect(format(found)).toContain(
      'conversation changed at byte 431: "the result is 1234", now "(Cleared to save room"',
    );
  });

  test.each([
    ['system', 'tools and system text', { system: digest('newer'), run }],
    ['run', 'goal and instructions of the run', { system, run: digest('newer') }],
  ])('a session with another %s layer, with the first byte that differs', async (layer, title, layers) => {
    const request = sent({ subtask: 'a', number: 2, ...miss, layers: { ...layers, conversation: digest('a2') } });
    const old = layer === 'system' ? system : run;
    const texts = { [old]: 'Keep it short.\u2028', [digest('newer')]: 'Keep it shöt.\u2028' };
    const found = await report([first(), request], texts);
    expect(found.misses).toMatchObject([{ cause: { kind: 'changed', layer, difference: { offset: 10 } } }]);
    const text = format(found);
    expect(text).toContain(
      `${title} changed at byte 10: "Keep it short.\\u{2028}", now "Keep it sh\\u{f6}t.\\u{2028}"`,
    );
    // The prefixes are told apart in the same way.
    expect(found.prefixes).toHaveLength(2);
    expect(text).toMatch(new RegExp(`${title} at byte 10`));
  });

  test('the bytes are not told where a layer was not kept', async () => {
    const layers = { system: digest('newer'), run, conversation: digest('a2') };
    const found = await report([first(), sent({ subtask: 'a', number: 2, ...miss, layers })]);
    expect(found.misses[0]?.cause).toEqual({ kind: 'changed', layer: 'system' });
    expect(format(found)).toContain('changed in a place that is not known');
  });

  test('another model that took over', async () => {
    const { misses } = await report([first(), sent({ subtask: 'a', number: 2, ...miss, model: 'claude-haiku-5-5' })]);
    expect(misses).toMatchObject([{ cause: { kind: 'other-model', before: 'claude-sonnet-5-5' } }]);
  });

  test('an attempt that begins afresh expects no more than its siblings', async () => {
    const again = sent({ subtask: 'a', attempt: 2, number: 1, at: 50_000 });
    expect((await report([first(), ...turns('a', 2, 3), again])).misses).toEqual([]);
  });

  test('one that is gone on with in another process expects what the one before had written', async () => {
    const goesOn = sent({ subtask: 'a', attempt: 2, number: 4 });
    expect((await report([first(), ...turns('a', 2, 3), goesOn])).misses).toEqual([]);
    const lost = { ...goesOn, read: shared, written: goesOn.read + 300 - shared };
    const { misses } = await report([first(), ...turns('a', 2, 3), lost]);
    expect(misses).toMatchObject([{ attempt: 2, expected: 2_700, cause: { kind: 'evicted' } }]);
  });
});

describe('what is printed', () => {
  test('one line for each layer, each prefix and each miss', async () => {
    const found = await report([
      first(),
      sent({ subtask: 'b', at: 1_600, heldMs: 600 }),
      sent({ subtask: 'c', read: 0, written: shared + opening }),
    ]);
    expect(format(found)).toMatchInlineSnapshot(`
      "claude-sonnet-5-5: 3 requests of 3 subtasks
      LAYER                             TOKENS  READ   WRITTEN  UNCACHED  HITS   COST   LEAST  RATIO
      tools and system text             3,000   1,000  2,000    0         33.3%  2,600  1,450  1.793
      goal and instructions of the run  3,000   1,000  2,000    0         33.3%  2,600  1,450  1.793
      conversation                      300     0      300      0         0.0%   375    375    1.000
      all                               6,300   2,000  4,300    0         31.7%  5,575  3,275  1.702
      1 agent waited for the first to write what they share, 0.6s at most.

      SHARED PREFIX      MODEL              TOKENS  SUBTASKS  DIFFERS FROM THE FIRST IN
      73797374 72756e20  claude-sonnet-5-5  2,000   3

      1 request read less than was there for it, 2,000 tokens in all:
        c, request 1: 0 of 2,000 tokens, evicted by the server: nothing changed and its time was not over"
    `);
  });

  test('only the misses of the subtask that is asked for', async () => {
    const lost = { read: 0, written: shared + opening };
    const found = await report([
      first(),
      sent({ subtask: 'b' }),
      sent({ subtask: 'c', ...lost }),
      sent({ subtask: 'd', ...lost }),
    ]);
    expect(format(found, 'c')).toContain('1 request of c read less than was there for it, 2,000 tokens in all:');
    expect(format(found, 'c')).not.toContain('  d,');
    expect(format(found, 'b')).toContain('No request of b read less than was there for it.');
  });

  test('a run without agents, and many misses', async () => {
    expect(format(await report([]))).toBe('run-1 has asked no model.');
    const many = Array.from({ length: 30 }, (_, index) =>
      sent({ subtask: `s${index}`, read: 0, written: shared + opening }),
    );
    expect(format(await report([first(), sent({ subtask: 'b' }), ...many]))).toContain('and 10 more: see --json');
  });

  test('names of models are foreign text', async () => {
    const text = format(await report([first({ model: 'a\u001b[31mb' })]));
    expect(text).not.toContain('\u001b');
  });
});

test('candidates of a subtask are conversations of their own', async () => {
  const own = [1, 2].flatMap((candidate) => turns('a', 1, 3).map((request) => ({ ...request, candidate })));
  const { misses } = await report([{ ...first(), candidate: 1 }, ...own.slice(1)]);
  expect(misses).toEqual([]);
  const lost = own.map((request) =>
    request.candidate === 2 && request.number === 3
      ? { ...request, read: 0, written: request.read + request.written }
      : request,
  );
  const told = await report([{ ...first(), candidate: 1 }, ...lost.slice(1)]);
  expect(told.misses).toMatchObject([{ subtask: 'a', candidate: 2, request: 3, read: 0 }]);
  expect(format(told)).toContain('a, candidate 2, request 3:');
});
