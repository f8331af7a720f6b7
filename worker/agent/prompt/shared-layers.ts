/** The layers of a request that agents share, as the bytes that count for the prompt cache. Called by watch-prompts.ts. */
import { createHash } from 'node:crypto';
import type { ModelRequest } from '../model/model.ts';

export interface SharedLayer {
  digest: string;
  text: string;
  bytes: number;
}

export interface SharedLayers {
  /** Tools and system text. */
  system: SharedLayer;
  /** Undefined where a run has nothing to tell all its agents. */
  run: SharedLayer | undefined;
}

export function sharedLayers({
  tools,
  system: [first, ...rest],
}: Pick<ModelRequest, 'tools' | 'system'>): SharedLayers {
  const toolLines = tools.map((tool) => `${JSON.stringify(tool)}\n`);
  return {
    system: layerOf(`${toolLines.join('')}${first?.text ?? ''}`),
    run: rest.length === 0 ? undefined : layerOf(rest.map(({ text }) => text).join('\n')),
  };
}

export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function layerOf(text: string): SharedLayer {
  return { text, digest: shortDigest(text), bytes: Buffer.byteLength(text) };
}
