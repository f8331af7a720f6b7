/**
 * Reads one streamed answer into an assembler and gives up on one that stands still. Called by anthropic-model.ts.
 * Promise: it settles soon after `signal` aborts or a limit is reached, whatever the server, the network or the SDK do.
 */
import { StringDecoder } from 'node:string_decoder';
import { StreamError, type TurnAssembler } from './assemble-turn.ts';
import { createEventParser } from './server-sent-events.ts';

export interface StreamLimits {
  signal: AbortSignal;
  /** A stream without a byte for so long is cut, ms. */
  idleMs: number;
}

/** A server that keeps the connection alive and says nothing may do so for this many times the idle limit. */
const wordlessIdles = 5;
/** After the last event the answer should end; a server that keeps it open must not hold up the agent. */
const lingerMs = 1_000;
/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

/** `send` starts the request and limits the time to the first byte of its answer itself. */
export async function readStream(
  assembler: TurnAssembler,
  { signal, idleMs }: StreamLimits,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<void> {
  signal.throwIfAborted();
  const cut = new AbortController();
  const follow = (): void => cut.abort(signal.reason);
  const stall = (why: string) => (): void => cut.abort(new StreamError('stalled', why));
  signal.addEventListener('abort', follow, { once: true });
  const wordlessMs = Math.min(wordlessIdles * idleMs, longestTimerMs);
  const wordless = setTimeout(stall(`no words came for ${wordlessMs / 1000} s, signs of life at most.`), wordlessMs);
  let silent: NodeJS.Timeout | undefined;
  let body: AsyncIterator<Uint8Array> | undefined;
  try {
    const aborted = untilAborted(cut.signal);
    const response = await Promise.race([send(cut.signal), aborted]);
    silent = setTimeout(stall(`nothing came for ${idleMs / 1000} s.`), idleMs);
    const decoder = new StringDecoder();
    const parser = createEventParser((data) => {
      if (assembler.accept(data)) wordless.refresh();
    });
    body = (response.body as AsyncIterable<Uint8Array> | null)?.[Symbol.asyncIterator]();
    for (;;) {
      const { done = true, value } = (await Promise.race([body?.next(), aborted])) ?? {};
      if (done) break;
      if (assembler.complete) continue;
      silent.refresh();
      parser.push(decoder.write(Buffer.from(value.buffer, value.byteOffset, value.byteLength)));
      if (assembler.complete) {
        clearTimeout(silent);
        silent = setTimeout(stall('the answer did not end after its last event.'), lingerMs);
      }
    }
  } catch (error) {
    body?.return?.().catch(() => {});
    if (assembler.complete && !signal.aborted) return;
    throw cut.signal.aborted ? cut.signal.reason : error;
  } finally {
    clearTimeout(silent);
    clearTimeout(wordless);
    signal.removeEventListener('abort', follow);
  }
  signal.throwIfAborted();
  if (!assembler.complete) throw new StreamError('cut', 'the stream ended before its last event.');
}

function untilAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  return aborted;
}
