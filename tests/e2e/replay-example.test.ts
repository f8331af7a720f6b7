/**
 * The example that runs by replay, and how its recording is made: `npx vitest run tests/e2e/replay-example.test.ts -u`
 * makes it anew, after a change of what agents are told.
 */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import type { ReplyBlock, Script } from '../simulated-api/types.d.ts';
import { folderLeftovers } from '../support/leftovers.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder } from '../support/temporary-repository.ts';

const example = resolve(import.meta.dirname, '../../examples/replay');

const comments: Record<string, string[]> = {
  rectangleArea: [
    'The area of a rectangle.',
    '',
    '@param {number} width',
    '@param {number} height',
    '@returns {number} in the square of their unit',
  ],
  circleArea: ['The area of a circle.', '', '@param {number} radius', '@returns {number} in the square of its unit'],
  withTax: [
    'A price with its tax.',
    '',
    '@param {number} net the price without tax',
    '@param {number} rate 0.19 is 19 %',
    '@returns {number}',
    '@throws {RangeError} when the rate is negative',
  ],
};

const functionsIn = (text: string): string[] =>
  [...text.matchAll(/export function (\w+)/g)].map(([, name = '']) => name);

function edit(file_path: string, name: string): Record<string, unknown> {
  const lines = (comments[name] ?? []).map((line) => ` * ${line}`.trimEnd());
  const old_string = `export function ${name}`;
  return { file_path, old_string, new_string: `/**\n${lines.join('\n')}\n */\n${old_string}` };
}

/** Ids that say whose they are, so that the recording is the same each time. */
function calls(subject: string, turn: number, list: { name: string; input: Record<string, unknown> }[]): ReplyBlock[] {
  return list.map((call, index) => ({ type: 'tool_use', id: `toolu_${subject}_${turn}_${index}`, ...call }));
}

const script: Script = (_request, { turn, firstUserText, toolResults }) => {
  const [, subject] = /every exported function of src\/(\w+)\.js/.exec(firstUserText) ?? [];
  if (subject === undefined) {
    if (turn === 0) return { content: calls('overview', 0, [{ name: 'Glob', input: { pattern: 'src/*.js' } }]) };
    if (turn === 1) {
      const paths = toolResults[0]?.text.split('\n') ?? [];
      return {
        content: calls(
          'overview',
          1,
          paths.map((file_path) => ({ name: 'Read', input: { file_path } })),
        ),
      };
    }
    if (turn > 2) return { content: [{ type: 'text', text: 'API.md lists the three exported functions.' }] };
    const found = toolResults.flatMap(({ text }) => functionsIn(text));
    const content = `# API\n\n${found.map((name) => `- \`${name}\`: ${comments[name]?.[0]}\n`).join('')}`;
    return { content: calls('overview', 2, [{ name: 'Write', input: { file_path: 'API.md', content } }]) };
  }
  const file_path = `src/${subject}.js`;
  if (turn === 0) return { content: calls(subject, 0, [{ name: 'Read', input: { file_path } }]) };
  if (turn === 1) {
    const edits = functionsIn(toolResults[0]?.text ?? '').map((name) => ({
      name: 'Edit',
      input: edit(file_path, name),
    }));
    const check = { name: 'Bash', input: { command: `node --check ${file_path}` } };
    return {
      content: [
        { type: 'text', text: 'Two things to say of each: what it takes and what it gives.' },
        ...calls(subject, 1, [...edits, check]),
      ],
    };
  }
  return { content: [{ type: 'text', text: `Every exported function of ${file_path} has its comment.` }] };
};

test('the example runs on a machine without a key, and as it is written in its first lines', async () => {
  const folder = temporaryFolder();
  cpSync(example, folder, { recursive: true });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder });
  expect(run.end(), run.stderr).toMatchObject({
    exitCode: 0,
    usage: { usd: 0 },
    subtasks: { total: 3, landed: 3 },
  });
  expect(run.stdout).not.toContain('not asked for');
  expect(readFileSync(join(folder, 'API.md'), 'utf8')).toContain('- `withTax`: A price with its tax.\n');
  expect(readFileSync(join(folder, 'src/area.js'), 'utf8')).toContain('/**\n * The area of a circle.\n');
  expect(folderLeftovers(folder)).toEqual([]);
});

test('its recording is what is recorded today', async () => {
  await using api = await createSimulatedApi({ script });
  const folder = temporaryFolder();
  cpSync(example, folder, { recursive: true });
  rmSync(join(folder, 'recording.ndjson'), { force: true });
  const args = ['--model', 'claude-sonnet-5-5', '--record', 'recording.ndjson', '--concurrency', '1'];
  const run = await runFanfold(['run', 'fanfold.yml', ...args], { folder, environment: api.environment });
  api.assertFinished();
  expect(run.exitCode, run.stderr).toBe(0);
  const text = readFileSync(join(folder, 'recording.ndjson'), 'utf8');
  // Tokens and times are those of no model.
  const timeless = text
    .replace(/"by":"[^"]*"/, '"by":"0.1.0"')
    .replace(/"usage":\{[^}]*\}/g, (usage) => usage.replace(/:[\d.]+/g, ':0'))
    .replace(/"durationMs":\d+/g, '"durationMs":0');
  await expect(timeless).toMatchFileSnapshot(join(example, 'recording.ndjson'));
});
