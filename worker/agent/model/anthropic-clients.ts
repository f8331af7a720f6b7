/**
 * SDK clients, one for each base URL, shared by all agents of a thread: they share connections and refreshed tokens.
 * Made once per thread by its owner. The SDK is loaded with the first client.
 */
import { createHash } from 'node:crypto';
import type { BaseAnthropic, ClientOptions } from '@anthropic-ai/sdk';
import { type FoundCredentials, findCredentials } from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { createLeanFetch } from './lean-fetch.ts';

export interface AnthropicClient {
  client: BaseAnthropic;
  /** Names server and credential without giving them away: who shares it shares the server's limits. */
  account: string;
  /** After a refusal of the credentials the SDK gets new ones, which a second try is worth. */
  refreshes: boolean;
}

export interface AnthropicClients {
  /** Rejects with `credentials-missing` when there are none and the server is not one's own. */
  for(baseUrl: string | undefined): Promise<AnthropicClient>;
}

export interface ClientSettings {
  environment?: NodeJS.ProcessEnv;
  /** Default: a lean fetch over node:http, or the global one behind a proxy. */
  fetch?: ClientOptions['fetch'];
}

export function createAnthropicClients({ environment = process.env, fetch }: ClientSettings = {}): AnthropicClients {
  const clients = new Map<string | undefined, Promise<AnthropicClient>>();
  const sharedFetch = fetch ?? createLeanFetch(environment);
  return {
    for(baseUrl) {
      const known = clients.get(baseUrl);
      if (known !== undefined) return known;
      const client = createClient(baseUrl, environment, sharedFetch);
      clients.set(baseUrl, client);
      // Credentials may be there the next time.
      client.catch(() => clients.delete(baseUrl));
      return client;
    },
  };
}

async function createClient(
  givenBaseUrl: string | undefined,
  environment: NodeJS.ProcessEnv,
  fetch: ClientOptions['fetch'],
): Promise<AnthropicClient> {
  const baseUrl = givenBaseUrl ?? (environment['ANTHROPIC_BASE_URL']?.trim() || undefined);
  const found = await findCredentials(environment, baseUrl);
  if (!found.found) {
    throw new FanfoldError({
      code: 'credentials-missing',
      message: 'There are no credentials for the model.',
      next: `To use one, ${found.how}.`,
    });
  }
  const { BaseAnthropic } = await import('./anthropic-sdk.ts');
  const toStandardError = (...parts: unknown[]): void => console.error(...parts);
  const client = new BaseAnthropic({
    // The model itself asks again, since each try has to pass the governor.
    maxRetries: 0,
    fetch,
    // Standard output belongs to the events.
    logger: { error: toStandardError, warn: toStandardError, info: toStandardError, debug: toStandardError },
    ...((environment['ANTHROPIC_LOG'] ?? '') === '' ? { logLevel: 'off' } : {}),
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    ...credentialOf(found, environment),
  });
  const secret = found.kind === 'environment' ? (environment[found.how] ?? '') : '';
  const account = createHash('sha256').update(JSON.stringify([client.baseURL, found.kind, found.how, secret]));
  return { client, account: account.digest('hex'), refreshes: found.kind === 'profile' || secret === '' };
}

/** What is not in variables of its own (profiles, federation, headers) the SDK finds by itself. */
function credentialOf({ kind, how }: FoundCredentials, environment: NodeJS.ProcessEnv): ClientOptions {
  if (kind === 'placeholder') return withoutCredentials(environment);
  const value = environment[how]?.trim();
  if (how === 'ANTHROPIC_API_KEY' && value !== undefined) return { apiKey: value };
  if (how === 'ANTHROPIC_AUTH_TOKEN' && value !== undefined) return { authToken: value };
  return {};
}

/** The SDK would add the token and the headers that variables hold; none of them may reach a server a task file names. */
function withoutCredentials(environment: NodeJS.ProcessEnv): ClientOptions {
  const lines = (environment['ANTHROPIC_CUSTOM_HEADERS'] ?? '').split('\n');
  const names = lines.filter((line) => line.includes(':')).map((line) => line.slice(0, line.indexOf(':')).trim());
  return {
    apiKey: 'placeholder',
    authToken: null,
    defaultHeaders: Object.fromEntries(names.map((name) => [name, null])),
  };
}
