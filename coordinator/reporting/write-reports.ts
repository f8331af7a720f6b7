import { join } from 'node:path';
import type { RunState } from '../../tasks/index.ts';
import { junitReport } from './junit-report.ts';
import { markdownReport } from './markdown-report.ts';
import { toReport } from './to-report.ts';
import { writeAtomically } from './write-atomically.ts';

/**
 * Write report.md, report.json and junit.xml into a run's folder, each whole or not at all. Returns their paths.
 * Throws errors of the file system.
 */
export async function writeReports(state: RunState, folder: string): Promise<string[]> {
  const report = toReport(state, folder);
  const files = [
    { name: 'report.md', content: markdownReport(report) },
    { name: 'report.json', content: `${JSON.stringify(report, undefined, 2)}\n` },
    { name: 'junit.xml', content: junitReport(report) },
  ];
  const paths = files.map(({ name }) => join(folder, name));
  await Promise.all(files.map(({ name, content }) => writeAtomically(join(folder, name), content)));
  return paths;
}
