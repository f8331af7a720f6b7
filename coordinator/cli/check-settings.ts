/**
 * Judges settings from code as the command line judges its options. Called by the functions of the library before they do
 * anything. Promise: what passes is of the types that TypeScript demands and within the command line's bounds; everything
 * else is FanfoldError `usage` that names the setting and says what it takes.
 */
import { FanfoldError, nearMatches, oneLine } from '../../tasks/index.ts';

type Rule = { takes: string; accepts: (value: unknown) => boolean } | { fields: Rules };
type Rules = Readonly<Record<string, Rule>>;

const text: Rule = { takes: 'text', accepts: (value) => typeof value === 'string' };
const flag: Rule = { takes: 'true or false', accepts: (value) => typeof value === 'boolean' };
const handler: Rule = { takes: 'a function', accepts: (value) => typeof value === 'function' };
const signal: Rule = { takes: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal };
const atOnce = wholeNumber(1, 1_000);
const someAmount: Rule = { takes: 'a number above 0', accepts: (value) => isNumber(value) && value > 0 };

const budget: Rules = { usd: someAmount, tokens: wholeNumber(1, Number.MAX_SAFE_INTEGER), minutes: someAmount };
const goOn: Rule = {
  takes: "true, 'elsewhere' or a function",
  accepts: (value) => value === true || value === 'elsewhere' || typeof value === 'function',
};
const executing: Rules = {
  concurrency: atOnce,
  threads: atOnce,
  attendance: { fields: { timeoutMs: { takes: 'milliseconds from 0', accepts: isFromZero }, person: handler } },
  onEvent: handler,
  drain: signal,
  stop: signal,
  record: text,
  subtaskBudget: { fields: budget },
};

const planRules: Rules = { folder: text, trustModules: flag, signal };

const rulesOf = {
  plan: planRules,
  run: {
    ...planRules,
    ...executing,
    ...budget,
    leaseMs: { ...wholeNumber(3_000, 3_600_000), takes: 'milliseconds from 3,000 to 3,600,000' },
    force: flag,
    canary: {
      fields: {
        subtasks: wholeNumber(1, Number.MAX_SAFE_INTEGER),
        minimum: { takes: 'a part above 0 and at most 1', accepts: isNumber },
        goOn,
      },
    },
  },
  resume: {
    ...executing,
    ...budget,
    folder: text,
    run: text,
    failed: flag,
    trust: flag,
    canary: { fields: { goOn } },
  },
  clean: {
    folder: text,
    runs: { takes: 'a list of runs', accepts: (value) => Array.isArray(value) && value.every(isText) },
    dryRun: flag,
    olderThanMs: { takes: 'milliseconds from 0', accepts: isFromZero },
    force: flag,
    signal,
  },
} as const satisfies Record<string, Rules>;

/** FanfoldError `usage` for a setting that does not exist, or that a value can't be. */
export function checkSettings(of: keyof typeof rulesOf, settings: unknown): void {
  checkFields(`${of}()`, '', rulesOf[of], settings);
}

function checkFields(subject: string, prefix: string, rules: Rules, settings: unknown): void {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    const what = prefix === '' ? 'its settings as an object' : `an object as ${prefix.slice(0, -1)}`;
    throw usage(`${subject} takes ${what}, not ${shown(settings)}.`, `It may have: ${Object.keys(rules).join(', ')}.`);
  }
  for (const [name, value] of Object.entries(settings)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknownSetting(subject, prefix, name, rules);
    if (value === undefined) continue;
    if ('fields' in rule) checkFields(subject, `${prefix}${name}.`, rule.fields, value);
    else if (!rule.accepts(value)) {
      throw usage(
        `${prefix}${name} of ${subject} takes ${rule.takes}, not ${shown(value)}.`,
        'Leave it away for the default.',
      );
    }
  }
}

function unknownSetting(subject: string, prefix: string, name: string, rules: Rules): FanfoldError {
  const names = Object.keys(rules);
  const [near] = nearMatches(name, names, 1);
  return usage(
    `${subject} has no setting ${oneLine(`${prefix}${name}`, 100)}.`,
    near === undefined
      ? `It may have: ${names.map((one) => prefix + one).join(', ')}.`
      : `Did you mean ${prefix}${near}?`,
  );
}

function usage(message: string, next: string): FanfoldError {
  return new FanfoldError({ code: 'usage', message, next });
}

function wholeNumber(least: number, most: number) {
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most.toLocaleString('en-US')}`;
  return {
    takes: `a whole number from ${least}${upTo}`,
    accepts: (value: unknown) => Number.isSafeInteger(value) && isNumber(value) && value >= least && value <= most,
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isFromZero(value: unknown): boolean {
  return isNumber(value) && value >= 0;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function shown(value: unknown): string {
  const words = typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : typeof value;
  return isPlain(value) ? String(value) : oneLine(words, 60);
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}
