import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import { sep } from 'node:path';
import { FanfoldError } from '../../../tasks/index.ts';

/** What decides whether a folder lies on a disk of this machine. */
export interface FileSystemProbe {
  /** `f_type` of statfs(2). */
  type(folder: string): number;
  /** The text of /proc/self/mountinfo, empty where there is none. */
  mounts(): string;
}

const systemProbe: FileSystemProbe = {
  type: (folder) => statfsSync(folder).type,
  mounts() {
    try {
      return readFileSync('/proc/self/mountinfo', 'utf8');
    } catch {
      return '';
    }
  },
};

/** Magic numbers of statfs(2), of the kernel's own headers and of `stat -f` (coreutils). FUSE is looked at by its subtype. */
const networkTypes = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x19830326, 'BeeGFS'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0x564c, 'NCP'],
  [0x20030528, 'OrangeFS'],
  [0x61636673, 'ACFS'],
  [0xaad7aaea, 'PanFS'],
  [0xbeefdead, 'StorNext'],
  [0xbacbacbc, 'VMware shared folder'],
  [0x7c7c6673, 'Parallels shared folder'],
]);
const fuseType = 0x65735546;
const localFuse =
  /^(fuseblk|virtiofs|fuse\.(fuse-overlayfs|overlayfs|bindfs|mergerfs|gocryptfs|encfs|cryfs|securefs|ntfs-3g|exfat|lxcfs))$/;

/**
 * Refuse a folder on a network file system: there a rename may be seen late or done twice, so two workers could hold
 * one message. Throws `mailbox-failed`.
 */
export function requireLocalDisk(folder: string, probe: FileSystemProbe = systemProbe): void {
  const type = probe.type(folder) >>> 0;
  const kind = networkTypes.get(type) ?? (type === fuseType ? remoteFuse(folder, probe) : undefined);
  if (kind === undefined) return;
  throw new FanfoldError({
    code: 'mailbox-failed',
    message: `The mailbox folder ${folder} is on a network file system (${kind}), where claims are not safe.`,
    next: 'Work in a clone on a disk of this machine (ext4, xfs, btrfs, APFS). Sharing a mailbox between machines takes the Redis backend, which is still to come.',
    data: { folder, fileSystem: kind },
  });
}

function remoteFuse(folder: string, probe: FileSystemProbe): string | undefined {
  const kind = mountedKind(realpathSync(folder), probe.mounts()) ?? 'FUSE';
  return localFuse.test(kind) ? undefined : kind;
}

/** The type of the mount that a path lies on: the deepest one, the last of equals. See proc_pid_mountinfo(5). */
function mountedKind(path: string, mounts: string): string | undefined {
  let deepest = -1;
  let kind: string | undefined;
  for (const line of mounts.split('\n')) {
    const [left, right] = line.split(' - ');
    const point = left?.split(' ')[4]?.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
    if (point === undefined || right === undefined) continue;
    const inside = path === point || path.startsWith(point.endsWith(sep) ? point : point + sep);
    if (!inside || point.length < deepest) continue;
    deepest = point.length;
    kind = right.split(' ')[0];
  }
  return kind;
}
