/** A model of a long piece of work: it reads files one after another, and knows only what a request shows it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Permissions } from '../../../../tasks/index.ts';
import type { AgentResult, AgentSetup } from '../../../../worker/agent/agent.ts';
import { createResultFiles, resultFolder } from '../../../../worker/agent/context/result-files.ts';
import { summaryRequest } from '../../../../worker/agent/context/summary.ts';
import { createAnthropicModel } from '../../../../worker/agent/model/anthropic-model.ts';
import { readTranscript } from '../../../../worker/agent/read-transcript.ts';
import { runAgent } from '../../../../worker/agent/run-agent.ts';
import { createTools } from '../../../../worker/agent/tools/create-tools.ts';
import { openTranscript, replaceTranscript, type Transcript } from '../../../../worker/agent/transcript.ts';
import type { MessagesRequest } from '../../../simulated-api/request-types.d.ts';
import type { Reply, ReplyBlock, SimulatedApi } from '../../../simulated-api/server.js';

export const codeWord = 'heliotrope';
const policy: Permissions = { mode: 'bypassPermissions', allow: [], ask: [], deny: [] };

export interface Work {
  root: string;
  logFolder: string;
  transcript: string;
}

/** A workspace with `files` files of about `bytes` each; the first holds the code word. */
export function prepareWork(folder: string, files: number, bytes: number): Work {
  const root = join(folder, 'workspace');
  const logFolder = join(folder, 'attempt');
  mkdirSync(root);
  mkdirSync(logFolder);
  for (let file = 1; file <= files; file += 1) {
    const lines = Array.from({ length: Math.ceil(bytes / 50) }, (_, line) =>
      `line ${line} of file ${file}: ${'x'.repeat(50)}`.slice(0, 49),
    );
    if (file === 1) lines[3] = `The code word is ${codeWord}.`;
    writeFileSync(join(root, `file-${file}.txt`), `${lines.join('\n')}\n`);
  }
  return { root, logFolder, transcript: join(logFolder, 'transcript.jsonl') };
}

export interface Pace {
  files: number;
  /** Characters of text in each reply. */
  words: number;
  /** What is answered to a request for a summary, by its number; by default what a good model says. */
  summary?: (count: number) => ReplyBlock[] | undefined;
}

/** Text of all blocks, with the results of tools. */
function seenIn({ messages }: MessagesRequest): string[] {
  return messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? [content]
      : content.flatMap((block) => {
          if (block.type === 'text') return [block.text];
          return block.type === 'tool_result' && typeof block.content === 'string' ? [block.content] : [];
        }),
  );
}

export function isSummaryRequest({ messages }: MessagesRequest): boolean {
  const content = messages.at(-1)?.content;
  const last = typeof content === 'string' ? undefined : content?.at(-1);
  return last?.type === 'text' && last.text === summaryRequest;
}

/** Plays the model; the place in the work is read from the last call that it can see. */
export function createWorker({ files, words, summary }: Pace): {
  script: (request: MessagesRequest) => Reply;
  summaries: () => number;
} {
  let summaries = 0;
  return {
    summaries: () => summaries,
    script(request) {
      const known = seenIn(request).some((text) => text.includes(`code word is ${codeWord}`));
      const told = known ? `The code word is ${codeWord}.` : 'I do not know the code word.';
      if (isSummaryRequest(request)) {
        summaries += 1;
        return { content: summary?.(summaries) ?? [{ type: 'text', text: `Reading files in turn. ${told}` }] };
      }
      const calls = request.messages.flatMap(({ role, content }) =>
        role === 'assistant' && typeof content !== 'string' ? content.filter(({ type }) => type === 'tool_use') : [],
      );
      const last = calls.at(-1);
      const place = last?.type === 'tool_use' ? Number(/\d+/.exec(String(last.input['file_path']))?.[0]) : 0;
      if (place === files) return { content: [{ type: 'text', text: `Read all ${files} files. ${told}` }] };
      // It says the word once, right after it has read it.
      const opening = place === 1 ? told : `File ${place + 1} is next.`;
      return {
        content: [
          { type: 'thinking', thinking: `Now file ${place + 1}.` },
          { type: 'text', text: opening.padEnd(words, ' and so on') },
          { type: 'tool_use', name: 'Read', input: { file_path: `file-${place + 1}.txt` } },
        ],
      };
    },
  };
}

export interface Delivery {
  modelName?: string;
  setup?: Partial<AgentSetup>;
  /** Stands between the agent and the file. */
  wrap?: (transcript: Transcript) => Transcript;
}

/** Goes on from the transcript where there is one. */
export async function deliver(
  { root, logFolder, transcript: path }: Work,
  api: SimulatedApi,
  { modelName = 'claude-sonnet-4-5', setup = {}, wrap = (transcript) => transcript }: Delivery = {},
): Promise<AgentResult> {
  const history = await readTranscript(path);
  if (history !== undefined) {
    await replaceTranscript(path, history.lines, { usage: history.usage, denials: history.denials });
  } else writeFileSync(path, '');
  using transcript = openTranscript(path);
  const results = createResultFiles(resultFolder(logFolder));
  return await runAgent({
    model: createAnthropicModel({ name: modelName, environment: api.environment }),
    tools: createTools({ root, environment: { PATH: process.env['PATH'] ?? '' }, results }),
    permissions: { policy },
    prompt: { system: 'You work.', run: '', task: 'Read the files one after another; then say the code word.' },
    limits: { maxTurns: 1_000 },
    signal: new AbortController().signal,
    report: () => {},
    transcript: wrap(transcript),
    results,
    ...(history === undefined ? {} : { history }),
    ...setup,
  });
}
