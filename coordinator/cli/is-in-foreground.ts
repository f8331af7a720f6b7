import { readFileSync } from 'node:fs';

/** Whether this process may use its terminal. Taken for granted without job control, and elsewhere than on Linux. */
export function isInForeground(): boolean {
  try {
    // After the name in parentheses: state, parent, process group, session, terminal, the terminal's foreground group.
    const [, , group, , , foreground] = (readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1) ?? '').split(' ');
    return foreground === '-1' || group === foreground;
  } catch {
    return true;
  }
}
