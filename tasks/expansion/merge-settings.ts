import { defaultModelName } from '../plan/model-facts.ts';
import type { Permissions } from '../plan/permissions.ts';
import type { Budget, ModelSettings } from '../plan/plan.ts';
import { parseDuration } from '../task-file/duration.ts';
import type { BudgetFields, ModelFields, PermissionSettings } from '../task-file/settings-schemas.ts';

/** Permissions from the most general to the most specific: lists add up, the last mode counts. */
export function mergePermissions(...layers: (PermissionSettings | undefined)[]): Permissions {
  const merged: Permissions = { mode: 'acceptEdits', allow: [], ask: [], deny: [] };
  for (const layer of layers) {
    merged.mode = layer?.mode ?? merged.mode;
    merged.allow.push(...(layer?.allow ?? []));
    merged.ask.push(...(layer?.ask ?? []));
    merged.deny.push(...(layer?.deny ?? []));
  }
  return merged;
}

/** Model settings from the most general to the most specific, field by field; how a model thinks is said of that model. */
export function mergeModel(...layers: (ModelFields | undefined)[]): ModelSettings {
  const merged: ModelSettings = {};
  for (const layer of layers) {
    if (layer?.name !== undefined) {
      if (layer.name !== (merged.name ?? defaultModelName)) {
        delete merged.effort;
        delete merged.thinking;
      }
      merged.name = layer.name;
    }
    if (layer?.baseUrl !== undefined) merged.baseUrl = layer.baseUrl;
    if (layer?.maxTokens !== undefined) merged.maxTokens = layer.maxTokens;
    if (layer?.idleTimeout !== undefined) merged.idleTimeoutMs = parseDuration(layer.idleTimeout);
    if (layer?.fallback !== undefined) merged.fallback = [...new Set(layer.fallback)];
    if (layer?.warmUp !== undefined) merged.warmUp = layer.warmUp;
    if (layer?.effort !== undefined) merged.effort = layer.effort;
    if (layer?.thinking !== undefined) merged.thinking = layer.thinking;
  }
  return merged;
}

/** Budgets from the most general to the most specific, limit by limit; undefined where nothing is limited. */
export function mergeBudget(...layers: (BudgetFields | undefined)[]): Budget | undefined {
  const merged: Budget = {};
  for (const layer of layers) {
    if (layer?.usd !== undefined) merged.usd = layer.usd;
    if (layer?.tokens !== undefined) merged.tokens = layer.tokens;
    if (layer?.minutes !== undefined) merged.minutes = layer.minutes;
  }
  return Object.keys(merged).length === 0 ? undefined : merged;
}
