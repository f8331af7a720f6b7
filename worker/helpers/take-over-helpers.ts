import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { helperFolder } from '../../ipc/index.ts';
import { noUsage } from '../../tasks/index.ts';
import { readTranscript } from '../agent/read-transcript.ts';
import { replaceTranscript } from '../agent/transcript.ts';
import { answerOf, numbersIn, writeAnswer } from './helper-files.ts';

/**
 * The agent of one attempt goes on in another: its helpers that have ended are not asked again, and the others go on. What
 * they have used is said by the attempt that they were of.
 */
export async function takeOverHelpers(from: string, to: string): Promise<void> {
  const spent = { usage: noUsage(), denials: 0 };
  for (const number of numbersIn(from)) {
    const [source, target] = [helperFolder(from, number), helperFolder(to, number)];
    if (!existsSync(source.request)) continue;
    mkdirSync(target.root, { recursive: true, mode: 0o700 });
    copyFileSync(source.request, target.request);
    const answer = answerOf(source);
    const conversation = await readTranscript(source.transcript);
    if (conversation !== undefined) await replaceTranscript(target.transcript, conversation.lines, spent);
    if (answer !== undefined) await writeAnswer(target, { ...answer, ...spent });
  }
}
