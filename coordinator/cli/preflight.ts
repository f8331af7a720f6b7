import { findCredentials } from '../../ipc/index.ts';
import { FanfoldError, type ModelSettings, type Plan, replayFile } from '../../tasks/index.ts';
import { checkRecording, checkRules, checkThinkingBudget } from '../../worker/index.ts';
import { recordingsOf } from './model-traffic.ts';
import { modelsOfPlan } from './models-of-plan.ts';
import { refuseUnpricedDefinitions } from './refuse-unpriced.ts';

/**
 * Refuse what would fail only after the run has started: missing credentials, rule files and recordings that don't parse,
 * a limit that would not hold.
 * `record` is the file that the run is recorded in.
 */
export async function preflight(
  plan: Plan,
  folder: string,
  environment: NodeJS.ProcessEnv,
  record?: string,
): Promise<void> {
  const recordings = recordingsOf(plan);
  for (const path of recordings) refuseToReplace(path, record);
  refuseUnpricedDefinitions(plan);
  for (const { settings } of modelsOfPlan(plan)) checkThinkingBudget(settings);
  await Promise.all([checkCredentials(plan, environment), checkRules(plan, folder), ...recordings.map(checkRecording)]);
}

async function checkCredentials(plan: Plan, environment: NodeJS.ProcessEnv): Promise<void> {
  const used = modelsOfPlan(plan).filter(({ settings }) => replayFile(settings.name) === undefined);
  const servers = new Map(used.map(({ settings, subject }) => [settings.baseUrl, subject] as const).reverse());
  for (const [baseUrl, subject] of servers) await requireCredentials(environment, baseUrl, subject);
}

/** The same for a model that is asked before there is a plan. */
export async function preflightModel(
  { name, baseUrl }: ModelSettings,
  environment: NodeJS.ProcessEnv,
  { subject, record }: { subject: string; record: string | undefined },
): Promise<void> {
  const path = replayFile(name);
  if (path === undefined) return requireCredentials(environment, baseUrl, subject);
  refuseToReplace(path, record);
  await checkRecording(path);
}

function refuseToReplace(path: string, record: string | undefined): void {
  if (path !== record) return;
  throw new FanfoldError({
    code: 'usage',
    message: `${path} can't be replayed and recorded at the same time.`,
    next: 'Record into another file, or name a real model with --model.',
  });
}

/** FanfoldError `credentials-missing` when nothing could talk to the model. */
async function requireCredentials(
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
