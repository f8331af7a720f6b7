#!/usr/bin/env node
/** The `fanfold` command. The only place that touches the process: arguments, streams, exit code. */
import packageJson from '../../package.json' with { type: 'json' };
import { runCommandLine } from './command-line.ts';

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
