// The runs whose journals record-journals.js stores: short ones that together hold every kind of event.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Scenario
 * @property {string} name folder of the fixture
 * @property {Record<string, string>} files of the folder worked on; `fanfold.yml` is run
 * @property {boolean} [git] default true
 * @property {(stage: Stage) => Promise<void>} play
 * @property {(request: unknown, context: import('../tests/simulated-api/types.d.ts').RequestContext) => object} [script]
 * @property {import('../tests/simulated-api/types.d.ts').Fault[]} [faults]
 * @property {string} [since] the first version that can record it
 * @property {boolean} [torn] the last line is cut in the middle, as a kill may leave it
 */

/**
 * @typedef {object} Stage
 * @property {(...args: string[]) => import('node:child_process').ChildProcess} start the command line
 * @property {(child: import('node:child_process').ChildProcess) => Promise<void>} end waits for it
 * @property {string} folder
 */

const rename = `id: rename
language: JavaScript
rule: { pattern: oldName($A) }
fix: newName($A)
`;

/** @param {Stage} stage */
async function playToEnd({ start, end }) {
  await end(start('run', 'fanfold.yml', '--threads', '1', '--json'));
}

/**
 * Waits until the run's journal holds all these texts.
 * @param {string} folder
 * @param {string[]} texts
 */
async function journalHas(folder, texts) {
  const runs = join(folder, '.fanfold', 'runs');
  for (let tries = 0; tries < 3_000; tries += 1) {
    const [run] = existsSync(runs) ? readdirSync(runs) : [];
    const path = join(runs, run ?? '', 'journal.jsonl');
    const journal = run !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (texts.every((text) => journal.includes(text))) {
      // What was handed out last has begun by then.
      await sleep(1_000);
      return;
    }
    await sleep(20);
  }
  throw new Error(`no journal in ${folder} came to hold ${texts.join(', ')}`);
}

const interruptible = {
  'fanfold.yml': `version: 1
name: interrupted
concurrency: 2
subtasks:
  - { id: first, run: "echo 1 > first" }
  - { id: slow, needs: [first], run: "sleep 4; echo 2 > slow" }
  - { id: slower, needs: [first], run: "sleep 4; echo 3 > slower" }
  - { id: last, needs: [slow], run: "echo 4 > last" }
`,
};
const underWay = ['"type":"subtask-end"', '"subtask":"slower"'];

/** @type {Scenario[]} */
export const scenarios = [
  {
    name: 'codemods-and-gates',
    files: {
      'a.js': 'oldName(1);\n',
      'b.js': 'other(1);\n',
      'rename.yml': rename,
      'fanfold.yml': `version: 1
name: codemods-and-gates
goal: Rename oldName to newName
concurrency: 4
checks:
  - { name: sound, run: "test ! -e bad" }
  - { name: told, run: "echo told; false", gate: false, on: [merged] }
subtasks:
  - { id: rename-a, title: Rename in a, codemod: rename.yml, files: [a.js], writes: [a.js] }
  - { id: rename-b, codemod: rename.yml, files: [b.js] }
  - { id: good, run: "echo good > good", checks: [{ name: own, run: "test -e good" }] }
  - { id: breaks-the-check, run: "touch bad", retries: 0 }
  - { id: fails, run: "echo why; exit 3" }
  - { id: waits-for-it, needs: [fails], run: "true" }
`,
    },
    play: playToEnd,
  },
  {
    name: 'bisected-batch',
    files: {
      'fanfold.yml': `version: 1
name: bisected-batch
concurrency: 4
checks:
  - { name: at-most-one-odd, run: "test $(ls odd-* 2>/dev/null | wc -l) -lt 2; result=$?; sleep 0.3; exit $result", on: [merged] }
subtasks:
  - { id: even-one, run: "echo 1 > even-1" }
  - { id: odd-one, run: "echo 1 > odd-1" }
  - { id: odd-two, run: "echo 2 > odd-2" }
  - { id: even-two, run: "echo 2 > even-2" }
`,
    },
    play: playToEnd,
  },
  {
    name: 'agents',
    files: {
      'note.txt': 'one\n',
      'fanfold.yml': `version: 1
name: agents
defaults: { model: { name: claude-sonnet-5-5 } }
permissions: { allow: ["Bash(echo *)"] }
subtasks:
  - { id: writes, prompt: "Write a note. subject=writes;", writes: [new.txt] }
  - id: answers
    prompt: "Count the lines. subject=answers;"
    workspace: none
    output: { schema: { type: object, properties: { lines: { type: integer } }, required: [lines] } }
  - { id: comes-back, prompt: "Change the note. subject=comes-back;", timeout: 6s, retries: 1 }
  - { id: does-nothing, prompt: "Do nothing. subject=does-nothing;" }
`,
    },
    faults: [{ kind: 'stall', stallMs: 60_000, match: 'subject=comes-back;', times: 1 }],
    script(_request, { turn, firstUserText }) {
      const [, subject] = /subject=([\w-]+);/.exec(firstUserText) ?? [];
      /** @param {string} name @param {Record<string, unknown>} input */
      const use = (name, input) => ({ type: 'tool_use', name, input });
      const say = { content: [{ type: 'text', text: 'I am done.' }] };
      if (subject === 'writes') {
        if (turn > 0) return say;
        return {
          content: [
            { type: 'text', text: 'I write it down.' },
            use('Bash', { command: 'echo x' }),
            use('Bash', { command: 'rm -rf /' }),
            use('Write', { file_path: 'new.txt', content: 'new\n' }),
          ],
        };
      }
      if (subject === 'answers') {
        return turn === 0
          ? { content: [use('Read', { file_path: 'note.txt' })] }
          : { content: [use('submit_result', { lines: 1 })] };
      }
      if (subject === 'comes-back') {
        if (turn === 0) return { content: [use('Read', { file_path: 'note.txt' })] };
        if (turn === 1)
          return { content: [use('Edit', { file_path: 'note.txt', old_string: 'one', new_string: 'two' })] };
      }
      return say;
    },
    play: playToEnd,
  },
  {
    name: 'interrupted',
    files: interruptible,
    async play({ start, end, folder }) {
      const child = start('run', 'fanfold.yml', '--threads', '1', '--json');
      await journalHas(folder, underWay);
      child.kill('SIGINT');
      await end(child);
    },
  },
  {
    name: 'killed',
    files: interruptible,
    torn: true,
    async play({ start, end, folder }) {
      const child = start('run', 'fanfold.yml', '--threads', '1', '--json');
      await journalHas(folder, underWay);
      child.kill('SIGKILL');
      await end(child);
    },
  },
  {
    name: 'conflict',
    files: {
      'line.txt': 'one\n',
      'fanfold.yml': `version: 1
name: conflict
concurrency: 3
subtasks:
  - { id: left, run: "echo left > line.txt" }
  - { id: right, run: "echo right > line.txt; sleep 0.5" }
  - { id: aside, run: "echo aside > aside.txt" }
  - { id: after-right, needs: [right], run: "true" }
`,
    },
    play: playToEnd,
  },
  {
    name: 'outside-git',
    git: false,
    files: {
      'a.txt': 'a\n',
      'fanfold.yml': `version: 1
name: outside-git
defaults: { workspace: copy }
budget: { minutes: 10 }
checks: [{ name: there, run: "test -e a.txt", on: [merged] }]
subtasks:
  - { id: in-a-copy, run: "echo b > b.txt" }
  - { id: changes-nothing, run: "true" }
  - { id: in-the-folder, needs: [in-a-copy], workspace: none, run: "cat b.txt", output: { schema: { type: object } } }
  - { id: counts, workspace: none, run: "echo '{ \\"lines\\": 1 }'", output: { schema: { type: object } } }
  - { id: comes-back, workspace: none, run: "test -e \\"$FANFOLD_TASK_FOLDER/again\\" || { touch \\"$FANFOLD_TASK_FOLDER/again\\"; exit 75; }" }
`,
    },
    play: playToEnd,
  },
  {
    name: 'resumed',
    since: '0.2.0',
    files: interruptible,
    async play({ start, end, folder }) {
      const child = start('run', 'fanfold.yml', '--threads', '1', '--json');
      await journalHas(folder, underWay);
      child.kill('SIGKILL');
      await end(child);
      await end(start('resume', '--threads', '1', '--json'));
    },
  },
  {
    name: 'tried-again',
    since: '0.2.0',
    files: {
      'fanfold.yml': `version: 1
name: tried-again
concurrency: 2
defaults: { retries: 0 }
subtasks:
  - { id: good, run: "echo 1 > good" }
  - { id: fails-once, run: "test -e \\"$FANFOLD_TASK_FOLDER/.git/again\\" || { touch \\"$FANFOLD_TASK_FOLDER/.git/again\\"; exit 3; }" }
  - { id: waits-for-it, needs: [fails-once], run: "echo 2 > waited" }
`,
    },
    async play({ start, end }) {
      await end(start('run', 'fanfold.yml', '--threads', '1', '--json'));
      await end(start('resume', '--failed', '--threads', '1', '--json'));
    },
  },
  {
    name: 'reused',
    since: '0.2.0',
    files: {
      'a.txt': 'a\n',
      'fanfold.yml': `version: 1
name: reused
subtasks:
  - { id: same, run: "cat a.txt > same.txt", inputs: [a.txt], writes: [same.txt] }
  - { id: same-too, needs: [same], run: "true" }
`,
    },
    async play({ start, end }) {
      await end(start('run', 'fanfold.yml', '--threads', '1', '--json'));
      // Runs are in order by their names, which tell seconds.
      await sleep(1_100);
      await end(start('run', 'fanfold.yml', '--into', 'again', '--threads', '1', '--json'));
    },
  },
  {
    name: 'letters',
    since: '0.2.0',
    files: {
      'fanfold.yml': `version: 1
name: letters
defaults: { workspace: none, messages: true }
permissions: { ask: ["Bash(ls *)"] }
subtasks:
  - { id: writer, prompt: "Write to the coordinator. subject=writer;" }
`,
    },
    script(_request, { turn }) {
      if (turn > 0) return { content: [{ type: 'text', text: 'I am done.' }] };
      const use = (/** @type {string} */ name, /** @type {object} */ input) => ({ type: 'tool_use', name, input });
      return {
        content: [
          use('SendMessage', { to: 'coordinator', message: 'All is well.' }),
          use('Bash', { command: 'ls -l' }),
        ],
      };
    },
    play: playToEnd,
  },
  {
    name: 'judged',
    since: '0.3.0',
    files: {
      'fanfold.yml': `version: 1
name: judged
concurrency: 2
budget: { tokens: 1000000 }
subtasks:
  - id: mended
    prompt: "Make it good."
    checks: [{ name: good, run: "grep -q good made.txt" }]
  - id: best
    prompt: "Make the best of it."
    candidates: 2
    checks: [{ name: worth, run: "echo score: 0.5", minimum: 0.2 }]
`,
    },
    script({ messages }, { turn }) {
      const isMended = JSON.stringify(messages[0]).includes('Make it good.');
      const write = (/** @type {string} */ path, /** @type {string} */ content) => ({
        content: [{ type: 'tool_use', name: 'Write', input: { file_path: path, content } }],
      });
      if (isMended && turn === 0) return write('made.txt', 'bad\n');
      if (isMended && turn === 2) return write('made.txt', 'good\n');
      if (!isMended && turn === 0) return write('best.txt', 'best\n');
      return { content: [{ type: 'text', text: 'I am done.' }] };
    },
    async play({ start, end }) {
      await end(start('run', 'fanfold.yml', '--canary', '1', '--yes', '--threads', '1', '--json'));
    },
  },
];
