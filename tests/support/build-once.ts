import { execFileSync } from 'node:child_process';

/** Tests that start threads and processes run the bundle, so it is built from the sources under test, once. */
export function setup(): void {
  execFileSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' });
}
