/** A process that appends turns to the recording named by its arguments, until it is killed: pauses are short, so that
 * it likely dies while it writes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openRecordingFile } from '../../../worker/agent/model/recording/recording-file.ts';
import { hashOf } from '../../../worker/agent/model/recording/request-parts.ts';

const [path = '', subtask = ''] = process.argv.slice(2);
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
const file = openRecordingFile(path);
process.stdout.write('ready\n');
for (let index = 0; ; index += 1) {
  await sleep(2);
  // Longer than a page, so that a kill can cut a write in two.
  const text = `${subtask} ${index} ${'x'.repeat(100_000)}`;
  const part = { kind: 'user' as const, text };
  const hash = hashOf(part);
  file.append([
    { type: 'part', hash, ...part },
    {
      type: 'turn',
      request: hash,
      subtask,
      attempt: 1,
      model: 'scripted',
      reply: { content: [{ type: 'text', text: `${index}` }], stopReason: 'end_turn' },
      usage,
      durationMs: 0,
    },
  ]);
}
