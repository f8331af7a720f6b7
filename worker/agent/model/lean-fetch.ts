/**
 * A fetch for the SDK over node:http(s) with kept-alive connections: the global fetch spends about 0.4 ms of processor
 * time more on each turn (docs/decisions). It does what one POST and its streamed answer need; requests it does not
 * fully understand (streamed bodies, redirects) and processes with a proxy configured use the global fetch.
 */
import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
const redirects = new Set([301, 302, 303, 307, 308]);
/** What is read of an answer that is no stream, such as an error, and for how long. */
const longestTextBytes = 1_000_000;
const textLimitMs = 30_000;
/** How long an answer that nobody reads may take to end before its connection is given up. */
const drainLimitMs = 5_000;

/** The fetch that suits this environment. Its connections are shared by all who share the returned function. */
export function createLeanFetch(environment: NodeJS.ProcessEnv): Fetch {
  if (proxyVariables.some((name) => (environment[name] ?? '') !== '')) return fetch;
  const agents = {
    'http:': new http.Agent({ keepAlive: true, scheduling: 'lifo' }),
    'https:': new https.Agent({ keepAlive: true, scheduling: 'lifo' }),
  };
  /** Nearly all requests of a client go to one address. */
  let last: { input: string; url: URL; options: http.RequestOptions } | undefined;
  return async (input, init = {}) => {
    const { body } = init;
    if (input instanceof Request || (body != null && typeof body !== 'string' && !(body instanceof Uint8Array))) {
      return fetch(input, init);
    }
    const text = String(input);
    if (last?.input !== text) {
      const url = new URL(text);
      last = { input: text, url, options: urlToHttpOptions(url) };
    }
    const { url, options } = last;
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return fetch(input, init);
    const message = await send({ ...options, agent: agents[url.protocol] }, init, body ?? undefined);
    if (!redirects.has(message.statusCode ?? 0)) return leanResponse(message, url);
    drain(message);
    return fetch(input, init);
  };
}

function send(
  options: http.RequestOptions,
  { method = 'GET', headers, signal }: RequestInit,
  body: string | Uint8Array | undefined,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortError());
    const plainHeaders: Record<string, string> = {};
    for (const [name, value] of headers instanceof Headers ? headers : new Headers(headers)) plainHeaders[name] = value;
    if (body !== undefined) plainHeaders['content-length'] = String(Buffer.byteLength(body));
    const scheme = options.protocol === 'https:' ? https : http;
    const request = scheme.request({ ...options, method, headers: plainHeaders });
    const abort = (): void => {
      reject(abortError());
      // Without an error: once an answer has come whole, nobody listens to its socket, and one would end the process.
      request.destroy();
    };
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', abort));
    request.once('response', resolve);
    // It stays for good: a failure after the answer began reaches the body's reader, and must not end the process.
    request.on('error', reject);
    request.end(body);
  });
}

function abortError(): DOMException {
  return new DOMException('This operation was aborted', 'AbortError');
}

function leanResponse(message: http.IncomingMessage, url: URL): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const status = message.statusCode ?? 0;
  const response = {
    status,
    statusText: message.statusMessage ?? '',
    ok: status >= 200 && status < 300,
    url: url.href,
    headers,
    body: leanBody(message),
    text: () => textOf(message),
    json: async (): Promise<unknown> => JSON.parse(await textOf(message)),
  };
  // The SDK reads no other member of a Response.
  return response as unknown as Response;
}

/** As far as it came when time or room ran out: an error that does not end is told all the same. */
async function textOf(message: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => message.destroy(), textLimitMs);
  try {
    for await (const part of message) {
      parts.push(part);
      size += part.length;
      if (size > longestTextBytes) break;
    }
  } catch {
    // It was cut, by the server or by the limit.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(parts).toString();
}

/** Reads to the end, so that the connection can be used again, or gives the connection up. */
function drain(message: http.IncomingMessage): void {
  const timer = setTimeout(() => message.destroy(), drainLimitMs);
  timer.unref();
  message.once('close', () => clearTimeout(timer));
  message.on('error', () => {});
  message.resume();
}

/** Reading it stops early by draining: the connection stays usable, and an answer nobody reads holds none. */
function leanBody(message: http.IncomingMessage): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = message[Symbol.asyncIterator]();
      return {
        next: () => iterator.next(),
        async return() {
          drain(message);
          return { done: true, value: undefined };
        },
      };
    },
  };
}
