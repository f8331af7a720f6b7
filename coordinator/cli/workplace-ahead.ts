import type { Workplace } from './workplace.ts';

/** A workplace that is being looked for while the rest of the program loads. */
export interface WorkplaceAhead {
  /** `--repo` as the command line seems to say; who uses this compares it with what was really given. */
  repo: string | undefined;
  found: Promise<Workplace>;
}

/**
 * Git is asked where the work is before the command line is parsed: its answer takes as long as loading the rest. A
 * guess, like the threads: it only reads, and when it turns out wrong nobody looks at it.
 */
export function workplaceAhead(args: readonly string[], folder: string): WorkplaceAhead | undefined {
  if (!['run', 'resume'].includes(args[0] ?? '')) return undefined;
  const position = args.findIndex((arg) => arg === '--repo' || arg.startsWith('--repo='));
  const repo = position < 0 ? undefined : (args[position]?.split('=')[1] ?? args[position + 1]);
  const found = import('./workplace.ts').then(({ findWorkplace }) => findWorkplace(repo, folder));
  // Whoever waits for it learns of a failure.
  found.catch(() => {});
  return { repo, found };
}
