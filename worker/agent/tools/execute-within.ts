import { failed, type ToolLimits, type ToolResult } from './tool.ts';

const usualLimits: ToolLimits = { limitMs: 900_000, graceMs: 5_000 };

/**
 * Executes a prepared call and waits for it no longer than the limits say: a tool that does not obey its signal must
 * not hold up the agent. What it does later is its own affair.
 */
export async function executeWithin(
  execute: (signal: AbortSignal) => ToolResult | Promise<ToolResult>,
  signal: AbortSignal,
  { limitMs, graceMs }: ToolLimits = usualLimits,
): Promise<ToolResult> {
  const stop = new AbortController();
  let answerLate = (_: ToolResult): void => {};
  const late = new Promise<ToolResult>((resolve) => {
    answerLate = resolve;
  });
  let grace: NodeJS.Timeout | undefined;
  const end = (why: string): void => {
    if (stop.signal.aborted) return;
    stop.abort(signal.reason);
    grace = setTimeout(() => answerLate(failed(why)), graceMs);
  };
  const follow = (): void => end('The tool was cancelled and did not end.');
  const limit = setTimeout(() => end(`The tool did not end within ${limitMs / 1000} s.`), limitMs);
  signal.addEventListener('abort', follow, { once: true });
  if (signal.aborted) follow();
  try {
    return await Promise.race([execute(stop.signal), late]);
  } finally {
    clearTimeout(limit);
    clearTimeout(grace);
    signal.removeEventListener('abort', follow);
  }
}
