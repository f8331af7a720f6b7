// Records the journals that tests/integration/journal/replay.test.ts replays, each with the state they came to by the
// reducer of the version that wrote them. See tests/fixtures/journals/README.md.
//   node scripts/record-journals.js [--of <root of a built source tree>] [--as <folder>]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { createSimulatedApi } from '../tests/simulated-api/server.js';
import { scenarios } from './journal-scenarios.js';

const here = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { of: { type: 'string' }, as: { type: 'string' } } });
const root = resolve(values.of ?? here);
const commandLine = join(root, 'dist', 'cli.js');
const version = values.as ?? JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const target = join(here, 'tests', 'fixtures', 'journals', version);
const formatter = join(here, 'node_modules', '.bin', 'biome');
const longestJournalBytes = 60_000;

if (existsSync(target)) throw new Error(`${target} is there already, and stored journals are never changed: use --as`);
const work = realpathSync(mkdtempSync(join(tmpdir(), 'fanfold-journals-')));
try {
  const { reduceEvents, encodeFrame, decodeFrame, journalHeader } = await loadSources();
  for (const scenario of scenarios) {
    if (scenario.since !== undefined && version < scenario.since) continue;
    const folder = makeFolder(scenario);
    const text = await record(scenario, folder);
    const lines = text.split('\n').slice(1);
    const events = lines.flatMap((line) => decodeFrame(line)?.event ?? []).map((event) => neutral(event, folder));
    const frames = events.map((event, index) => encodeFrame(index + 1, event));
    if (scenario.torn === true) frames.splice(-1, 1, frames.at(-1).slice(0, -20));
    store(scenario.name, journalHeader + frames.join(''), reduceEvents(scenario.torn ? events.slice(0, -1) : events));
  }
  writeFileSync(join(target, 'additions.json'), '{ "run": {}, "subtask": {} }\n');
  execFileSync(formatter, ['format', '--write', target], { stdio: 'ignore' });
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The reducer and the framing of the version that is recorded. */
async function loadSources() {
  const input = join(work, 'sources.ts');
  const files = ['tasks/run-state/reduce-run.ts', 'ipc/journal/frame.ts'];
  writeFileSync(input, files.map((file) => `export * from ${JSON.stringify(join(root, file))};\n`).join(''));
  const bundle = await rolldown({ input, platform: 'node' });
  const file = join(work, 'sources.js');
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return import(pathToFileURL(file).href);
}

function makeFolder({ name, files, git = true }) {
  const folder = join(work, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const run = (...args) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  if (git) {
    run('init', '--quiet', '--initial-branch=main');
    run('config', 'user.name', 'Tester');
    run('config', 'user.email', 'tester@localhost');
    run('add', '--all');
    run('commit', '--quiet', '--message', 'base');
  }
  return folder;
}

/** The text of the journal that the scenario leaves. */
async function record({ play, script = () => ({ content: [] }), faults = [] }, folder) {
  const api = await createSimulatedApi({ script, faults });
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ANTHROPIC|CLAUDE|FANFOLD|FORCE_COLOR)/.test(name)),
  );
  const env = { ...environment, ...api.environment, HOME: '/nonexistent', NO_COLOR: '1' };
  try {
    await play({
      folder,
      start: (...args) =>
        spawn(process.execPath, [commandLine, ...args], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] }),
      async end(child) {
        if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
      },
    });
  } finally {
    await api.close();
  }
  const run =
    readdirSync(join(folder, '.fanfold', 'runs'))
      .sort()
      .at(-1) ?? '';
  return readFileSync(join(folder, '.fanfold', 'runs', run, 'journal.jsonl'), 'utf8');
}

/** Without what names this machine, its user or its processes. */
function neutral(event, folder) {
  const text = JSON.stringify(event)
    .replaceAll(folder, '/repository')
    .replaceAll(work, '/elsewhere')
    .replaceAll(tmpdir(), '/tmp')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
    .replace(/"pid":\d+/g, '"pid":4242');
  for (const name of [root, hostname(), userInfo().homedir]) {
    if (name.length > 4 && text.includes(name)) throw new Error(`a journal names ${name}: ${text.slice(0, 500)}`);
  }
  return JSON.parse(text);
}

function store(name, journal, state) {
  if (journal.length > longestJournalBytes) throw new Error(`the journal ${name} has ${journal.length} bytes`);
  const folder = join(target, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'journal.jsonl'), journal);
  const text = JSON.stringify(state, (_, value) => (value instanceof Set ? [...value] : value), 2);
  writeFileSync(join(folder, 'state.json'), `${text}\n`);
  process.stdout.write(`${version}/${name}: ${journal.length} bytes\n`);
}
