import { readFileSync, readlinkSync } from 'node:fs';

/** Names this process so that others on the machine can tell later whether it still lives: `pid.start.namespace`. */
export function processIdentity(): string {
  return `${process.pid}.${startOf('self') ?? '0'}.${namespaceOf('self') ?? '0'}`;
}

/**
 * True only when the process of that identity is certainly gone. A process of another namespace (a container), or any
 * on a system without /proc whose id was taken over, may be gone and yet answer false.
 */
export function isProcessGone(identity: string): boolean {
  const [pid, start, namespace] = identity.split('.');
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || namespace !== (namespaceOf('self') ?? '0')) return false;
  try {
    process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const startNow = startOf(String(id));
  return startNow !== undefined && start !== '0' && startNow !== start;
}

/** Clock ticks from boot to the start of the process: with the id it names one process for good. */
function startOf(pid: string): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function namespaceOf(pid: string): string | undefined {
  try {
    return /\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[1];
  } catch {
    return undefined;
  }
}
