/** The file that keeps a conversation of an agent that is run from code. Called by converse.ts. */
import { existsSync } from 'node:fs';
import { writeWhole } from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { type Conversation, readTranscript } from '../agent/read-transcript.ts';
import { openTranscript, resumeLine, type Transcript } from '../agent/transcript.ts';

type Secrets = Parameters<typeof openTranscript>[1];

export interface OpenTranscript extends Disposable {
  transcript: Transcript;
}

/** FanfoldError `usage` where the file is there already, or can't be made. */
export function beginTranscript(path: string, secrets: Secrets): OpenTranscript {
  if (existsSync(path)) {
    throw new FanfoldError({
      code: 'usage',
      message: `There is a transcript at ${path} already.`,
      next: 'Go on with it by agent.resume, or name another file.',
    });
  }
  return opened(path, secrets);
}

/** A line that was written in part is dropped. FanfoldError `usage` for a file that is no transcript. */
export async function resumeTranscript(
  path: string,
  model: string,
  secrets: Secrets,
): Promise<OpenTranscript & { history: Conversation }> {
  const history = await readTranscript(path);
  if (history === undefined) {
    throw new FanfoldError({
      code: 'usage',
      message: `${path} is no transcript that can be gone on with.`,
      next: 'Name the file that a run was given as `transcript`.',
    });
  }
  if (history.model !== model) {
    throw new FanfoldError({
      code: 'usage',
      message: `The conversation in ${path} is with ${history.model}, not with ${model}.`,
      next: 'Resume it with an agent of that model: what a model has thought is of use to nobody else.',
    });
  }
  const { lines, usage, denials } = history;
  await writeWhole(path, `${lines}${resumeLine({ usage, denials })}`);
  return { ...opened(path, secrets), history };
}

function opened(path: string, secrets: Secrets): OpenTranscript {
  try {
    const transcript = openTranscript(path, secrets);
    return { transcript, [Symbol.dispose]: () => transcript[Symbol.dispose]() };
  } catch (error) {
    throw new FanfoldError({
      code: 'usage',
      message: `The transcript ${path} can't be written: ${messageOf(error)}`,
      next: 'Name a file in a folder that is there and can be written.',
      cause: error,
    });
  }
}
