import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Names this process so that others on the machine can tell later whether it still lives: `pid.start.namespace.boot`,
 * digits and dots only.
 */
export function processIdentity(): string {
  return `${process.pid}.${startOf('self') ?? '0'}.${namespaceOf('self') ?? '0'}.${currentBoot() ?? '0'}`;
}

/**
 * True only when the process of that identity is certainly gone: it ended, is dead and only waits for its parent to
 * ask for its end, or ran before the machine was started the last time. A process of another namespace (a container),
 * or any on a system without /proc whose id was taken over, may be gone and yet answer false.
 */
export function isProcessGone(identity: string): boolean {
  if (isOfAnotherBoot(identity)) return true;
  const [pid, start, namespace] = identity.split('.');
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || namespace !== (namespaceOf('self') ?? '0')) return false;
  try {
    process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = readStatus(String(id));
  if (now === undefined) return false;
  return (start !== '0' && now.start !== start) || isDead(id, now.state);
}

/**
 * True where this process can't look for that one: it is of another process namespace, or names another start of the
 * machine, which might be another machine that shares the folder.
 */
export function isProcessElsewhere(identity: string): boolean {
  const [, , namespace] = identity.split('.');
  return isOfAnotherBoot(identity) || namespace !== (namespaceOf('self') ?? '0');
}

/** Identities of earlier versions name no boot; a bell's registration goes on with random characters there. */
function isOfAnotherBoot(identity: string): boolean {
  const boot = identity.split('.')[3];
  if (boot === undefined || boot === '0' || !/^\d{1,10}$/.test(boot)) return false;
  const now = currentBoot();
  return now !== undefined && boot !== now;
}

/** A zombie whose threads are gone as well: none of them can write any more. */
function isDead(id: number, state: string): boolean {
  if (state !== 'Z' && state !== 'X') return false;
  try {
    return readdirSync(`/proc/${id}/task`).length <= 1;
  } catch {
    return true;
  }
}

/** Clock ticks from boot to the start of the process: with the id it names one process for good. */
function startOf(pid: string): string | undefined {
  return readStatus(pid)?.start;
}

function readStatus(pid: string): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = ''] = fields;
    return { state, start: fields[19] ?? '0' };
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

/** 32 bits of the id that the kernel draws at each start, in decimal digits. */
function currentBoot(): string | undefined {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    return /^[0-9a-f]{8}$/.test(id) ? String(Number.parseInt(id, 16)) : undefined;
  } catch {
    return undefined;
  }
}
