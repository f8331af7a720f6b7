/**
 * Whether a model could be reached with what this machine has, and by what. Called by the coordinator before a run
 * starts and by `fanfold doctor`, and by the worker to choose what it hands the SDK. It looks where
 * @anthropic-ai/sdk looks, in its order, without loading it: it reads at most four small files and no secret leaves it.
 */
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { serversOfUser } from '../user-files/user-settings-file.ts';

export interface FoundCredentials {
  found: boolean;
  /** Where they are, or what to set: one phrase for people, without a secret. */
  how: string;
  /** `placeholder`: a server of one's own that needs none; a placeholder key is sent to it. */
  kind: 'environment' | 'profile' | 'placeholder' | 'none';
}

type Environment = Readonly<Record<string, string | undefined>>;

const publicOrigin = 'https://api.anthropic.com';
const advice =
  'set ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN), log in with an Anthropic profile, or name a local server with ' +
  'ANTHROPIC_BASE_URL or `model.baseUrl`';

const misplaced: FoundCredentials = {
  found: false,
  how: 'set HOME (and XDG_CONFIG_HOME or ANTHROPIC_CONFIG_DIR, where they are set) to an absolute path: profiles are not looked for in the folder worked on',
  kind: 'none',
};

/**
 * Never throws. `baseUrl` is the plan's; without it ANTHROPIC_BASE_URL counts. A plan is data: the user's credentials go
 * to the public API and to the servers that the user names, with ANTHROPIC_BASE_URL or in settings.json as it is now,
 * never to one that only a task file names.
 */
export async function findCredentials(environment: Environment, baseUrl?: string): Promise<FoundCredentials> {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const own = originOf(read('ANTHROPIC_BASE_URL'));
  const given = originOf(baseUrl);
  if (given !== undefined && given !== own && given !== publicOrigin && !(await isOfUser(given, environment))) {
    return placeholderFor(given);
  }
  for (const name of ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN']) {
    if (read(name) !== undefined) return { found: true, how: name, kind: 'environment' };
  }
  const named = read('ANTHROPIC_PROFILE');
  const variables = variablesOfSdk(read, named);
  if (variables !== undefined) {
    return isMisplaced(read) ? misplaced : { found: true, how: variables, kind: 'environment' };
  }
  const profile = await findProfile(read, named);
  if (profile?.found === true) return profile;
  const server = given ?? own;
  if (server !== undefined && server !== publicOrigin && named === undefined) return placeholderFor(server);
  return profile ?? { found: false, how: advice, kind: 'none' };
}

/** Variables that hold credentials and that the SDK reads by itself, after a look into its folder. */
function variablesOfSdk(read: (name: string) => string | undefined, named: string | undefined): string | undefined {
  if (/^\s*(x-api-key|authorization)\s*:/im.test(read('ANTHROPIC_CUSTOM_HEADERS') ?? '')) {
    return 'ANTHROPIC_CUSTOM_HEADERS';
  }
  return named === undefined && hasFederation(read) ? 'ANTHROPIC_FEDERATION_RULE_ID and an identity token' : undefined;
}

function hasFederation(read: (name: string) => string | undefined): boolean {
  return (
    read('ANTHROPIC_FEDERATION_RULE_ID') !== undefined &&
    read('ANTHROPIC_ORGANIZATION_ID') !== undefined &&
    (read('ANTHROPIC_IDENTITY_TOKEN_FILE') ?? read('ANTHROPIC_IDENTITY_TOKEN')) !== undefined
  );
}

async function findProfile(
  read: (name: string) => string | undefined,
  named: string | undefined,
): Promise<FoundCredentials | undefined> {
  const folder = configurationFolder(read);
  if (folder === undefined || isMisplaced(read)) return undefined;
  const profile = named ?? ((await textOf(join(folder, 'active_config')))?.trim() || 'default');
  if (!/^[A-Za-z0-9_.-]+$/.test(profile) || profile === '.' || profile === '..') return undefined;
  const path = join(folder, 'configs', `${profile}.json`);
  const authentication = authenticationOf(await textOf(path));
  if (authentication === undefined) {
    if (named === undefined) return undefined;
    return {
      found: false,
      how: `ANTHROPIC_PROFILE names ${profile}, but ${path} is missing or unreadable`,
      kind: 'none',
    };
  }
  if (authentication.type === 'user_oauth') {
    const tokens = authentication.credentials_path ?? join(folder, 'credentials', `${profile}.json`);
    if (!(await isFile(tokens))) {
      return { found: false, how: `the profile ${profile} is not logged in: ${tokens} is missing`, kind: 'none' };
    }
  }
  return { found: true, how: `the profile ${profile} in ${path}`, kind: 'profile' };
}

async function isOfUser(origin: string, environment: Environment): Promise<boolean> {
  return (await serversOfUser(environment)).some((server) => originOf(server) === origin);
}

/** A relative folder is one of whatever is worked on: a profile in it could send the user's credentials anywhere. */
function isMisplaced(read: (name: string) => string | undefined): boolean {
  return !isAbsolute(configurationFolder(read) ?? '/');
}

function configurationFolder(read: (name: string) => string | undefined): string | undefined {
  const chosen = read('ANTHROPIC_CONFIG_DIR');
  if (chosen !== undefined) return chosen;
  if (process.platform === 'win32') {
    const appData = read('APPDATA');
    return appData === undefined ? undefined : join(appData, 'Anthropic');
  }
  const settings = read('XDG_CONFIG_HOME');
  if (settings !== undefined) return join(settings, 'anthropic');
  const home = read('HOME');
  return home === undefined ? undefined : join(home, '.config', 'anthropic');
}

interface Authentication {
  type: string;
  credentials_path?: string;
}

function authenticationOf(json: string | undefined): Authentication | undefined {
  try {
    const value: { authentication?: { type?: unknown; credentials_path?: unknown } } | null = JSON.parse(
      json ?? 'null',
    );
    const type = value?.authentication?.type;
    const path = value?.authentication?.credentials_path;
    if (type !== 'user_oauth' && type !== 'oidc_federation') return undefined;
    return typeof path === 'string' ? { type, credentials_path: path } : { type };
  } catch {
    return undefined;
  }
}

function placeholderFor(server: string): FoundCredentials {
  return {
    found: true,
    how: `none for ${server}: a placeholder is sent (to send yours, name it with ANTHROPIC_BASE_URL, --base-url or in settings.json)`,
    kind: 'placeholder',
  };
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
