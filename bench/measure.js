import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bundled command line. */
export const fanfold = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
export const project = fileURLToPath(new URL('..', import.meta.url));

/** A temporary folder and the function that removes it. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `fanfold-bench-${name}-`));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Run a command as a whole process: `{startedAt, wallMs, cpuMs, peakBytes, exitCode, stdout}`. CPU and memory as the
 * kernel accounted them, descendants included (memory: the largest single process).
 */
export async function measure(command, { cwd, env, exitCode = 0 } = {}) {
  const { folder, remove } = temporaryFolder('measure');
  const output = join(folder, 'usage.json');
  const script = fileURLToPath(new URL('measure.py', import.meta.url));
  try {
    const child = spawn('python3', [script, output, ...command], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = [];
    const stderr = [];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
    const usage = JSON.parse(readFileSync(output, 'utf8'));
    if (usage.exitCode !== exitCode) {
      throw new Error(
        `${command.join(' ')} ended with ${usage.exitCode}: ${Buffer.concat(stderr)}${Buffer.concat(stdout).subarray(-2000)}`,
      );
    }
    return { ...usage, stdout: Buffer.concat(stdout).toString() };
  } finally {
    remove();
  }
}

export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `median (smallest–largest)`, with digits after the point. */
export function spread(values, digits = 0) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** Prints a table with a title; every cell is text or a number. */
export function printTable(title, head, rows) {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ');
  console.log(`\n${title}`);
  console.log(line(cells[0]));
  console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of cells.slice(1)) console.log(line(row));
}
