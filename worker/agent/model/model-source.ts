import { temporaryParents } from '../../../ipc/index.ts';
import type { ModelSettings } from '../../../tasks/index.ts';
import { type ClientSettings, createAnthropicClients } from './anthropic-clients.ts';
import { createAnthropicModel } from './anthropic-model.ts';
import type { Payers } from './budget/paid-model.ts';
import { createFallbackModel } from './fallback-model.ts';
import type { Thoughts } from './foreign-thoughts.ts';
import { createMember } from './governor/member.ts';
import type { Model } from './model.ts';
import { defaultModelName } from './model-table.ts';
import type { ModelUse } from './recording/model-use.ts';
import { standInSettings } from './request-settings.ts';
import type { Patience } from './tries.ts';

/**
 * Gives the model that a subtask's settings name. Made once per thread and disposed with it; its models share clients,
 * connections and the governor.
 */
export interface ModelSource extends AsyncDisposable {
  /** `thoughts` are those of the conversation that is gone on with; `use` is for recording and replaying it. */
  model(settings: ModelSettings, thoughts?: Thoughts, use?: ModelUse): Model;
  /** Files that its traffic is recorded in or replayed from, absolute. */
  recordings?(settings: ModelSettings): string[];
  /** The same models, paid for by somebody else as well; present where somebody pays for them. */
  within?(payers: Payers): ModelSource;
}

/** How long a model that is overloaded holds a turn up when another stands by. */
const patience: Patience = { overloads: 3, waitMs: 60_000 };

export function createModelSource(clientSettings: ClientSettings = {}): ModelSource {
  const clients = createAnthropicClients(clientSettings);
  const governor = createMember({
    join: async () => (await import('./governor/join.ts')).joinGovernor({ parents: temporaryParents() }),
  });
  const resting = new Map<string | undefined, Map<string, number>>();
  return {
    model({ fallback = [], ...settings }, thoughts) {
      const { name = defaultModelName, baseUrl } = settings;
      const standIns = fallback.filter((other) => other !== name);
      const isAlone = standIns.length === 0;
      const create = (of: string, asked: ModelSettings): Model =>
        createAnthropicModel({ ...asked, name: of, clients, governor, ...(isAlone ? {} : { patience }) });
      const first = create(name, settings);
      if (isAlone && [...(thoughts?.values() ?? [])].every((of) => of === name)) return first;
      const shared = resting.get(baseUrl) ?? new Map<string, number>();
      resting.set(baseUrl, shared);
      const others = standIns.map((of) => create(of, standInSettings(of, settings)));
      return createFallbackModel({ models: [first, ...others], resting: shared, thoughts });
    },
    [Symbol.asyncDispose]: () => governor[Symbol.asyncDispose](),
  };
}
