import { expect, it } from 'vitest';
import { refusePolicy } from '../../../../coordinator/planning/refuse-policy.ts';
import { validateTaskFile } from '../../../../tasks/index.ts';

it('a planned task file names no module and no model for its checks; commands and rubrics it may', () => {
  const planned = (check: object, where: object = {}) =>
    validateTaskFile({ version: 1, name: 'x', checks: [check], subtasks: [{ id: 'a', prompt: 'Do it.', ...where }] });
  expect(() => refusePolicy(planned({ name: 'c', module: 'c.mjs' }))).toThrow('must not set checks[0].module.');
  expect(() => refusePolicy(planned({ name: 'c', judge: { rubric: 'x', model: { name: 'y' } } }))).toThrow(
    'must not set checks[0].judge.model.',
  );
  const own = { checks: [{ name: 'd', module: 'c.mjs' }] };
  expect(() => refusePolicy(planned({ name: 'c', run: 'true' }, own))).toThrow('subtasks[0].checks[0].module');
  expect(() => refusePolicy(planned({ name: 'c', judge: { rubric: 'x' } }))).not.toThrow();
});
