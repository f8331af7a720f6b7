/** The `fanfold` command. The only place that touches the process: arguments, streams, exit code. */
import packageJson from '../../package.json' with { type: 'json' };
import { threadsAhead } from './threads-ahead.ts';
import { workplaceAhead } from './workplace-ahead.ts';

// A reader that has seen enough (`fanfold status | head -1`) is no failure.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Relative to the bundle, where the worker's entry lies beside this one.
const workerEntry = new URL('./worker.js', import.meta.url);
const args = process.argv.slice(2);
const threadPool = threadsAhead(args, workerEntry);
const ahead = workplaceAhead(args, process.cwd());

// Without `await`: a bundle that can be cached has none outside of functions.
void start();

async function start(): Promise<void> {
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(args, {
    workerEntry,
    threadPool,
    workplaceAhead: ahead,
    version: packageJson.version,
    folder: process.cwd(),
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  });
  await threadPool?.destroy();
}
