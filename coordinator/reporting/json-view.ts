import type { Writable } from 'node:stream';
import type { EventType } from '../../tasks/index.ts';
import { openOutput } from './output.ts';
import type { View } from './view.ts';

/** These may be lost by contract: they are, when the reader falls far behind. All other events wait for it. */
const progress: ReadonlySet<EventType> = new Set<EventType>([
  'subtask-progress',
  'tool-start',
  'tool-end',
  'model-end',
]);
const maximumWaiting = 1_048_576;

/** Every event as one line of JSON, and nothing else. Events of the same tick reach the stream in one write. */
export function createJsonView({ stream }: { stream: Writable }): View {
  const output = openOutput(stream);
  let gathering = false;
  const handOver = (): void => {
    if (!gathering) return;
    gathering = false;
    stream.uncork();
  };
  return {
    show(event) {
      if (output.waiting > maximumWaiting && progress.has(event.type)) return;
      if (!gathering) {
        gathering = true;
        stream.cork();
        process.nextTick(handOver);
      }
      output.write(`${JSON.stringify(event)}\n`);
    },
    recall() {},
    say() {},
    ask: () => false,
    async close(signal) {
      handOver();
      await output.flush(signal);
      output.release();
    },
  };
}
