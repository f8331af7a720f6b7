import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Mail } from '../agent/mail.ts';

const lineSchema = z.object({ mail: z.array(z.object({ id: z.string(), from: z.string(), text: z.string() })) });

/**
 * Every message that an agent of this subtask was shown so far, by the transcripts of all its attempts. `logFolder` is
 * the folder of one attempt; the others lie beside it.
 */
export function knownMail(logFolder: string): Mail[] {
  const folder = dirname(logFolder);
  const known = new Map<string, Mail>();
  const attempts = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  for (const attempt of attempts.sort((left, right) => Number(left) - Number(right))) {
    for (const line of linesOf(join(folder, attempt, 'transcript.jsonl'))) {
      for (const mail of mailOf(line)) if (!known.has(mail.id)) known.set(mail.id, mail);
    }
  }
  return [...known.values()];
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    // An attempt that ended before its agent had begun.
    return [];
  }
}

/** The last line of an agent that was killed may be torn. */
function mailOf(line: string): Mail[] {
  if (!line.includes('"mail":')) return [];
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data.mail : [];
  } catch {
    return [];
  }
}
