import { describe, expect, it } from 'vitest';
import { canaryText } from '../../../../coordinator/reporting/canary-lines.ts';
import { canaryReport } from '../../../../coordinator/reporting/canary-report.ts';
import { eventLines } from '../../../../coordinator/reporting/event-lines.ts';
import { formatStatus } from '../../../../coordinator/reporting/format-status.ts';
import { formatLiveFrame } from '../../../../coordinator/reporting/live-frame.ts';
import { markdownReport } from '../../../../coordinator/reporting/markdown-report.ts';
import { createPaint } from '../../../../coordinator/reporting/paint.ts';
import { toReport } from '../../../../coordinator/reporting/to-report.ts';
import {
  type EventInput,
  type FanfoldEvent,
  type Forecast,
  noUsage,
  type RunState,
  reduceEvents,
  reduceRun,
} from '../../../../tasks/index.ts';
import { at, begin, landed, runStart } from './sample-events.ts';

const forecast: Forecast = {
  judged: 3,
  passed: 3,
  reused: 0,
  rest: 97,
  passRate: { value: 1, low: 0.4385, high: 1 },
  usd: { value: 1.94, low: 1.2, high: 3.1 },
  tokens: { value: 2_400_000, low: 1_500_000, high: 3_900_000 },
  durationMs: { value: 252_000, low: 180_000, high: 370_000 },
  concurrency: 8,
  groups: [],
  budget: [],
};

const said = (input: EventInput): string[] => eventLines(at(0, input))?.lines ?? [];
const foretold = (changes: Partial<Forecast> = {}): string[] =>
  said({ type: 'forecast-end', forecast: { ...forecast, ...changes } });

describe('a forecast', () => {
  it('says what the others will cost', () => {
    expect(foretold()).toEqual([
      'forecast for the other 97 subtasks, from 3 of the canary',
      '  passed  3 of 3: 100% (44% to 100%)',
      '  cost    $1.94 ($1.20 to $3.10), 2.4M tokens (1.5M to 3.9M)',
      '  time    4m 12s (3m 00s to 6m 10s), 8 at a time',
    ]);
  });

  it('says what it does not know', () => {
    const { passRate, usd, tokens, durationMs, ...none } = forecast;
    expect([passRate, usd, tokens, durationMs]).not.toContain(undefined);
    expect(said({ type: 'forecast-end', forecast: { ...none, judged: 0, passed: 0 } }).slice(1)).toEqual([
      '  passed  nothing was judged',
    ]);
    expect(foretold({ usd: { value: 2 }, reused: 1 }).slice(1, 3)).toEqual([
      '  passed  3 of 3: 100% (44% to 100%); 1 of these came from earlier runs and tell nothing of cost and time',
      '  cost    $2.00 (too few for an interval), 2.4M tokens (1.5M to 3.9M)',
    ]);
  });

  it('says whether the budget holds', () => {
    const lines = foretold({
      budget: [
        { limit: 'usd', left: 4.94, verdict: 'fits' },
        { limit: 'tokens', left: 2_500_000, verdict: 'unsure' },
        { limit: 'tokens', left: 2_000_000, verdict: 'unsure', after: 80 },
        { limit: 'minutes', left: 2, verdict: 'exceeds', after: 46 },
      ],
    });
    expect(lines.slice(4)).toEqual([
      '  budget  $4.94 left: enough',
      '  budget  2.5M tokens left: may not be enough',
      '  budget  2.0M tokens left: likely not enough, used up after about 80 of the other 97',
      '  budget  2m 00s left: not enough, used up after about 46 of the other 97',
    ]);
  });
});

it('names the first of a large canary', () => {
  const subtasks = Array.from({ length: 14 }, (_, index) => `s${index}`);
  expect(canaryText({ subtasks, minimum: 0.8 })).toBe(
    'canary of 14 first: s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 and 2 more; at least 80% of it must pass',
  );
});

it.each([
  [true, 'person', ['the canary is over: going on with the other 97 subtasks']],
  [
    false,
    'minimum',
    [
      'the run ends after its canary, since too few of it passed',
      '  next: `fanfold resume demo-1` does the other 97 subtasks',
    ],
  ],
] as const)('says what was decided: %s by %s', (goesOn, by, lines) => {
  expect(said({ type: 'canary-end', goesOn, by, rest: 97 })).toEqual(lines);
});

/** A run of four, whose first has landed as its canary, after `events`. */
function stateAfter(...events: [milliseconds: number, EventInput][]): RunState {
  const [start, plan] = begin(4, 'a', 'b');
  if (start === undefined || plan === undefined) throw new TypeError('a run begins with two events');
  const canary = { subtasks: ['a'] };
  return reduceEvents([
    { ...start, canary } as typeof start,
    plan,
    landed(1_000, 'a'),
    ...events.map(([milliseconds, input]) => at(milliseconds, input)),
  ]);
}

const foretell: [number, EventInput] = [1_100, { type: 'forecast-end', forecast: { ...forecast, rest: 3 } }];
const goOn: [number, EventInput] = [2_000, { type: 'canary-end', goesOn: true, by: 'person', rest: 3 }];

function titleOf(state: RunState): string {
  const paint = createPaint(false);
  return formatLiveFrame({ state, recent: [], now: 0 }, { columns: 80, rows: 10, paint, unicode: true })[0] ?? '';
}

const runEnd: EventInput & { type: 'run-end' } = {
  type: 'run-end',
  status: 'succeeded',
  exitCode: 0,
  subtasks: { total: 4, landed: 4, unchanged: 0, cached: 0, failed: 0, cancelled: 0, conflicted: 0 },
  usage: noUsage(),
  durationMs: 4_000,
  denials: 0,
  folder: '/f',
};

function reduceInto(state: RunState, milliseconds: number, input: EventInput): void {
  reduceRun(state, at(milliseconds, input));
}

/** The same event, to be stamped anew. */
function inputOf(event: FanfoldEvent): EventInput {
  return event;
}

describe('a run in its canary', () => {
  it('says so in the live view and in its status', () => {
    expect(titleOf(stateAfter())).toMatch(/^demo canary: 1 of 1 {2}Replace var by let /);
    expect(titleOf(stateAfter(foretell))).toContain('canary: waits for an answer');
    expect(titleOf(stateAfter(foretell, goOn))).toMatch(/^demo Replace/);
    const status = formatStatus(toReport(stateAfter(foretell), '/f'), { running: true });
    expect(status).toContain('waits: shall it go on with the other 3 subtasks?');
    expect(status).toContain('Go on    fanfold continue demo-1\nCancel   fanfold cancel demo-1');
  });

  it('is paused until somebody lets it go on', () => {
    const pause: [number, EventInput] = [1_200, { type: 'notice', level: 'info', message: 'Paused.', paused: true }];
    const paused = stateAfter(pause);
    expect(titleOf(paused)).toMatch(/^demo paused {2}canary: 1 of 1/);
    expect(formatStatus(toReport(paused, '/f'), { running: true })).toContain('paused: nothing more is started');
    const over = stateAfter(pause, [1_300, { type: 'notice', level: 'info', message: 'On.', paused: false }]);
    expect(toReport(over, '/f')).not.toHaveProperty('paused');
    expect(toReport(reduceEvents([runStart(1)]), '/f')).not.toHaveProperty('canary');
  });

  it('is compared with what came of it', () => {
    const state = stateAfter(foretell, goOn);
    const usage = { inputTokens: 1_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0.5 };
    for (const [id, status] of [
      ['b', 'landed'],
      ['other-0', 'failed'],
      ['other-1', 'cancelled'],
    ] as const) {
      reduceInto(state, 3_000, {
        type: 'subtask-end',
        subtask: id,
        status,
        attempts: 1,
        usage,
        durationMs: 9,
        denials: 0,
      });
    }
    expect(canaryReport(state)?.actual).toEqual({ ended: 2, passed: 1, usd: 1.5, tokens: 3_000 });
    expect(markdownReport(toReport(state, '/f'))).toContain('| passed | 3 of 3: 100% (44% to 100%) | 1 of 2: 50% |');
    reduceInto(state, 4_000, runEnd);
    expect(canaryReport(state)?.actual).toMatchObject({ durationMs: 2_000 });
    const markdown = markdownReport(toReport(state, '/f'));
    expect(markdown).toContain('One subtask went first: `a`. Somebody said to go on.');
    expect(markdown).toContain('| cost | $1.94 ($1.20 to $3.10) | $1.50 |');
    expect(markdown).toContain('| time, 8 at a time | 4m 12s (3m 00s to 6m 10s) | 2.0s |');
  });

  it('does not tell how long the others took when they were interrupted', () => {
    const state = stateAfter(foretell, goOn, [3_000, runEnd], [9_000, inputOf(runStart(4))], [10_000, runEnd]);
    expect(canaryReport(state)?.actual).not.toHaveProperty('durationMs');
    expect(markdownReport(toReport(state, '/f'))).toContain('not known: it was interrupted');
  });

  it('after a no, the others are measured from when it was resumed', () => {
    const no: [number, EventInput] = [2_000, { type: 'canary-end', goesOn: false, by: 'nobody', rest: 3 }];
    const ended = stateAfter(foretell, no, [3_000, { ...runEnd, status: 'interrupted' }]);
    expect(canaryReport(ended)).not.toHaveProperty('actual');
    expect(markdownReport(toReport(ended, '/f'))).toContain(
      '# demo: ended after its canary; what was finished is kept',
    );
    const resumed = stateAfter(foretell, no, [3_000, runEnd], [9_000, inputOf(runStart(4))], [10_500, runEnd]);
    expect(canaryReport(resumed)?.actual).toMatchObject({ durationMs: 1_500 });
  });
});
