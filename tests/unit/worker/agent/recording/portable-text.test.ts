import { expect, test } from 'vitest';
import { createPortableText } from '../../../../../worker/agent/model/recording/portable-text.ts';
import { withoutVolatile } from '../../../../../worker/agent/model/recording/volatile-text.ts';

const use = {
  run: 'tidy-20261122-110116-5046',
  runFolder: '/home/ann/app/.fanfold/runs/tidy-20261122-110116-5046',
  repository: '/home/ann/app',
  root: '/home/ann/app/.fanfold/workspaces/tidy-20261122-110116-5046-worker-1-3174c59c',
  subtask: 'one',
  attempt: 1,
};
const elsewhere = {
  ...use,
  run: 'tidy-20270101-000000-ffff',
  runFolder: '/ci/src/.fanfold/runs/tidy-20270101-000000-ffff',
  repository: '/ci/src',
  root: '/ci/src/.fanfold/workspaces/tidy-20270101-000000-ffff-session-2-worker-7-00ff00ff/sub',
};

test('paths and the id of the run become names, and names the paths of another machine', () => {
  const here = createPortableText(use, []);
  const text = `in ${use.root}/src/x.js, ${use.runFolder}/subtasks and "${use.repository}": run ${use.run} at file://${use.root}/y.js:3:1`;
  const portable = here.portable(text);
  expect(portable).toBe(
    'in {{fanfold:workspace}}/src/x.js, {{fanfold:run-folder}}/subtasks and "{{fanfold:repository}}": run {{fanfold:run}} at file://{{fanfold:workspace}}/y.js:3:1',
  );
  expect(here.localise(portable)).toBe(text);
  const there = createPortableText(elsewhere, []);
  expect(there.localise(portable)).toContain(`in ${elsewhere.root}/src/x.js`);
  expect(there.portable(there.localise(portable))).toBe(portable);
});

test('the workspace of an earlier worker is a workspace too', () => {
  const text = createPortableText(use, []);
  expect(text.portable('/home/ann/app/.fanfold/workspaces/tidy-x-outside-abc123-1-ffffffff/a.js.')).toBe(
    '{{fanfold:workspace}}/a.js.',
  );
  expect(
    createPortableText(elsewhere, []).portable('/ci/src/.fanfold/workspaces/tidy-x-worker-1-ffffffff/sub/a.js'),
  ).toBe('{{fanfold:workspace}}/a.js');
});

test.each(['src/home/ann/app', '/home/ann/apple', '/home/ann/app.js', '/home/ann/app-2', '~/home/ann/app'])(
  'a path that only looks like one of the run stays: %s',
  (path) => {
    expect(createPortableText(use, []).portable(path)).toBe(path);
  },
);

test('a short root, or none, replaces nothing', () => {
  const text = createPortableText({ ...use, root: '', repository: '/', runFolder: '/r', run: '' }, []);
  expect(text.portable('/usr/bin and / or /x')).toBe('/usr/bin and / or /x');
});

test('values of secrets are taken out of all, longest first, line by line; tokens and headers out of requests', () => {
  const key =
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----';
  const text = createPortableText(use, [
    { name: 'A_TOKEN', value: 'abcdefgh' },
    { name: 'B_TOKEN', value: 'abcdefghijkl' },
    { name: 'DEPLOY_KEY', value: key },
  ]);
  expect(text.portable('abcdefghijkl abcdefgh $& abcdefg')).toBe('[value of B_TOKEN] [value of A_TOKEN] $& abcdefg');
  expect(text.portable(`     2\tMIIEvQIBADANBgkqhkiG9w0B`)).toBe('     2\t[value of DEPLOY_KEY]');
  const shown = [
    'Authorization: Bearer 0123456789abcdef0123',
    '"x-api-key": "0123456789abcdef0123"',
    `ghp_${'a1'.repeat(18)}`,
    `sk-ant-api03-${'x'.repeat(40)}`,
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
  ].join('\n');
  const compared = text.comparable(shown);
  expect(compared).not.toMatch(/0123456789abcdef|a1a1a1|xxxxxx|MIIE/);
  expect(compared.match(/\{\{fanfold:secret\}\}/g)).toHaveLength(5);
  // An agent that writes code must write the same code again.
  expect(text.portable(shown)).toBe(shown);
  const code = 'headers: { authorization: `Bearer ${token}` }';
  expect(text.comparable(code)).toBe(code);
});

test('what commands print differently each time is left out of a comparison', () => {
  const first =
    'commit 3f9a01bc77d2 at 2026-11-22T11:36:01.123Z (Nov 22 11:36)\n✓ 12 tests in 1.34s\nreal 0m1.210s\n# duration_ms 12.3\n12:00:01 /tmp/build-x1/out';
  const second =
    'commit 00ff12e4a9c1 at 2027-01-02 09:00:59 (Jan  2 09:00)\n✓ 12 tests in 950 ms\nreal 1m9s\n# duration_ms 7\n23:59:59 /tmp/other/y';
  expect(withoutVolatile(first)).toBe(withoutVolatile(second));
  expect(withoutVolatile(first)).toContain('12 tests');
});

test.each(['x.js:12:7: error', '13 passed, 1 failed', 'version 1.2.3', 'deadbeef is a word', 'exit code 3', '1234567'])(
  'what tells outcomes apart stays: %s',
  (text) => {
    expect(withoutVolatile(text)).toBe(text);
  },
);
