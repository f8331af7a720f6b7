import { FanfoldError, messageOf } from '../../tasks/index.ts';

/** For what a caller's own function throws: it must not be taken for a failure of what called it. */
export function callbackFailed(name: string, thrown: unknown): FanfoldError {
  if (thrown instanceof FanfoldError) return thrown;
  return new FanfoldError({
    code: 'callback-failed',
    message: `${name} threw: ${messageOf(thrown)}`,
    next: `Mend the function that was given as ${name}; what it throws ends the agent.`,
    cause: thrown,
    ...(thrown instanceof Error && thrown.stack !== undefined ? { data: { stack: thrown.stack } } : {}),
  });
}
