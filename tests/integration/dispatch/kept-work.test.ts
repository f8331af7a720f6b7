import { expect, test } from 'vitest';
import { keep } from '../../../coordinator/dispatch/kept-work.ts';
import { openRepository } from '../../../ipc/index.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';

async function place(wentOnFrom?: string) {
  const made = temporaryRepository();
  const repository = await openRepository(made.folder);
  return { ...made, context: { run: 'r-1', repository, wentOnFrom: () => wentOnFrom } };
}

test('the branch that is named holds the work, also where somebody has branches of these names', async () => {
  const { git, commit, context } = await place();
  const foreign = commit({ a: 'theirs\n' });
  const work = commit({ a: 'work\n' });
  expect(await keep({ subtask: 's', attempt: 1, commit: work }, context)).toEqual({
    branch: 'fanfold-kept/r-1/s',
    commit: work,
  });
  expect(await keep({ subtask: 's', attempt: 1, commit: work }, context)).toMatchObject({
    branch: 'fanfold-kept/r-1/s',
  });

  for (const name of ['t', 't.2', 't.3']) git('branch', `fanfold-kept/r-1/${name}`, foreign);
  const { branch = '' } = await keep({ subtask: 't', attempt: 2, commit: work }, context);
  expect(branch).toBe('fanfold-kept/r-1/t.4');
  expect(git('rev-parse', branch)).toBe(work);
  for (const name of ['t', 't.2', 't.3']) expect(git('rev-parse', `fanfold-kept/r-1/${name}`)).toBe(foreign);
  expect(await keep({ subtask: 't', attempt: 4, commit: work }, context)).toMatchObject({ branch });
});

test('no branch is named where none could be made', async () => {
  const { git, commit, context } = await place();
  const foreign = commit({ a: 'theirs\n' });
  const work = commit({ a: 'work\n' });
  const names = ['t', ...Array.from({ length: 9 }, (_, index) => `t.${index + 1}`)];
  for (const name of names) git('branch', `fanfold-kept/r-1/${name}`, foreign);
  expect(await keep({ subtask: 't', attempt: 1, commit: work }, context)).toEqual({ commit: work });
});
