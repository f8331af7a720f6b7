/**
 * A Model that looks after the prompt cache on the way to another: its first request waits until an agent with the same
 * prefix has written it, and of each request it is kept what was read and written. Made by executors/prompt.ts for one
 * agent. Promise: requests and turns pass unchanged; nothing of this makes a turn fail.
 */
import type { Assignment, PromptRecord } from '../../../ipc/index.ts';
import type { Subtask, Usage } from '../../../tasks/index.ts';
import type { Model, ModelRequest } from '../model/model.ts';
import { cacheableMinimum } from '../model/model-table.ts';
import { createConversationDigest } from './conversation-digest.ts';
import { createPromptLog } from './prompt-log.ts';
import { type SharedLayers, sharedLayers, shortDigest } from './shared-layers.ts';
import { createWarmUp, type WarmUp, type WarmUpEntry } from './warm-up.ts';
import { isWorthWarming } from './warm-up-rule.ts';

/** What the agents of a thread have in common. */
export interface PromptWatch {
  warmUp: WarmUp;
  /** Layers that were kept already. */
  kept: Set<string>;
}

export interface WatchOptions {
  assignment: Pick<Assignment, 'runFolder' | 'agentsAtOnce'> & { subtask: Pick<Subtask, 'model'> };
  /** Of the attempt, absolute; exists. */
  logFolder: string;
  /** Replaces secrets in text that is written down. */
  hide: (text: string) => string;
  watch: PromptWatch;
}

export function createPromptWatch(): PromptWatch {
  return { warmUp: createWarmUp(), kept: new Set() };
}

/** Disposed when the agent has ended. */
export function watchPrompts(model: Model, options: WatchOptions): Model & Disposable {
  const { assignment, hide, watch } = options;
  const log = createPromptLog({ ...options, runFolder: assignment.runFolder, kept: watch.kept });
  const conversation = createConversationDigest(hide);
  let known: { of: Pick<ModelRequest, 'tools' | 'system'>; layers: SharedLayers } | undefined;
  let entry: WarmUpEntry | undefined;
  let isFirst = true;

  function layersOf({ tools, system }: ModelRequest): SharedLayers {
    if (known?.of.tools !== tools || known.of.system !== system) {
      known = { of: { tools, system }, layers: sharedLayers({ tools, system }) };
      log.keepLayer(known.layers.system);
      if (known.layers.run !== undefined) log.keepLayer(known.layers.run);
    }
    return known.layers;
  }

  function enter({ system, run }: SharedLayers, signal: AbortSignal): Promise<WarmUpEntry> | undefined {
    const { subtask, runFolder, agentsAtOnce: agents = 1 } = assignment;
    const { warmUp, baseUrl = '', effort = '', facts } = subtask.model;
    const bytes = system.bytes + (run?.bytes ?? 0);
    if (!isWorthWarming(warmUp, { model: model.name, facts, bytes, agents })) return undefined;
    // Thinking is no part of it: a server that is told to think otherwise reads the same tools and system text.
    const prefix = shortDigest([model.name, baseUrl, effort, system.digest, run?.digest ?? ''].join('\n'));
    return watch.warmUp.enter(runFolder, prefix, signal);
  }

  return {
    ...model,
    async stream(request, streamOptions) {
      const layers = layersOf(request);
      const part = conversation(request.messages);
      if (isFirst) entry = await enter(layers, streamOptions.signal);
      const heldMs = isFirst ? Math.round(entry?.heldMs ?? 0) : 0;
      isFirst = false;
      const at = Date.now();
      let begunMs: number | undefined;
      const begin = (): void => {
        begunMs ??= Date.now() - at;
        entry?.begun();
      };
      const turn = await model
        .stream(request, {
          ...streamOptions,
          onBegin() {
            begin();
            streamOptions.onBegin?.();
          },
        })
        .finally(() => entry?.ended(streamOptions.signal.aborted ? 'may-try' : 'need-not-wait'));
      // Not every model says when its answer begins.
      if (turn.ok) begin();
      log.append({
        at,
        ...(begunMs === undefined ? {} : { begunMs }),
        ...(turn.ok ? {} : { failed: true }),
        model: (turn.ok ? turn.model : undefined) ?? model.name,
        layers: { system: layers.system.digest, run: layers.run?.digest ?? '', conversation: part.digest },
        bytes: { system: layers.system.bytes, run: layers.run?.bytes ?? 0, conversation: part.bytes },
        ...(part.before === undefined ? {} : { before: part.before }),
        ...tokensOf((turn.ok ? turn.answered : undefined) ?? turn.usage),
        minimum: cacheableMinimum(model.name, assignment.subtask.model.facts),
        ...(heldMs === 0 ? {} : { heldMs }),
        ...(part.changed === undefined ? {} : { changed: part.changed }),
      });
      return turn;
    },
    [Symbol.dispose]: () => log[Symbol.dispose](),
  };
}

function tokensOf(usage: Usage): Pick<PromptRecord, 'uncached' | 'read' | 'written'> {
  return { uncached: usage.inputTokens, read: usage.cacheReadTokens, written: usage.cacheWriteTokens };
}
