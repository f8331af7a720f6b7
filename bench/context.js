// One agent that reads 4 MB in 95 turns, inside a window of 200,000 tokens, and the same conversation sent whole each
// turn, as a loop without context management would (a server without a limit answers it). Tokens are the server's count.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { fanfold, measure, printTable, temporaryFolder } from './measure.js';

const files = 95;
const model = 'claude-sonnet-4-5';
const window = 200_000;
/** Relative to input that is not cached, and USD for a million tokens of that. */
const price = { input: 1, cacheCreation: 1.25, cacheRead: 0.1, usd: 3 };
const task = `Read ${files} files one after another.`;

export async function bench() {
  const { folder, remove } = temporaryFolder('context');
  const script = fileURLToPath(new URL('context-script.js', import.meta.url));
  const api = await startSimulatedApiProcess(['--script', script]);
  try {
    mkdirSync(join(folder, 'source'));
    for (let file = 1; file <= files; file += 1) {
      const lines = Array.from({ length: 700 }, (_, line) => `line ${line} of file ${file}: ${'x'.repeat(30)}`);
      writeFileSync(join(folder, 'source', `file-${file}.txt`), `${lines.join('\n')}\n`);
    }
    const taskFile = join(folder, 'context.yml');
    writeFileSync(
      taskFile,
      `version: 1
name: context
defaults: { workspace: none, permissions: { mode: plan }, model: { name: ${model} } }
subtasks:
  - id: reader
    prompt: ${task}
`,
    );
    const command = [process.execPath, fanfold, 'run', taskFile, '--repo', join(folder, 'source'), '--json'];
    const run = await measure(command, { env: api.environment });
    const managed = await api.stats();
    const transcript = join(folder, 'source', '.fanfold', 'runs');
    const lines = readLines(transcript);
    await api.reset();
    const whole = await sendWhole(api.url, join(folder, 'source'));
    const plain = await api.stats();
    const kinds = (type) => lines.filter((line) => line.type === type);
    const largest = Math.max(...kinds('message').map(({ contextTokens = 0 }) => contextTokens));
    printTable(
      `Context: ${files + 1} turns, ${(whole.toolBytes / 1e6).toFixed(1)} MB of tool output, window ${window} tokens (${model})`,
      [
        '',
        'prompt tokens',
        'read from cache',
        'paid as input',
        'USD',
        'largest prompt',
        'clears',
        'summaries',
        'CPU ms/turn',
      ],
      [
        row('Fanfold', managed, largest, [
          kinds('clear').length,
          kinds('compact').length,
          (run.cpuMs / files).toFixed(1),
        ]),
        row(`sent whole${whole.largest > window ? ' (does not fit)' : ''}`, plain, whole.largest, ['–', '–', '–']),
      ],
    );
  } finally {
    await api.stop();
    remove();
  }
}

function row(name, { inputTokens, cacheCreationTokens, cacheReadTokens }, largest, rest) {
  const prompt = inputTokens + cacheCreationTokens + cacheReadTokens;
  const paid =
    inputTokens * price.input + cacheCreationTokens * price.cacheCreation + cacheReadTokens * price.cacheRead;
  const share = `${((100 * cacheReadTokens) / prompt).toFixed(1)}%`;
  return [name, prompt, share, Math.round(paid), ((paid * price.usd) / 1e6).toFixed(2), largest, ...rest];
}

function readLines(runs) {
  const [run] = readdirSync(runs);
  const path = join(runs, run, 'subtasks', 'reader', '1', 'transcript.jsonl');
  return readFileSync(path, 'utf8').trim().split('\n').map(JSON.parse);
}

/** The plainest loop that uses the cache well: everything is sent, with the last two messages of the user marked. */
async function sendWhole(url, folder) {
  const messages = [{ role: 'user', content: [{ type: 'text', text: task }] }];
  let [toolBytes, largest] = [0, 0];
  for (;;) {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'key', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        model: 'a-model-without-limit',
        max_tokens: 32_000,
        tools: [{ name: 'Read', description: 'Reads a file.', input_schema: { type: 'object' } }],
        messages: messages.map((message, index) =>
          message.role === 'user' && index >= messages.length - 3
            ? { ...message, content: marked(message.content) }
            : message,
        ),
      }),
    });
    const { content, usage, error } = await response.json();
    if (error !== undefined) throw new Error(error.message);
    largest = Math.max(largest, usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens);
    const calls = content.filter(({ type }) => type === 'tool_use');
    if (calls.length === 0) return { toolBytes, largest };
    messages.push({ role: 'assistant', content: content.map(plain) });
    const results = calls.map(({ id, input }) => {
      const text = numbered(readFileSync(join(folder, input.file_path), 'utf8'));
      toolBytes += text.length;
      return { type: 'tool_result', tool_use_id: id, content: text };
    });
    messages.push({ role: 'user', content: results });
  }
}

function plain({ type, text, id, name, input }) {
  return type === 'text' ? { type, text } : { type, id, name, input };
}

function marked(content) {
  return [...content.slice(0, -1), { ...content.at(-1), cache_control: { type: 'ephemeral' } }];
}

/** As the tool Read gives a file. */
function numbered(text) {
  const lines = text.trimEnd().split('\n');
  return lines.map((line, index) => `${String(index + 1).padStart(6)}\t${line}\n`).join('');
}
