import { expect, test } from 'vitest';
import { FanfoldError, parseUserSettings } from '../../../../tasks/index.ts';

const path = '/home/me/.config/fanfold/settings.json';

function problemsOf(text: string): string {
  try {
    parseUserSettings(text, path);
  } catch (error) {
    if (!(error instanceof FanfoldError)) throw error;
    expect(error).toMatchObject({ code: 'settings-invalid', next: expect.stringContaining('docs/models.md') });
    expect(error.message).toContain(path);
    return error.message;
  }
  return '';
}

test('every field is accepted', () => {
  const price = { input: 0, output: 1.5, cacheWrite: 0, cacheRead: 0 };
  const facts = {
    price,
    contextTokens: 1,
    maxOutputTokens: 2,
    cacheableMinimum: 3,
    longPrompt: { aboveTokens: 9, price },
  };
  const role = {
    name: 'm',
    effort: 'xhigh',
    thinking: { budgetTokens: 1_024 },
    maxTokens: 2_000,
    baseUrl: 'http://127.0.0.1:1',
  };
  const settings = { models: { m: facts }, roles: { planner: role, worker: role, judge: role, summariser: role } };
  expect(parseUserSettings(`\uFEFF${JSON.stringify(settings)}`, path)).toEqual(settings);
});

test.each([
  ['{', /no JSON/],
  ['[]', /found an empty list; allowed an object/],
  ['{"model": {}}', /model: found the unknown key "model"; did you mean models\?; allowed models, roles/],
  [
    '{"roles": {"worker": {"efort": "low"}}}',
    /roles\.worker\.efort: found the unknown key "efort"; did you mean effort\?/,
  ],
  [
    '{"roles": {"worker": {"effort": "huge"}}}',
    /roles\.worker\.effort: found "huge"; allowed low, medium, high, xhigh, max/,
  ],
  [
    '{"models": {"m": {"price": {"input": -1, "output": 1}}}}',
    /models\.m\.price\.input: found the number -1; allowed a number of US dollars/,
  ],
  [
    '{"models": {"m": {"price": {"input": 1}}}}',
    /models\.m\.price\.output: found nothing; allowed a number of US dollars/,
  ],
  [
    '{"models": {"a b": {"contextTokens": 0.5}}}',
    /models\["a b"\]\.contextTokens: found the number 0\.5; allowed a whole number of tokens/,
  ],
  [
    '{"roles": {"planner": {"baseUrl": "http://user:hunter2@host"}}}',
    /^(?!.*hunter2).*roles\.planner\.baseUrl: found "http:\/\/…@host"; allowed a URL without a name and a password/s,
  ],
  ['{"models": {"m": 5}}', /models\.m: found the number 5; allowed an object with price/],
])('%s is refused by name', (text, problem) => {
  expect(problemsOf(text)).toMatch(problem);
});
