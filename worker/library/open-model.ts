/** The Model of an agent that is run from code. Called by create-agent.ts, and by who shares one between agents. */
import {
  FanfoldError,
  type ModelSettings,
  modelSettingsSchema,
  replayFile,
  serverUrlSchema,
} from '../../tasks/index.ts';
import type { Thoughts } from '../agent/model/foreign-thoughts.ts';
import type { Model } from '../agent/model/model.ts';
import type { AgentOptions } from './agent-options.ts';

/** A model that was given as one is not disposed of: it is somebody else's. */
export interface OpenModel extends AsyncDisposable {
  /** `thoughts` are those of the conversation that is gone on with. */
  model(thoughts?: Thoughts): Model;
  /** What was said of it besides what is known. */
  facts?: ModelSettings['facts'];
}

export async function openModel({
  model = {},
  environment,
}: Pick<AgentOptions, 'model' | 'environment'>): Promise<OpenModel> {
  if (typeof model === 'object' && model !== null && 'stream' in model) {
    checkOwn(model);
    return { model: () => model, [Symbol.asyncDispose]: async () => {} };
  }
  const settings = checkSettings(typeof model === 'string' ? { name: model } : model);
  const { createModelSource } = await import('../agent/model/model-source.ts');
  const source = createModelSource(environment === undefined ? {} : { environment });
  return {
    model: (thoughts) => source.model(settings, thoughts),
    facts: settings.facts,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/**
 * A model behind the Messages API, to be shared between agents or used alone. It minds the rate limits that all of
 * Fanfold on this machine share. FanfoldError `usage` for settings that can't be used.
 */
export async function anthropicModel(
  settings: ModelSettings & Pick<AgentOptions, 'environment'> = {},
): Promise<Model & AsyncDisposable> {
  const { environment, ...rest } = settings;
  const open = await openModel({ model: rest, ...(environment === undefined ? {} : { environment }) });
  const { name, limits, stream } = open.model();
  return {
    name,
    ...(limits === undefined ? {} : { limits }),
    stream,
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

function checkOwn({ name, stream }: Partial<Record<keyof Model, unknown>>): void {
  if (typeof name === 'string' && name !== '' && typeof stream === 'function') return;
  throw new FanfoldError({
    code: 'usage',
    message: 'The model can’t be used: it must have a name and a function `stream`.',
    next: 'Give a Model as docs/agent-loop.md describes it, settings of one, or its name.',
  });
}

function checkSettings(settings: ModelSettings): ModelSettings {
  const parsed = modelSettingsSchema.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new FanfoldError({
      code: 'usage',
      message: `The settings of the model can't be used: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
      next: 'Give a name, and where needed baseUrl, maxTokens, idleTimeoutMs, fallback, effort or thinking.',
    });
  }
  const server = serverUrlSchema.optional().safeParse(parsed.data.baseUrl);
  if (!server.success) {
    throw new FanfoldError({
      code: 'usage',
      message: `The baseUrl of the model can't be used: it must be ${server.error.issues[0]?.message}.`,
      next: 'Give the URL alone; credentials come from `environment`.',
    });
  }
  if (replayFile(parsed.data.name) !== undefined) {
    throw new FanfoldError({
      code: 'usage',
      message: `${parsed.data.name} replays a run; an agent that is made from code has none.`,
      next: 'Give the agent a Model of your own that answers from a script.',
    });
  }
  return parsed.data;
}
