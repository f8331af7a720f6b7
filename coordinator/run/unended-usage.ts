/**
 * What attempts have used that were under way when their coordinator went: no event tells, their transcripts do. Called
 * when a run with a budget is taken up. Lines that can't be read count for nothing.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attemptFolder } from '../../ipc/index.ts';
import { addUsage, noUsage, type Usage, usageSchema } from '../../tasks/index.ts';
import type { Past } from '../dispatch/past.ts';

export async function unendedUsage(runFolder: string, past: ReadonlyMap<string, Past>): Promise<Usage[]> {
  const folders = [...past].flatMap(([id, found]) =>
    found.kind === 'out' ? [attemptFolder(runFolder, id, found.attempts)] : [],
  );
  return Promise.all(folders.map(usageIn));
}

/** Of all transcripts in the folder of an attempt: its agent's, its candidates', its helpers'. */
async function usageIn(folder: string): Promise<Usage> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const transcripts = entries.filter((path) => path.endsWith('transcript.jsonl')).map((path) => join(folder, path));
  const usages = await Promise.all(transcripts.map(usageOfTranscript));
  return usages.reduce(addUsage, noUsage());
}

async function usageOfTranscript(path: string): Promise<Usage> {
  let usage = noUsage();
  for (const line of (await readFile(path, 'utf8').catch(() => '')).split('\n')) {
    if (!line.includes('"usage"')) continue;
    const entry = parsed(line);
    const found = usageSchema.safeParse(entry?.usage);
    if (!found.success) continue;
    // Where an agent went on, the line says what it had used until then.
    usage = entry?.type === 'resume' ? found.data : addUsage(usage, found.data);
  }
  return usage;
}

function parsed(line: string): { type?: unknown; usage?: unknown } | undefined {
  try {
    return JSON.parse(line) as { type?: unknown; usage?: unknown };
  } catch {
    return undefined;
  }
}
