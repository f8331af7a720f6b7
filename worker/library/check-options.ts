/** What programs that are not type-checked may have passed. Called by create-agent.ts. */
import { FanfoldError, nearMatches } from '../../tasks/index.ts';
import type { AgentOptions } from './agent-options.ts';

const limitNames = ['turns', 'tokens', 'usd', 'deadlineMs'];

/** FanfoldError `usage` for one that is not there: a mistyped limit limits nothing. */
export function checkLimits(limits: AgentOptions['limits'] & object): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!limitNames.includes(name)) throw unknownLimit(name);
    if (value === undefined || (typeof value === 'number' && value > 0)) continue;
    throw new FanfoldError({
      code: 'usage',
      message: `The limit ${name} can't be ${String(value)}.`,
      next: 'Give a number above 0, or leave it out for no limit.',
    });
  }
}

function unknownLimit(name: string): FanfoldError {
  // As the loop calls it, and definitions of agents.
  const [near] = nearMatches(name.replace(/^max(?=[A-Z])/, ''), limitNames, 1);
  return new FanfoldError({
    code: 'usage',
    message: `There is no limit ${JSON.stringify(name)}.`,
    next: `${near === undefined ? '' : `Did you mean ${near}? `}The limits are ${limitNames.join(', ')}.`,
  });
}

/** FanfoldError `usage` for what is no tool. */
export function checkTools(tools: unknown): void {
  const wrong = Array.isArray(tools) ? tools.findIndex((tool) => !isTool(tool)) : -1;
  if (Array.isArray(tools) && wrong < 0) return;
  throw new FanfoldError({
    code: 'usage',
    message: Array.isArray(tools) ? `tools[${wrong}] is no tool.` : 'The option tools must be a list.',
    next: 'Make each with defineTool({ name, description, input, run }).',
  });
}

function isTool(tool: unknown): boolean {
  if (typeof tool !== 'object' || tool === null) return false;
  const { definition, prepare } = tool as Partial<Record<string, unknown>>;
  return typeof definition === 'object' && definition !== null && 'name' in definition && typeof prepare === 'function';
}

/** Programs that are not type-checked pass anything. */
export function problemWithRun(run: unknown, from: Record<string, unknown>): FanfoldError | undefined {
  const usage = (message: string, next: string) => new FanfoldError({ code: 'usage', message, next });
  for (const [name, value] of Object.entries(from)) {
    if (typeof value === 'string') continue;
    const [what, next] =
      name === 'prompt' ? ['The prompt', 'Say what the agent is to do.'] : ['The transcript', 'Name its file.'];
    return usage(`${what} must be text.`, next);
  }
  if (typeof run !== 'object' || run === null)
    return usage('The options of a run must be an object.', 'Leave them out, or give { signal, … }.');
  const { signal, onEvent, onText, transcript } = run as Partial<Record<string, unknown>>;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    return usage(
      'The option signal must be an AbortSignal.',
      'Leave it out, or give the signal of an AbortController.',
    );
  for (const [name, value] of Object.entries({ onEvent, onText })) {
    if (value !== undefined && typeof value !== 'function')
      return usage(`The option ${name} must be a function.`, 'Leave it out, or give a function.');
  }
  if (transcript === undefined || (typeof transcript === 'string' && transcript !== '')) return undefined;
  return usage(
    'The option transcript must be the name of a file.',
    'Leave it out, or name a file that is not there yet.',
  );
}
