import { expect, test } from 'vitest';
import { createDefinitions } from '../../../../coordinator/results/definitions.ts';
import { digestOf } from '../../../../coordinator/results/digest.ts';
import type { Plan, Subtask } from '../../../../tasks/index.ts';
import { planOf, subtask } from './sample-subtask.ts';

interface Circumstances {
  version?: string;
  instructions?: string;
  goal?: string;
  visible?: Record<string, string>;
}

function definition(
  changes: Partial<Subtask> = {},
  { version = '1', instructions, goal, visible = {} }: Circumstances = {},
): string {
  const plan: Plan = planOf([subtask(changes)], goal === undefined ? {} : { goal });
  return createDefinitions({ plan, version, instructions, visible })(changes.id ?? 'one');
}

const bash = { mode: 'acceptEdits' as const, allow: ['Bash(npm test)'], ask: [], deny: [] };
const check = { name: 'c', run: 'true', gate: true, timeoutMs: 1, on: ['workspace' as const] };
const run = { kind: 'run', command: 'make' } as const;
const rules = (text: string) => ({ kind: 'codemod' as const, rules: [{ path: 'r.yml', text }], files: ['src/**'] });
const codemod = rules('a');

test('the keys of objects may stand in any order, members of lists may not', () => {
  expect(digestOf({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(digestOf({ b: { c: [1, 2] }, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  expect(digestOf({ a: '1' })).not.toBe(digestOf({ a: 1 }));
});

test.each<[string, Partial<Subtask>, Partial<Subtask>]>([
  ['prompt', {}, { executor: { kind: 'prompt', prompt: 'Do it now.' } }],
  ['command', { executor: run }, { executor: { kind: 'run', command: 'make all' } }],
  ['text of a rule', { executor: rules('a') }, { executor: rules('b') }],
  ['globs of a codemod', { executor: rules('a') }, { executor: { ...rules('a'), files: ['lib/**'] } }],
  ['model', {}, { model: { name: 'other' } }],
  ['number of candidates', { candidates: 2 }, { candidates: 3 }],
  ['candidates', {}, { candidates: 2 }],
  ['effort', { model: { effort: 'low' } }, { model: { effort: 'high' } }],
  ['thinking', {}, { model: { thinking: { budgetTokens: 2_000 } } }],
  ['summariser', {}, { summariser: { name: 'other' } }],
  ['permission rules', {}, { permissions: { ...bash, allow: ['Edit'] } }],
  ['permission mode', {}, { permissions: { mode: 'plan', allow: [], ask: [], deny: [] } }],
  ['output schema', {}, { output: { schema: { type: 'object' } } }],
  ['writes', {}, { writes: ['src/**'] }],
  ['workspace', {}, { workspace: 'copy' }],
  ['checks in the workspace', {}, { checks: [check] }],
  ['variables of a command', { executor: run }, { executor: run, environment: { FANFOLD_ITEM_A: '1' } }],
  ['variables of an agent with commands', { permissions: bash }, { permissions: bash, environment: { A: '1' } }],
  [
    'variables of a codemod with checks',
    { executor: codemod, checks: [check] },
    { executor: codemod, checks: [check], environment: { A: '1' } },
  ],
])('another %s is another definition', (_what, before, after) => {
  expect(definition(after)).not.toBe(definition(before));
});

test('so is another version, goal or other instructions; the latter two only for agents', () => {
  expect(definition({}, { version: '2' })).not.toBe(definition());
  expect(definition({}, { goal: 'More' })).not.toBe(definition());
  expect(definition({}, { instructions: 'Tabs.' })).not.toBe(definition());
  expect(definition({ executor: run }, { goal: 'More', instructions: 'Tabs.' })).toBe(definition({ executor: run }));
});

test('variables of the environment count where a command can see them', () => {
  const visible = { MODE_OF_BUILD: 'release' };
  const named = { kind: 'run', command: 'echo $MODE_OF_BUILD' } as const;
  expect(definition({ executor: named }, { visible })).not.toBe(definition({ executor: named }));
  expect(definition({ executor: run }, { visible })).toBe(definition({ executor: run }));
  expect(definition({ executor: codemod, inputVariables: ['*'] }, { visible })).toBe(
    definition({ executor: codemod, inputVariables: ['*'] }),
  );
});

test.each<[string, Partial<Subtask>]>([
  ['id', { id: 'two', environment: { FANFOLD_SUBTASK: 'two' } }],
  ['title', { title: 'One' }],
  ['retries', { retries: 3 }],
  ['repair rounds', { repairs: 3 }],
  ['time limit', { timeoutMs: 2_000 }],
  ['inputs', { inputs: ['src/**'] }],
  ['way to the prompt cache', { model: { warmUp: 'off' } }],
  ['checks on the merged tree alone', { checks: [{ ...check, on: ['merged'] }] }],
])('another %s is the same definition', (_what, changes) => {
  expect(definition(changes)).toBe(definition());
});

test('several tries at one prompt are told apart, whatever their ids are', () => {
  const tries = (...ids: string[]) => {
    const plan = planOf(ids.map((id) => subtask({ id })));
    const definitionOf = createDefinitions({ plan, version: '1', instructions: undefined, visible: {} });
    // Asked in another order than that of the plan.
    return ids.toReversed().map(definitionOf);
  };
  const three = tries('a', 'b', 'c');
  expect(new Set(three).size).toBe(3);
  expect(tries('x', 'y', 'z')).toEqual(three);
});

test('what models cost is no part of it, of agents, summarisers and judges', () => {
  const facts = { m: { price: { input: 1, output: 2 } } };
  const judge = { rubric: 'r', model: { name: 'm' }, deny: [] };
  const judged = { name: 'c', gate: true, timeoutMs: 1, on: ['workspace' as const] };
  const before = { model: { name: 'm' }, summariser: { name: 'm' }, checks: [{ ...judged, judge }] };
  const after = {
    model: { name: 'm', facts },
    summariser: { name: 'm', facts },
    checks: [{ ...judged, judge: { ...judge, model: { name: 'm', facts } } }],
  };
  expect(definition(after)).toBe(definition(before));
  expect(definition({ ...after, checks: [{ ...judged, judge: { ...judge, model: { name: 'n' } } }] })).not.toBe(
    definition(before),
  );
});
