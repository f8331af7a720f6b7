import { findCredentials } from '../../ipc/index.ts';
import { FanfoldError, type Plan } from '../../tasks/index.ts';
import { checkRules } from '../../worker/index.ts';

/** Refuse what would fail only after the run has started: missing credentials, rule files that don't parse. */
export async function preflight(plan: Plan, folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  await Promise.all([checkCredentials(plan, environment), checkRules(plan, folder)]);
}

async function checkCredentials(plan: Plan, environment: NodeJS.ProcessEnv): Promise<void> {
  const agents = plan.subtasks.filter(({ executor }) => executor.kind === 'prompt');
  const servers = new Set(agents.map(({ model }) => model.baseUrl));
  for (const baseUrl of servers) await requireCredentials(environment, baseUrl, agents[0]?.id ?? '');
}

/** FanfoldError `credentials-missing` when nothing could talk to the model. */
export async function requireCredentials(
  environment: NodeJS.ProcessEnv,
  baseUrl: string | undefined,
  subject: string,
): Promise<void> {
  const { found } = await findCredentials(environment, baseUrl);
  if (found) return;
  throw new FanfoldError({
    code: 'credentials-missing',
    message: `${subject} needs a model, and no credentials were found.`,
    next: 'Set ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN), or name a local server that speaks the Messages API with ANTHROPIC_BASE_URL, --base-url or `model: { baseUrl: … }`.',
  });
}
