import type { Permissions } from '../plan/permissions.ts';
import type { Check, ModelSettings } from '../plan/plan.ts';
import { parseDuration } from '../task-file/duration.ts';
import type { CheckFields, ModelFields, PermissionSettings } from '../task-file/settings-schemas.ts';

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

/** Model settings from the most general to the most specific, field by field. */
export function mergeModel(...layers: (ModelFields | undefined)[]): ModelSettings {
  const merged: ModelSettings = {};
  for (const layer of layers) {
    if (layer?.name !== undefined) merged.name = layer.name;
    if (layer?.baseUrl !== undefined) merged.baseUrl = layer.baseUrl;
    if (layer?.maxTokens !== undefined) merged.maxTokens = layer.maxTokens;
    if (layer?.idleTimeout !== undefined) merged.idleTimeoutMs = parseDuration(layer.idleTimeout);
    if (layer?.fallback !== undefined) merged.fallback = [...new Set(layer.fallback)];
    if (layer?.warmUp !== undefined) merged.warmUp = layer.warmUp;
  }
  return merged;
}

/** A check with its defaults: a gate, 10 minutes, at the places given. */
export function toCheck(fields: CheckFields, run: string, places: readonly ('workspace' | 'merged')[]): Check {
  return {
    name: fields.name,
    run,
    gate: fields.gate ?? true,
    timeoutMs: parseDuration(fields.timeout ?? '10m'),
    on: [...new Set(fields.on ?? places)],
  };
}
