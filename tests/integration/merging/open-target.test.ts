import { expect, test } from 'vitest';
import { openTarget } from '../../../coordinator/merging/open-target.ts';
import { openRepository } from '../../../ipc/index.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';

test.each([
  { existing: 'fanfold', branch: 'fanfold/t', conflict: true },
  { existing: 'a/b', branch: 'a/b/c', conflict: true },
  { existing: 'a/b/c', branch: 'a/b', conflict: true },
  { existing: 'a/bc', branch: 'a/b', conflict: false },
  { existing: 'fanfold/t', branch: 'fanfold/u', conflict: false },
])('with the branch $existing, $branch conflicts: $conflict', async ({ existing, branch, conflict }) => {
  const fixture = temporaryRepository();
  fixture.git('branch', existing);
  const repository = await openRepository(fixture.folder);
  if (repository === undefined) throw new Error('no repository');
  const opened = openTarget(repository, 'HEAD', branch);
  if (conflict) {
    await expect(opened).rejects.toMatchObject({ code: 'into-conflict', message: expect.stringContaining(existing) });
  } else {
    expect(await opened).toMatchObject({ branch, branchAt: undefined });
  }
});
