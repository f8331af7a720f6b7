import { describe, expect, it } from 'vitest';
import { estimateRest } from '../../../../coordinator/canary/estimate-rest.ts';
import { type CanarySample, type ForecastInput, forecastRest } from '../../../../coordinator/canary/forecast.ts';
import { studentQuantile, wilson } from '../../../../coordinator/canary/intervals.ts';

describe('wilson', () => {
  it.each([
    // n / (n + z²) = 3 / 6.8415
    [3, 3, 0.4385, 1],
    [0, 5, 0, 0.4345],
    // Newcombe 1998, method 3: 81 of 263 is 0.2553 to 0.3662, 15 of 148 is 0.0624 to 0.1605.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [1, 1, 0.2065, 1],
  ])('%i of %i is %f to %f', (passed, total, low, high) => {
    const interval = wilson(passed, total);
    expect(interval.value).toBe(passed / total);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

it.each([
  [1, 12.706],
  [2, 4.303],
  [10, 2.228],
  [11, 2.201],
  [30, 2.042],
  [1_000, 1.962],
])('with %i degrees of freedom, t is %f', (freedom, quantile) => {
  expect(Math.abs(studentQuantile(freedom) - quantile)).toBeLessThan(0.003);
});

describe('estimateRest', () => {
  it('takes what is left at the mean, with an interval that is never negative', () => {
    const { value, low, high } = estimateRest([{ samples: [1, 2, 3], rest: 97 }]) ?? {};
    // 97 × 2; variance 1 × (97² / 3 + 97) = 3233.3, by 194²: 0.08591; √ln 1.08591 = 0.28709, × 4.303 = 1.2353
    expect(value).toBe(194);
    expect(low).toBeCloseTo(194 * Math.exp(-1.2353), 1);
    expect(high).toBeCloseTo(194 * Math.exp(1.2353), 0);
  });

  it('judges each kind by its own samples, and how they vary together', () => {
    const { value, low, high } =
      estimateRest([
        { samples: [2, 2], rest: 10 },
        { samples: [10, 14], rest: 5 },
      ]) ?? {};
    // 10 × 2 + 5 × 12. Relative variance (0 + 8 / 144) / 2 = 1 / 36:
    // 4 / 36 × (100 / 2 + 10) + 144 / 36 × (25 / 2 + 5) = 76.667, by 80²: 0.011979; √ln = 0.10912, × 4.303 = 0.46956
    expect(value).toBe(80);
    expect(low).toBeCloseTo(80 * Math.exp(-0.46956), 2);
    expect(high).toBeCloseTo(80 * Math.exp(0.46956), 2);
  });

  it('takes a kind without samples at the mean of all, and kinds of one sample for one kind', () => {
    const { value, low } =
      estimateRest([
        { samples: [1], rest: 0 },
        { samples: [2], rest: 1 },
        { samples: [3], rest: 0 },
        { samples: [], rest: 10 },
      ]) ?? {};
    // 2 + 10 × 2. Variance 1 × (1 / 3 + 1) + 1 × (100 / 3 + 10) = 44.667, by 22²: 0.092287; √ln = 0.29709, × 4.303
    expect(value).toBe(22);
    expect(low).toBeCloseTo(22 * Math.exp(-0.29709 * 4.303), 2);
  });

  it('claims no interval from fewer than three samples, and nothing from none', () => {
    expect(estimateRest([{ samples: [2, 4], rest: 10 }])).toEqual({ value: 30 });
    expect(estimateRest([{ samples: [2], rest: 10 }])).toEqual({ value: 20 });
    expect(estimateRest([{ samples: [], rest: 10 }])).toBeUndefined();
    expect(estimateRest([{ samples: [0, 0, 0], rest: 10 }])).toEqual({ value: 0, low: 0, high: 0 });
  });

  it('is exact where all samples are the same', () => {
    expect(estimateRest([{ samples: [2, 2, 2], rest: 10 }])).toEqual({ value: 20, low: 20, high: 20 });
  });
});

function sample(changes: Partial<CanarySample> = {}): CanarySample {
  return {
    template: 0,
    passed: true,
    reused: false,
    idle: false,
    usd: 0.02,
    tokens: 1_000,
    durationMs: 60_000,
    ...changes,
  };
}

function input(changes: Partial<ForecastInput> = {}): ForecastInput {
  return {
    samples: [sample(), sample(), sample()],
    rest: Array.from({ length: 97 }, (_, index) => ({ id: `a-${index}`, template: 0 })),
    concurrency: 8,
    budget: undefined,
    spent: { usd: 0.06, tokens: 3_000, elapsedMs: 60_000 },
    ...changes,
  };
}

describe('forecastRest', () => {
  it('tells cost, time and rate of what is left', () => {
    const forecast = forecastRest(input());
    expect(forecast).toMatchObject({ judged: 3, passed: 3, reused: 0, rest: 97, concurrency: 8, budget: [] });
    expect(forecast.passRate?.low).toBeCloseTo(0.4385, 4);
    expect(forecast.usd?.value).toBeCloseTo(1.94, 6);
    expect(forecast.tokens).toEqual({ value: 97_000, low: 97_000, high: 97_000 });
    expect(forecast.durationMs?.value).toBe((97 * 60_000) / 8);
    expect(forecast.groups).toMatchObject([{ template: 0, first: 'a-0', last: 'a-96', rest: 97, samples: 3 }]);
  });

  it('counts a failed subtask as work, and a cancelled or reused one not', () => {
    const samples = [
      sample({ usd: 0.04 }),
      sample({ passed: false, usd: 0.02 }),
      sample({ passed: undefined, usd: 9 }),
      sample({ reused: true, usd: 0, tokens: 0, durationMs: 5 }),
      sample({ passed: false, idle: true, usd: 0, tokens: 0, durationMs: 0 }),
    ];
    const forecast = forecastRest(input({ samples }));
    expect(forecast).toMatchObject({ judged: 4, passed: 2, reused: 1 });
    expect(forecast.usd).toEqual({ value: expect.closeTo(97 * 0.03, 6) });
  });

  it('claims no cost where no model ran or no price is known, and nothing where nothing was done', () => {
    const commands = forecastRest(input({ samples: [sample({ usd: 0, tokens: 0 })], budget: { usd: 1, tokens: 1 } }));
    expect(commands).not.toHaveProperty('usd');
    expect(commands).not.toHaveProperty('tokens');
    expect(commands.budget).toEqual([]);
    expect(forecastRest(input({ samples: [sample({ usd: 0 })] }))).toMatchObject({ tokens: { value: 97_000 } });
    expect(forecastRest(input({ samples: [sample({ usd: 0 })] }))).not.toHaveProperty('usd');
    const nothing = forecastRest(input({ samples: [sample({ passed: undefined })] }));
    expect(nothing).not.toHaveProperty('passRate');
    expect(nothing).not.toHaveProperty('durationMs');
  });

  it('takes no less time than the longest kind of subtask', () => {
    const rest = [
      { id: 'short', template: 0 },
      { id: 'long', template: 1 },
    ];
    const samples = [sample({ durationMs: 1_000 }), sample({ template: 1, durationMs: 60_000 })];
    expect(forecastRest(input({ rest, samples })).durationMs).toEqual({ value: 60_000 });
  });

  it.each([
    ['fits', { usd: 3 }, { limit: 'usd', left: expect.closeTo(2.94, 6), verdict: 'fits' }],
    // 97 × 0.44 / 1.94 = 22
    ['is passed', { usd: 0.5 }, { limit: 'usd', left: expect.closeTo(0.44, 6), verdict: 'exceeds', after: 22 }],
    ['fits in tokens', { tokens: 100_000 }, { limit: 'tokens', left: 97_000, verdict: 'fits' }],
    // 12.125 minutes of work for 97: 10 minutes are enough for 80.
    ['is passed in minutes', { minutes: 11 }, { limit: 'minutes', left: 10, verdict: 'exceeds', after: 80 }],
    ['is used up', { tokens: 2_000 }, { limit: 'tokens', left: 0, verdict: 'exceeds', after: 0 }],
  ])('says that the budget %s', (_, budget, judged) => {
    expect(forecastRest(input({ budget })).budget).toEqual([judged]);
  });

  it('is not sure of a budget inside the interval', () => {
    const samples = [sample({ usd: 0.01 }), sample({ usd: 0.02 }), sample({ usd: 0.03 })];
    const [enough] = forecastRest(input({ samples, budget: { usd: 2.06 } })).budget;
    expect(enough).toEqual({ limit: 'usd', left: 2, verdict: 'unsure' });
    const [short] = forecastRest(input({ samples, budget: { usd: 1.06 } })).budget;
    expect(short).toEqual({ limit: 'usd', left: 1, verdict: 'unsure', after: 50 });
  });
});
