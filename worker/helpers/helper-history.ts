import { rm } from 'node:fs/promises';
import type { HelperFolder } from '../../ipc/index.ts';
import { noUsage, type Usage } from '../../tasks/index.ts';
import { resultFolder } from '../agent/context/result-files.ts';
import type { PromptLayers } from '../agent/prompt/layers.ts';
import { type Conversation, readTranscript } from '../agent/read-transcript.ts';
import { replaceTranscript } from '../agent/transcript.ts';

/**
 * The conversation that a helper goes on from, with its transcript begun anew so that nobody else writes to it; none
 * where it begins, or where the one it has is for another task. `spent` is what it has used in either case.
 */
export async function helperHistory(
  folder: HelperFolder,
  { model, layers, hide }: { model: string; layers: PromptLayers; hide: (json: string) => string },
): Promise<{ history: Conversation | undefined; spent: { usage: Usage; denials: number } }> {
  const found = await readTranscript(folder.transcript);
  if (found === undefined) {
    await rm(folder.transcript, { force: true });
    return { history: undefined, spent: { usage: noUsage(), denials: 0 } };
  }
  const spent = { usage: found.usage, denials: found.denials };
  const written = JSON.stringify([found.layers.run, found.layers.task]);
  const isSame = found.model === model && hide(JSON.stringify([layers.run, layers.task])) === written;
  await replaceTranscript(folder.transcript, isSame ? found.lines : '', spent);
  if (isSame) return { history: found, spent };
  await rm(resultFolder(folder.root), { recursive: true, force: true });
  return { history: undefined, spent };
}
