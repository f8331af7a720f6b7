/**
 * What models have used by what transcripts tell: of work that was interrupted, no event says it. Read by workers that
 * take such work up, and by the coordinator of a run that is resumed. Lines that can't be read count for nothing.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addUsage, noUsage, type Usage, usageSchema } from '../../tasks/index.ts';

/** The name of the transcript of a check's judge, in the folder of the attempt or gate that it judges. */
export function judgeTranscript(check: string): string {
  return `judge-${check}.jsonl`;
}

/** Of all judges that wrote into this folder, however often. */
export function usageOfJudges(folder: string): Promise<Usage> {
  return usageIn(folder, { deep: false, wanted: isJudges });
}

/** Of everybody: of an attempt its agent, its candidates, its helpers and their judges. */
export function usageOfAll(folder: string): Promise<Usage> {
  return usageIn(folder, { deep: true, wanted: (name) => name === 'transcript.jsonl' || isJudges(name) });
}

function isJudges(name: string): boolean {
  return name.startsWith('judge-') && name.endsWith('.jsonl');
}

async function usageIn(
  folder: string,
  { deep, wanted }: { deep: boolean; wanted: (name: string) => boolean },
): Promise<Usage> {
  const entries = await readdir(folder, { recursive: deep, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(paths.map(usageOfTranscript))).reduce(addUsage, noUsage());
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
