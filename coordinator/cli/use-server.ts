import { FanfoldError, serverUrlSchema } from '../../tasks/index.ts';

/**
 * The server that the command line names is the user's own: it may have the user's credentials, which one that only a task
 * file names may not. FanfoldError `usage` for what is no such URL.
 */
export function useServer(baseUrl: string | undefined, environment: NodeJS.ProcessEnv): void {
  if (baseUrl === undefined) return;
  const parsed = serverUrlSchema.safeParse(baseUrl);
  if (!parsed.success) {
    throw new FanfoldError({
      code: 'usage',
      message: `--base-url takes ${parsed.error.issues[0]?.message}.`,
      next: 'Correct --base-url.',
    });
  }
  environment['ANTHROPIC_BASE_URL'] = baseUrl;
}
