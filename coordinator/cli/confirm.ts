import { createInterface } from 'node:readline/promises';
import { FanfoldError } from '../../tasks/index.ts';
import type { CommandContext } from './command-context.ts';

/** Refuses with `not-confirmed` where nobody is there to answer. Called before anything is spent on a plan. */
export function requirePerson({ stdin, stderr }: CommandContext): void {
  if (stdin.isTTY && stderr.isTTY) return;
  throw new FanfoldError({
    code: 'not-confirmed',
    message: 'A plan that a model made is run only when somebody has agreed to it, and there is no terminal to ask on.',
    next: 'Pass --yes to run it unseen, or save it with `fanfold plan … --out plan.yml`, read it, and run the file.',
  });
}

/** Ask a person yes or no, on standard error. Throws `not-confirmed` for no. */
export async function confirm(question: string, context: CommandContext, signal: AbortSignal): Promise<void> {
  const { stdin, stderr } = context;
  const reader = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await reader.question(`${question} [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  throw new FanfoldError({
    code: 'not-confirmed',
    message: 'The plan was not run.',
    next: 'Word the goal differently, or save the plan with `fanfold plan … --out plan.yml` and edit it.',
  });
}
