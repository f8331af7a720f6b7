import { describe, expect, it } from 'vitest';
import type { Permissions } from '../../../../tasks/index.ts';
import { decide, type PermissionRequest } from '../../../../worker/permissions/decide.ts';

function policy(settings: Partial<Permissions> = {}): Permissions {
  return { mode: 'acceptEdits', allow: [], ask: [], deny: [], ...settings };
}

const bash = (command: string): PermissionRequest => ({ tool: 'Bash', effect: 'execute', command });
const read = (path: string, tool = 'Read'): PermissionRequest => ({ tool, effect: 'read', paths: [path] });
const edit = (path: string, tool = 'Edit'): PermissionRequest => ({ tool, effect: 'edit', paths: [path] });

describe('decide', () => {
  it('acceptEdits reads and edits, and asks before commands', () => {
    expect(decide(read('a'), policy()).behavior).toBe('allow');
    expect(decide(edit('a'), policy()).behavior).toBe('allow');
    expect(decide(bash('npm test'), policy())).toMatchObject({ behavior: 'ask', reason: 'No rule allows it.' });
  });

  it('plan only reads, whatever is allowed', () => {
    const plan = policy({ mode: 'plan', allow: ['Bash', 'Edit'] });
    expect(decide(read('a'), plan).behavior).toBe('allow');
    expect(decide(edit('a'), plan).behavior).toBe('deny');
    expect(decide(bash('ls'), plan).behavior).toBe('deny');
  });

  it('lets agents write messages, in every mode, unless a rule names the recipient', () => {
    const send = (to: string): PermissionRequest => ({ tool: 'SendMessage', effect: 'read', paths: [to] });
    expect(decide(send('b'), policy()).behavior).toBe('allow');
    expect(decide(send('b'), policy({ mode: 'plan' })).behavior).toBe('allow');
    const rules = policy({ deny: ['SendMessage(reviewer-*)'], ask: ['SendMessage(coordinator)'] });
    expect(decide(send('reviewer-1'), rules)).toMatchObject({ behavior: 'deny', rule: 'SendMessage(reviewer-*)' });
    expect(decide(send('coordinator'), rules).behavior).toBe('ask');
    expect(decide(send('b'), rules).behavior).toBe('allow');
    expect(decide(send('b'), policy({ deny: ['SendMessage'] })).behavior).toBe('deny');
    expect(decide(send('b'), policy({ deny: ['Read'] })).behavior).toBe('allow');
  });

  it('bypassPermissions allows all but what is denied', () => {
    const bypass = policy({ mode: 'bypassPermissions', ask: ['Bash'], deny: ['Bash(rm *)'] });
    expect(decide(bash('npm test && curl x'), bypass).behavior).toBe('allow');
    expect(decide(bash('npm test && rm -rf x'), bypass)).toMatchObject({ behavior: 'deny', rule: 'Bash(rm *)' });
  });

  it('deny comes before ask, ask before allow', () => {
    const all = policy({ allow: ['Bash(npm *)'], ask: ['Bash(npm publish)'], deny: ['Bash(npm publish --force)'] });
    expect(decide(bash('npm test'), all).behavior).toBe('allow');
    expect(decide(bash('npm publish'), all)).toMatchObject({ behavior: 'ask', rule: 'Bash(npm publish)' });
    expect(decide(bash('npm publish --force'), all).behavior).toBe('deny');
  });

  it.each([
    ['Bash(npm test)', 'npm test', true],
    ['Bash(npm test)', 'npm test --watch', false],
    ['Bash(npm test *)', 'npm test --watch', true],
    ['Bash(npm test *)', 'npm test', true],
    ['Bash(npm test *)', 'npm tests', false],
    ['Bash(npm run test:*)', 'npm run test', true],
    ['Bash(npm run test:*)', 'npm run test --all', true],
    ['Bash(npm run test:*)', 'npm run testing', false],
    ['Bash(npm run *:unit)', 'npm run a:unit', true],
    ['Bash(ls*)', 'lsof', true],
    ['Bash(ls *)', 'lsof', false],
    ['Bash(git * main)', 'git push origin main', true],
    ['Bash(a.b)', 'axb', false],
    ['Bash(*)', 'anything at all', true],
    ['Bash(*)', 'echo $(anything)', false],
    ['Bash', 'echo $(anything)', true],
  ])('allow %s: %j → %s', (rule, command, allowed) => {
    expect(decide(bash(command), policy({ allow: [rule] })).behavior).toBe(allowed ? 'allow' : 'ask');
  });

  it.each([
    'npm test && rm -rf .',
    'npm test; rm -rf .',
    'npm test | sh',
    'npm test & rm a',
    'npm test\nrm a',
    'npm test $(rm a)',
    'npm test `rm a`',
    'npm test > package.json',
    'npm test "$(rm a)"',
    'npm test <(rm a)',
    '(npm test; rm a)',
    'X=1 npm test',
    "'npm test'",
  ])('an allowed part does not allow %j', (command) => {
    expect(decide(bash(command), policy({ allow: ['Bash(npm test *)', 'Bash(npm test)'] })).behavior).toBe('ask');
  });

  it('allows a compound command when a rule covers each part', () => {
    const allow = ['Bash(npm test *)', 'Bash(tail *)'];
    expect(decide(bash('npm test 2>&1 | tail -5'), policy({ allow })).behavior).toBe('allow');
  });

  it.each([
    'rm a',
    '/bin/rm a',
    'r\\m a',
    `'rm' a`,
    'sudo rm a',
    'timeout 5 rm a',
    'xargs -0 /bin/rm a',
    'ls | xargs rm',
    'bash -c "rm a"',
    'env X=1 sh -ec "rm a"',
    'echo $(rm a)',
    'eval rm a',
  ])('a deny rule is not dodged by %j', (command) => {
    const denies = policy({ mode: 'bypassPermissions', deny: ['Bash(rm *)'] });
    expect(decide(bash(command), denies).behavior).toBe('deny');
  });

  it.each([
    ['Read(secrets/**)', 'secrets/a/b', true],
    ['Read(secrets)', 'secrets/a', true],
    ['Read(secrets)', 'x/secrets/a', true],
    ['Read(/secrets)', 'x/secrets/a', false],
    ['Read(./.env)', '.env', true],
    ['Read(*.pem)', 'deep/down/key.pem', true],
    ['Read(src/*.ts)', 'src/a/b.ts', false],
    ['Read(src/**/*.ts)', 'src/a/b.ts', true],
    ['Read(.env*)', '.env.local', true],
    ['Read', 'anything', true],
    ['Read(~/x)', 'x', false],
  ])('deny %s for %s: %s', (rule, path, denied) => {
    expect(decide(read(path), policy({ deny: [rule] })).behavior).toBe(denied ? 'deny' : 'allow');
  });

  it('Read rules bind Glob and Grep, Edit rules bind Write, Write rules only Write', () => {
    expect(decide(read('secrets', 'Grep'), policy({ deny: ['Read(secrets)'] })).behavior).toBe('deny');
    expect(decide(read('secrets', 'Glob'), policy({ deny: ['Read(secrets)'] })).behavior).toBe('deny');
    expect(decide(edit('a.lock', 'Write'), policy({ deny: ['Edit(*.lock)'] })).behavior).toBe('deny');
    expect(decide(edit('a.lock', 'Edit'), policy({ deny: ['Write(*.lock)'] })).behavior).toBe('allow');
  });

  it('denies when one of the names of a path is denied, for instance behind a symlink', () => {
    const request: PermissionRequest = { tool: 'Read', effect: 'read', paths: ['secrets/key', 'link'] };
    expect(decide(request, policy({ deny: ['Read(secrets/**)'] })).behavior).toBe('deny');
    expect(decide(request, policy({ deny: ['Read(link)'] })).behavior).toBe('deny');
  });
});
