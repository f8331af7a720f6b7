/** Whether agents with the same shared prefix wait for the first of them. Called by watch-prompts.ts. */
import type { ModelSettings } from '../../../tasks/index.ts';
import { cacheableMinimum, findModel } from '../model/model-table.ts';

export interface SharedPrefix {
  /** Name of the model. */
  model: string;
  facts?: ModelSettings['facts'];
  bytes: number;
  /** Agents of the run that can be at work at once. */
  agents: number;
}

/** USD: less is not worth the time of a first token, which all but the first agent wait once. */
const leastSaving = 0.01;
/** Rather fewer tokens than the truth. */
const bytesPerToken = 4;
const million = 1_000_000;

/**
 * `auto` waits where it is sure to save a cent: each agent but the first reads the prefix instead of writing it too.
 * Nobody waits for what is too short to be kept, nor, unless `on`, where no price is known.
 */
export function isWorthWarming(mode: ModelSettings['warmUp'], { model, facts, bytes, agents }: SharedPrefix): boolean {
  const tokens = bytes / bytesPerToken;
  if (mode === 'off' || tokens < cacheableMinimum(model, facts)) return false;
  if (mode === 'on') return true;
  const { price } = findModel(model, facts) ?? {};
  if (price === undefined) return false;
  return ((agents - 1) * tokens * (price.cacheWrite - price.cacheRead)) / million >= leastSaving;
}
