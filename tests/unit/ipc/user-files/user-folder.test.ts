import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeFolder, userFolder } from '../../../../ipc/user-files/user-folder.ts';

test.each<[Record<string, string>, string, string]>([
  [{ HOME: '/home/me' }, '/home/me', '/home/me/.config'],
  [{ HOME: '/home/me', XDG_CONFIG_HOME: '/else' }, '/home/me', '/else'],
  [{ HOME: '/home/me', XDG_CONFIG_HOME: 'else' }, '/home/me', '/home/me/.config'],
  [{ HOME: '/home/me', XDG_CONFIG_HOME: '' }, '/home/me', '/home/me/.config'],
  [{}, homedir(), join(homedir(), '.config')],
  [{ HOME: '' }, homedir(), join(homedir(), '.config')],
  [{ HOME: '.' }, homedir(), join(homedir(), '.config')],
  [{ HOME: 'x', XDG_CONFIG_HOME: './y' }, homedir(), join(homedir(), '.config')],
])('%j: never relative', (environment, home, config) => {
  expect(homeFolder(environment)).toBe(home);
  expect(userFolder('config', environment)).toBe(config);
});

test('state has a folder of its own', () => {
  expect(userFolder('state', { HOME: '/home/me', XDG_CONFIG_HOME: '/else' })).toBe('/home/me/.local/state');
  expect(userFolder('state', { HOME: '/home/me', XDG_STATE_HOME: '/state' })).toBe('/state');
});
