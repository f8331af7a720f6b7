import { describe, expect, it } from 'vitest';
import { commandEnvironment, secretsIn } from '../../../../ipc/index.ts';

describe('commandEnvironment', () => {
  it.each([
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_BASE_URL',
    'AWS_PROFILE',
    'GITHUB_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'NPM_CONFIG__AUTH',
    'npm_config_//registry/:_authToken',
    'DB_PASSWORD',
    'MY_KEY',
    'SSH_AUTH_SOCK',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GIT_DIR',
    'GIT_CONFIG_PARAMETERS',
    'KUBECONFIG',
    'OLDPWD',
  ])('drops %s', (name) => {
    expect(commandEnvironment({ [name]: 'some-value', HOME: '/h' })).toEqual({ HOME: '/h', GIT_TERMINAL_PROMPT: '0' });
  });

  it.each(['PATH', 'HOME', 'LANG', 'CI', 'GITHUB_SHA', 'NODE_ENV', 'KEYBOARD_LAYOUT', 'AUTHOR', 'TMPDIR'])(
    'keeps %s',
    (name) => {
      expect(commandEnvironment({ [name]: 'value' })[name]).toBe('value');
    },
  );

  it.each([
    ['a token under an innocent name', 'sk-ant-abcdefgh'],
    ['a GitHub token', 'ghp_0123456789'],
    ['a URL with a password', 'https://me:hunter2@proxy:8080'],
  ])('drops %s', (_what, value) => {
    expect(commandEnvironment({ SOMETHING: value })['SOMETHING']).toBeUndefined();
  });

  it('drops the value of a secret under another name', () => {
    expect(commandEnvironment({ MY_TOKEN: 'correct horse', COPY: 'correct horse' })['COPY']).toBeUndefined();
  });

  it('lets what the task file sets win', () => {
    const extra = { FANFOLD_ITEM_NAME: 'a', GIT_AUTHOR_NAME: 'b' };
    expect(commandEnvironment({ FANFOLD_ITEM_NAME: 'old' }, extra)).toMatchObject(extra);
  });

  it('names the secrets that must not be written down, but not short ones', () => {
    const found = secretsIn({ MY_TOKEN: 'correct horse', OTHER_TOKEN: 'x', HOME: '/h' });
    expect(found).toEqual([{ name: 'MY_TOKEN', value: 'correct horse' }]);
  });
});
