import { execFileSync } from 'node:child_process';

/** Named pipes at these paths: whoever opens one for reading waits until somebody writes. */
export function makePipe(...paths: string[]): void {
  execFileSync('/bin/sh', ['-c', 'mkfifo "$@"', 'sh', ...paths]);
}
