#!/usr/bin/env node
/** The `fanfold` command. The only place that touches the process: arguments, streams, exit code. */
import packageJson from '../../package.json' with { type: 'json' };
import { runCommandLine } from './command-line.ts';

// A reader that has seen enough (`fanfold status | head -1`) is no failure.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  // Relative to the bundle, where the worker's entry lies beside this one.
  workerEntry: new URL('./worker.js', import.meta.url),
  version: packageJson.version,
  folder: process.cwd(),
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
