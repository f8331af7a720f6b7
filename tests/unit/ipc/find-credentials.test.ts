import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCredentials } from '../../../ipc/credentials/find-credentials.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfold-credentials-'));
  await mkdir(join(folder, 'configs'));
  await mkdir(join(folder, 'credentials'));
});
afterEach(() => rm(folder, { recursive: true }));

const profile = (name: string, authentication: object) =>
  writeFile(join(folder, 'configs', `${name}.json`), JSON.stringify({ authentication }));
const find = (environment: Record<string, string> = {}, baseUrl?: string) =>
  findCredentials({ ANTHROPIC_CONFIG_DIR: folder, ...environment }, baseUrl);

describe('findCredentials', () => {
  it.each(['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'])('finds %s and does not show it', async (name) => {
    const found = await find({ [name]: 'sk-very-secret' });
    expect(found).toEqual({ found: true, how: name, kind: 'environment' });
  });

  it('takes an empty variable for none, and says what to set', async () => {
    const found = await find({ ANTHROPIC_API_KEY: '  ' });
    expect(found).toMatchObject({ found: false, kind: 'none', how: expect.stringContaining('ANTHROPIC_API_KEY') });
  });

  it('finds a federation set up in the environment', async () => {
    const found = await find({
      ANTHROPIC_FEDERATION_RULE_ID: 'r',
      ANTHROPIC_ORGANIZATION_ID: 'o',
      ANTHROPIC_IDENTITY_TOKEN: 't',
    });
    expect(found).toMatchObject({ found: true, kind: 'environment' });
  });

  it('finds the default profile, the active one and the named one', async () => {
    await profile('default', { type: 'oidc_federation' });
    expect(await find()).toMatchObject({ found: true, kind: 'profile', how: expect.stringContaining('default') });
    await profile('work', { type: 'oidc_federation' });
    await writeFile(join(folder, 'active_config'), 'work\n');
    expect(await find()).toMatchObject({ found: true, how: expect.stringContaining('work') });
    expect(await find({ ANTHROPIC_PROFILE: 'default' })).toMatchObject({ how: expect.stringContaining('default') });
  });

  it('finds a login only with its tokens', async () => {
    await profile('default', { type: 'user_oauth' });
    expect(await find()).toMatchObject({ found: false, how: expect.stringContaining('not logged in') });
    await writeFile(join(folder, 'credentials', 'default.json'), '{}');
    expect(await find()).toMatchObject({ found: true, kind: 'profile' });
  });

  it('says when the named profile is missing, and does not read outside its folder', async () => {
    expect(await find({ ANTHROPIC_PROFILE: 'gone' })).toMatchObject({
      found: false,
      how: expect.stringContaining('gone'),
    });
    expect(await find({ ANTHROPIC_PROFILE: '../x' })).toMatchObject({ found: false });
  });

  it('lets a server of one’s own go without, but not the public one', async () => {
    expect(await find({}, 'http://127.0.0.1:11434')).toMatchObject({ found: true, kind: 'placeholder' });
    expect(await find({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' })).toMatchObject({
      found: true,
      kind: 'placeholder',
    });
    expect(await find({}, 'https://api.anthropic.com')).toMatchObject({ found: false });
  });

  it('looks for no profile in the folder worked on, nor lets the SDK', async () => {
    await profile('default', { type: 'oidc_federation' });
    const misplaced = { ANTHROPIC_CONFIG_DIR: relative(process.cwd(), folder) };
    expect(await find()).toMatchObject({ found: true, kind: 'profile' });
    expect(await find(misplaced)).toMatchObject({ found: false });
    const headers = { ANTHROPIC_CUSTOM_HEADERS: 'x-api-key: sk-very-secret' };
    expect(await find(headers)).toMatchObject({ found: true });
    expect(await find({ ...headers, ...misplaced })).toMatchObject({
      found: false,
      how: expect.stringContaining('absolute path'),
    });
    expect(await find({ ...misplaced, ANTHROPIC_API_KEY: 'sk-very-secret' })).toMatchObject({ found: true });
  });

  it('sends them to the servers that the user’s own settings name, and to no other', async () => {
    const settings = { roles: { judge: { baseUrl: 'https://gateway.example/anthropic' }, worker: { name: 'm' } } };
    await mkdir(join(folder, 'fanfold'));
    const path = join(folder, 'fanfold', 'settings.json');
    const own = { ANTHROPIC_API_KEY: 'sk-very-secret', XDG_CONFIG_HOME: folder };
    const kindAt = async (server: string, environment = {}) => (await find({ ...own, ...environment }, server)).kind;
    expect(await kindAt('https://gateway.example/anthropic')).toBe('placeholder');
    await writeFile(path, JSON.stringify(settings));
    expect(await kindAt('https://gateway.example/anthropic')).toBe('environment');
    expect(await kindAt('http://gateway.example/anthropic')).toBe('placeholder');
    expect(await kindAt('https://gateway.example.org')).toBe('placeholder');
    expect(await kindAt('https://collector.example')).toBe('placeholder');
    const relativePath = relative(process.cwd(), folder);
    expect(await kindAt('https://gateway.example', { XDG_CONFIG_HOME: relativePath, HOME: folder })).toBe(
      'placeholder',
    );
    // Without credentials it is a server of one's own.
    expect(await kindAt('https://gateway.example', { ANTHROPIC_API_KEY: '' })).toBe('placeholder');
    for (const broken of ['{', '[]', 'null', '{"roles": [5, null]}']) {
      await writeFile(path, broken);
      expect(await kindAt('https://gateway.example')).toBe('placeholder');
    }
  });

  it('sends the user’s credentials to the public API and to ANTHROPIC_BASE_URL, never where only a task file points', async () => {
    const key = { ANTHROPIC_API_KEY: 'sk-very-secret' };
    expect(await find(key, 'https://collector.example/v1')).toMatchObject({ kind: 'placeholder' });
    expect(await find(key, 'http://api.anthropic.com')).toMatchObject({ kind: 'placeholder' });
    expect(await find(key, 'https://api.anthropic.com')).toMatchObject({ kind: 'environment' });
    const own = { ...key, ANTHROPIC_BASE_URL: 'https://gateway.example/anthropic' };
    expect(await find(own)).toMatchObject({ kind: 'environment' });
    expect(await find(own, 'https://gateway.example/other')).toMatchObject({ kind: 'environment' });
    expect(await find(own, 'https://collector.example')).toMatchObject({ kind: 'placeholder' });
  });
});
