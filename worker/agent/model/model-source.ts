import type { ModelSettings } from '../../../tasks/index.ts';
import { type ClientSettings, createAnthropicClients } from './anthropic-clients.ts';
import { createAnthropicModel } from './anthropic-model.ts';
import type { Model } from './model.ts';

/** Gives the model that a subtask's settings name. Made once per thread; its models share clients and connections. */
export interface ModelSource {
  model(settings: ModelSettings): Model;
}

export function createModelSource(clientSettings: ClientSettings = {}): ModelSource {
  const clients = createAnthropicClients(clientSettings);
  return { model: (settings) => createAnthropicModel({ ...settings, clients }) };
}
