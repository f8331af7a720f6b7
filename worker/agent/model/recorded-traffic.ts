/** Recording and replaying for the models of one worker thread. Called by services.ts. */
import { secretsIn } from '../../../ipc/index.ts';
import { replayFile } from '../../../tasks/index.ts';
import type { ModelSource } from './model-source.ts';
import type { ModelUse } from './recording/model-use.ts';
import { createPortableText } from './recording/portable-text.ts';
import { openRecordingFile } from './recording/recording-file.ts';
import { createRecordingModel } from './recording/recording-model.ts';
import { type Recording, readRecording } from './replay/read-recording.ts';
import { noteUsed } from './replay/replay-log.ts';
import { createReplayModel } from './replay/replay-model.ts';

export interface TrafficOptions {
  /** The file to record into, absolute; it is there. */
  record: string | undefined;
  /** Values of its secret variables are neither recorded nor compared. Default process.env. */
  environment?: NodeJS.ProcessEnv;
}

/**
 * The same models, but those called `replay:FILE` answer from that file, and where there is a file to record into, all
 * that models are asked and answer is written down in it. FanfoldError `recording-invalid` for a FILE that is none.
 */
export function withRecordedTraffic(
  source: ModelSource,
  { record, environment = process.env }: TrafficOptions,
): ModelSource {
  const file = record === undefined ? undefined : openRecordingFile(record);
  const recordings = new Map<string, Recording>();
  const secrets = secretsIn(environment);

  function replayed(path: string, use: ModelUse) {
    const recording = recordings.get(path) ?? readRecording(path);
    recordings.set(path, recording);
    return createReplayModel({
      recording,
      text: createPortableText(use, secrets),
      use,
      onUsed: (turn) => noteUsed(use.runFolder, recording, turn),
    });
  }

  return {
    model(settings, thoughts, use) {
      const path = replayFile(settings.name);
      if (use === undefined) return source.model(settings, thoughts);
      const model = path === undefined ? source.model(settings, thoughts, use) : replayed(path, use);
      return file === undefined
        ? model
        : createRecordingModel(model, { file, text: createPortableText(use, secrets), use });
    },
    recordings: ({ name }) => [record, replayFile(name)].filter((path) => path !== undefined),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
