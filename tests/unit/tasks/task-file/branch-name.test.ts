import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isBranchName } from '../../../../tasks/index.ts';
import { seededRandom } from '../../../support/random.ts';

describe('isBranchName', () => {
  it.each(['fanfold/a', 'a', 'feature/x.y', 'ü', 'a@b', '@a', 'a/b/c', 'a{b'])('accepts %s', (name) => {
    expect(isBranchName(name)).toBe(true);
  });

  it.each([
    '',
    '@',
    'HEAD',
    '-a',
    'refs/heads/a',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a..b',
    'a.',
    'a b',
    'a~',
    'a^',
    'a:',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a@{b',
    'a\u0007',
  ])('refuses %j', (name) => {
    expect(isBranchName(name)).toBe(false);
  });

  it('never accepts what git refuses', () => {
    const random = seededRandom(7);
    const pieces = ['a', 'b', '.', '..', '/', '-', '@', '{', '@{', '.lock', ' ', '~', '*', 'HEAD', '\\', ':'];
    for (let round = 0; round < 150; round += 1) {
      const name = Array.from({ length: 1 + random.below(4) }, () => random.pick(pieces)).join('');
      if (!isBranchName(name)) continue;
      const { status } = spawnSync('git', ['check-ref-format', '--branch', name]);
      expect({ name, status }).toEqual({ name, status: 0 });
    }
  });
});
