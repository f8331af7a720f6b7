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

  it('judges each kind by its own samples', () => {
    const { value, low, high } =
      estimateRest([
        { samples: [1, 2, 3], rest: 10 },
        { samples: [10, 12, 14], rest: 5 },
      ]) ?? {};
    // 10 × 2 + 5 × 12. Variances 1 × (100 / 3 + 10) = 43.333 and 4 × (25 / 3 + 5) = 53.333, together 96.667. Welch and
    // Satterthwaite: 96.667² / (43.333² / 2 + 53.333² / 2) = 3.96, so t of 4: √ln(1 + 96.667 / 80²) = 0.12244, × 2.776
    expect(value).toBe(80);
    expect(low).toBeCloseTo(80 * Math.exp(-0.12244 * 2.776), 2);
    expect(high).toBeCloseTo(80 * Math.exp(0.12244 * 2.776), 2);
  });

  it('judges kinds of one sample by how they differ from each other', () => {
    const { value, low } =
      estimateRest([
        { samples: [1], rest: 2 },
        { samples: [2], rest: 3 },
        { samples: [3], rest: 4 },
      ]) ?? {};
    // 2 + 6 + 12. Variance 1 × ((4 + 9 + 16) / 1 + 2 + 3 + 4) = 38, by 20²: 0.095; √ln 1.095 = 0.30125, × 4.303
    expect(value).toBe(20);
    expect(low).toBeCloseTo(20 * Math.exp(-0.30125 * 4.303), 2);
  });

  it('takes a kind without samples at the mean of all, and lets it be as far from it as the others are', () => {
    const { value, low } =
      estimateRest([
        { samples: [1], rest: 0 },
        { samples: [2], rest: 1 },
        { samples: [3], rest: 0 },
        { samples: [], rest: 10 },
      ]) ?? {};
    // 2 + 10 × 2. A third of the 10 stands on each sample: 1 × ((10/3)² + ((13/3)² + 1) + (10/3)²) + 1 × 10² = 142,
    // by 22²: 0.29339; √ln = 0.50725, × 4.303
    expect(value).toBe(22);
    expect(low).toBeCloseTo(22 * Math.exp(-0.50725 * 4.303), 2);
  });

  it('takes a kind without samples to be like the only other one', () => {
    const { value, low } =
      estimateRest([
        { samples: [1, 2, 3], rest: 9 },
        { samples: [], rest: 3 },
      ]) ?? {};
    // 12 × 2. Variance 1 × (12² / 3 + 9) + 1 × 3² = 66: Welch and Satterthwaite 66² / (57² / 2 + 9² / 2) = 2.62, so t of 3;
    // by 24²: 0.11458; √ln 1.11458 = 0.32937, × 3.182
    expect(value).toBe(24);
    expect(low).toBeCloseTo(24 * Math.exp(-0.32937 * 3.182), 2);
  });

  it('is not misled by kinds that take nothing, or always the same', () => {
    const nothing = { samples: Array<number>(8).fill(0), rest: 50 };
    expect(estimateRest([{ samples: [2, 4], rest: 10 }, nothing])).toEqual({ value: 30 });
    expect(estimateRest([{ samples: [2], rest: 10 }, nothing])).toEqual({ value: 20 });
    expect(estimateRest([{ samples: [1, 2, 3], rest: 97 }, nothing])).toEqual(
      estimateRest([{ samples: [1, 2, 3], rest: 97 }]),
    );
    const same = { samples: Array<number>(8).fill(1), rest: 10 };
    expect(estimateRest([{ samples: [60], rest: 10 }, same])).toEqual({ value: 610 });
    // All of the second kind went first.
    expect(
      estimateRest([
        { ...same, rest: 10 },
        { samples: [60], rest: 0 },
      ]),
    ).toEqual({ value: 10, low: 10, high: 10 });
  });

  it('claims no interval from fewer than three samples, and nothing from none', () => {
    expect(estimateRest([{ samples: [2, 4], rest: 10 }])).toEqual({ value: 30 });
    expect(estimateRest([{ samples: [2], rest: 10 }])).toEqual({ value: 20 });
    expect(estimateRest([{ samples: [], rest: 10 }])).toBeUndefined();
    expect(estimateRest([{ samples: [0, 0, 0], rest: 10 }])).toEqual({ value: 0, low: 0, high: 0 });
    expect(estimateRest([{ samples: [0, 0], rest: 10 }])).toEqual({ value: 0 });
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
    gates: { usd: 0, tokens: 0 },
    spent: { usd: 0.06, tokens: 3_000, elapsedMs: 60_000 },
    ...changes,
  };
}

/** Numbers from 0 to 1, the same in every test; below it, a log-normal amount of this mean and relative deviation. */
function createChance(): { amount(mean: number, deviation: number): number } {
  let state = 12_345;
  const next = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const gauss = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  return {
    amount(mean, deviation) {
      if (deviation === 0) return mean;
      const variance = Math.log(1 + deviation ** 2);
      return mean * Math.exp(Math.sqrt(variance) * gauss() - variance / 2);
    },
  };
}

const times = (count: number, kind: [number, number, number]) => Array.from({ length: count }, () => kind);
const draws = 300;
const left = 40;

it.each<[string, [count: number, mean: number, deviation: number][]]>([
  ['one kind', [[4, 1, 0.5]]],
  ['one kind that varies much', [[10, 1, 1]]],
  ['4 kinds of one sample', times(4, [1, 1, 0.5])],
  ['10 kinds of one sample', times(10, [1, 1, 0.5])],
  ['kinds of one and two samples', [...times(2, [2, 1, 0.5]), ...times(2, [1, 1, 0.5])]],
  ['4 kinds of two samples', times(4, [2, 1, 0.5])],
  [
    'different kinds',
    [
      [3, 1, 0.5],
      [3, 5, 0.5],
      [3, 20, 0.5],
    ],
  ],
  [
    '2 agents and 8 commands that cost nothing',
    [
      [2, 1, 0.5],
      [8, 0, 0],
    ],
  ],
  [
    '3 agents and 10 commands that cost nothing',
    [
      [3, 1, 0.5],
      [10, 0, 0],
    ],
  ],
  [
    '1 agent and 3 commands that cost nothing',
    [
      [1, 1, 0.5],
      [3, 0, 0],
    ],
  ],
  [
    '2 long agents and 8 short commands',
    [
      [2, 60, 0.5],
      [8, 1, 0.05],
    ],
  ],
  [
    '3 long agents and 8 short commands',
    [
      [3, 60, 0.5],
      [8, 1, 0.05],
    ],
  ],
  [
    '1 long agent and 8 short commands',
    [
      [1, 60, 0.5],
      [8, 1, 0.05],
    ],
  ],
  ['3 kinds of one sample and one without', [...times(3, [1, 1, 0.5]), [0, 1, 0.5]]],
  ['4 kinds of one sample and 4 without', [...times(4, [1, 1, 0.5]), ...times(4, [0, 1, 0.5])]],
])('an interval from %s holds what came of it, or there is none', (_, kinds) => {
  const { amount } = createChance();
  const many = (count: number, mean: number, deviation: number): number[] =>
    Array.from({ length: count }, () => amount(mean, deviation));
  let outside = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const estimate = estimateRest(
      kinds.map(([count, mean, deviation]) => ({ samples: many(count, mean, deviation), rest: left })),
    );
    const truth = kinds
      .flatMap(([, mean, deviation]) => many(left, mean, deviation))
      .reduce((sum, one) => sum + one, 0);
    const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = estimate ?? {};
    if (truth < low || truth > high) outside += 1;
  }
  expect(outside / draws).toBeLessThan(0.15);
});

it.each<[string, [count: number, mean: number, deviation: number][]]>([
  ['one kind', [[4, 1, 0.5]]],
  ['10 kinds of one sample', times(10, [1, 1, 0.5])],
  [
    '3 agents and 10 commands that cost nothing',
    [
      [3, 1, 0.5],
      [10, 0, 0],
    ],
  ],
  ['4 kinds of one sample and 4 without', [...times(4, [1, 1, 0.5]), ...times(4, [0, 1, 0.5])]],
])('there is an interval from %s', (_, kinds) => {
  const { amount } = createChance();
  const strata = kinds.map(([count, mean, deviation]) => ({
    samples: Array.from({ length: count }, () => amount(mean, deviation)),
    rest: 100,
  }));
  expect(estimateRest(strata)?.low).toBeGreaterThan(0);
});

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

  it('claims no cost, and no budget that fits, where some of it has no price', () => {
    const samples = [sample(), sample(), sample({ usd: 0 }), sample({ usd: 0, tokens: 0 })];
    const forecast = forecastRest(input({ samples, budget: { usd: 1_000, tokens: 1_000_000 } }));
    expect(forecast).not.toHaveProperty('usd');
    expect(forecast.groups[0]).not.toHaveProperty('usd');
    expect(forecast.tokens?.value).toBe(97 * 750);
    expect(forecast.budget.map(({ limit }) => limit)).toEqual(['tokens']);
    const judged = input({ gates: { usd: 0, tokens: 9 }, budget: { usd: 1_000 } });
    expect(forecastRest(judged).budget).toEqual([]);
  });

  it('adds what judges of gates take for as many as are left', () => {
    const gates = { usd: 0.03, tokens: 300 };
    const forecast = forecastRest(input({ gates, budget: { usd: 3 } }));
    // 97 × (0.02 + 0.03 / 3)
    expect(forecast.usd?.value).toBeCloseTo(2.91, 6);
    expect(forecast.tokens).toEqual({ value: 97 * 1_100, low: 97 * 1_100, high: 97 * 1_100 });
    expect(forecast.budget).toEqual([{ limit: 'usd', left: expect.closeTo(2.94, 6), verdict: 'fits' }]);
    const commands = [sample({ usd: 0, tokens: 0 })];
    expect(forecastRest(input({ samples: commands, gates })).usd).toEqual({ value: expect.closeTo(2.91, 6) });
    const varied = [sample({ usd: 0.01 }), sample({ usd: 0.02 }), sample({ usd: 0.03 })];
    const [bare, judged] = [forecastRest(input({ samples: varied })), forecastRest(input({ samples: varied, gates }))];
    expect((judged.usd?.high ?? 0) / (judged.usd?.value ?? 0)).toBeCloseTo(
      (bare.usd?.high ?? 0) / (bare.usd?.value ?? 0),
      6,
    );
  });

  it('leaves durations that nobody knows out of the mean', () => {
    const samples = [sample(), sample({ durationMs: undefined }), sample({ durationMs: 20_000 })];
    expect(forecastRest(input({ samples })).groups).toMatchObject([{ durationMs: 40_000, samples: 3 }]);
    const unknown = forecastRest(input({ samples: [sample({ durationMs: undefined })], budget: { minutes: 1 } }));
    expect(unknown).not.toHaveProperty('durationMs');
    expect(unknown.budget).toEqual([]);
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
