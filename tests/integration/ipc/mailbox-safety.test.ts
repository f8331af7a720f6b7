/** What keeps the file mailbox safe from bad files, other users, unsafe disks and its own size. */
import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import { requireLocalDisk } from '../../../ipc/mailbox/file/local-disk.ts';
import type { Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import { claimOne, drain, message } from '../../contract/mailbox/mailbox-contract.ts';

let folder: string;
let mailbox: Mailbox;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailbox-safety-'));
  mailbox = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
  await mailbox.open('work');
});
afterEach(async () => {
  await mailbox.close();
  await rm(folder, { recursive: true, force: true });
});

const box = (...names: string[]): string => join(folder, 'mail', 'work', ...names);

describe('bad files', () => {
  it('buries each at once with the reason, and delivers the next hundred', async () => {
    await mailbox.publishMany(
      'work',
      ['m', 'n', 'o', 'p', 'q', 'r'].map((id) => ({ envelope: message(id) })),
    );
    const segment = box('new', '5', '00000001');
    const [m = '', n = '', o = '', p = '', q = '', r = ''] = readdirSync(segment).sort();
    await writeFile(join(segment, m), '{"version":1,"id":"m","ki');
    await writeFile(join(segment, n), '');
    await writeFile(join(segment, o), JSON.stringify({ ...message('o'), version: 2 }));
    await writeFile(join(segment, p), JSON.stringify(message('another')));
    await rm(join(segment, q));
    symlinkSync('/etc/passwd', join(segment, q));
    await rm(join(segment, r));
    execFileSync('sh', ['-c', 'exec mkfifo "$0"', join(segment, r)]);
    await writeFile(join(segment, 'notes.txt'), 'hello');
    await writeFile(box('new', 'stray'), 'hello');
    await mkdir(box('new', '5', 'folder'));
    await writeFile(box('later', 'soon'), 'hello');

    const ids = Array.from({ length: 100 }, (_, index) => `good-${index}`);
    await mailbox.publishMany(
      'work',
      ids.map((id) => ({ envelope: message(id) })),
    );
    // They stood before the good ones: the claim that passes them buries them.
    const first = await claimOne(mailbox);
    const buried = (await mailbox.list('work', ['dead'])).map(({ id }) => id);
    expect([first.envelope.id, buried]).toEqual([ids[0], expect.arrayContaining(['m', 'n', 'o', 'p', 'q', 'r'])]);
    expect(await mailbox.complete(first)).toBe(true);
    expect(await drain(mailbox)).toEqual(ids.slice(1));
    const dead = (await mailbox.list('work')).filter(({ state }) => state === 'dead');
    expect(dead).toHaveLength(10);
    const reasonOf = (id: string) => dead.find((entry) => entry.id === id)?.reason;
    expect(reasonOf('m')).toMatch(/^invalid: .*JSON/);
    expect(reasonOf('n')).toMatch(/^invalid: .*JSON/);
    expect(reasonOf('o')).toMatch(/^invalid: version: /);
    expect(reasonOf('p')).toBe('invalid: its id is another, not p as its name says');
    expect(reasonOf('q')).toMatch(/^invalid: /);
    expect(reasonOf('r')).toBe('invalid: it is not a plain file');
    for (const name of ['notes.txt', 'stray', 'folder', 'soon']) {
      expect(dead.filter(({ reason }) => reason === `invalid: "${name}" is not the name of a message`)).toHaveLength(1);
    }
    const names = await readdir(box('dead', '00000001'));
    expect(names.filter((name) => name.endsWith('.reason.json'))).toHaveLength(10);

    for (const { id } of dead) {
      await expect(mailbox.requeue('work', id)).rejects.toMatchObject({ code: 'mailbox-invalid-message' });
      expect((await mailbox.read('work', id))?.envelope).toBeUndefined();
    }
    expect((await mailbox.list('work')).filter(({ state }) => state === 'dead')).toHaveLength(10);
  });

  it('delivers a buried message once it is mended, and forgets the reason', async () => {
    await mailbox.publish('work', message('one'));
    const [name = ''] = await readdir(box('new', '5', '00000001'));
    await writeFile(box('new', '5', '00000001', name), '{');
    expect(await drain(mailbox)).toEqual([]);
    const [buried = ''] = (await readdir(box('dead', '00000001'))).sort();
    await writeFile(box('dead', '00000001', buried), JSON.stringify(message('one')));
    expect(await mailbox.requeue('work', 'one')).toBe(true);
    expect(await readdir(box('dead', '00000001'))).toEqual([]);
    expect(await claimOne(mailbox)).toMatchObject({ epoch: 2, envelope: { id: 'one' } });
  });
});

describe('other users', () => {
  it('keeps folders 0700 and files 0600', async () => {
    await mailbox.publish('work', message('one'));
    await claimOne(mailbox);
    await mailbox.publish('work', message('two'), { delayMs: 60_000 });
    const entries = await readdir(join(folder, 'mail'), { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(10);
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, (mode & 0o777).toString(8)]).toEqual([entry.name, entry.isDirectory() ? '700' : '600']);
    }
    expect((await stat(join(folder, 'mail'))).mode & 0o777).toBe(0o700);
  });

  it('closes a folder that was left open to others', async () => {
    await chmod(join(folder, 'mail'), 0o777);
    await createFileMailbox({ folder: join(folder, 'mail') }).close();
    expect((await stat(join(folder, 'mail'))).mode & 0o777).toBe(0o700);
  });

  it('takes a folder below a symbolic link', async () => {
    symlinkSync(folder, join(folder, 'link'));
    const below = createFileMailbox({ folder: join(folder, 'link', 'below') });
    await below.open('work');
    await below.publish('work', message('one'));
    expect(await drain(below)).toEqual(['one']);
    await below.close();
  });

  it('refuses a symbolic link', async () => {
    symlinkSync(join(folder, 'mail'), join(folder, 'link'));
    expect(() => createFileMailbox({ folder: join(folder, 'link') })).toThrow(/is not a folder/);
  });

  it.skipIf(process.geteuid?.() !== 0)('refuses a folder of another user', async () => {
    await chown(box(), 12_345, 12_345);
    const other = createFileMailbox({ folder: join(folder, 'mail') });
    await expect(other.publish('work', message('one'))).rejects.toMatchObject({ code: 'mailbox-failed' });
    await other.close();
    await chown(join(folder, 'mail'), 12_345, 12_345);
    expect(() => createFileMailbox({ folder: join(folder, 'mail') })).toThrow(/belongs to user 12345/);
  });
});

describe('disks', () => {
  const mounts = [
    '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
    '30 22 0:40 / /home/me/far\\040away rw - fuse.sshfs me@far:/ rw',
    '31 22 0:41 / /var/lib/box rw - fuse.fuse-overlayfs fuse-overlayfs rw',
  ].join('\n');

  it.each([
    [0x6969, 'NFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0x01021997, '9p'],
    [0xfe534d42 | 0, 'SMB'],
    [0x517b, 'SMB'],
    [0x00c36400, 'Ceph'],
    [0x0bd00bd0, 'Lustre'],
    [0x5346414f, 'AFS'],
    [0x6b414653, 'AFS'],
    [0x47504653, 'GPFS'],
    [0x19830326, 'BeeGFS'],
    [0xaad7aaea | 0, 'PanFS'],
  ])('refuses a network file system by its type %d', (type, kind) => {
    expect(() => requireLocalDisk('/', { type: () => type, mounts: () => mounts })).toThrow(
      expect.objectContaining({
        code: 'mailbox-failed',
        data: { folder: '/', fileSystem: kind },
        next: expect.stringContaining('Redis'),
      }),
    );
  });

  it('looks at what is behind FUSE', async () => {
    const far = join(folder, 'far');
    await mkdir(far);
    const fuse = (kind: string) => ({
      type: () => 0x65735546,
      mounts: () => `${mounts}\n40 22 0:50 / ${far} rw - ${kind} x rw`,
    });
    for (const kind of ['fuse.sshfs', 'fuse.glusterfs', 'fuse.s3fs', 'fuse.rclone', 'fuse']) {
      expect(() => requireLocalDisk(far, fuse(kind))).toThrow(`network file system (${kind})`);
    }
    expect(() => requireLocalDisk(far, fuse('fuse.fuse-overlayfs'))).not.toThrow();
  });

  it('takes the disk that it is on', () => {
    expect(() => requireLocalDisk(folder)).not.toThrow();
  });

  it('refuses a layout of another version', async () => {
    await rm(join(folder, 'mail', 'format-1'));
    await writeFile(join(folder, 'mail', 'format-2'), '');
    expect(() => createFileMailbox({ folder: join(folder, 'mail') })).toThrow(/layout version 2/);
  });
});

describe('size', () => {
  it('rotates folders, keeps the order across them, and removes those that are empty', async () => {
    const ids = Array.from({ length: 2_500 }, (_, index) => `m-${index}`);
    await mailbox.publishMany(
      'work',
      ids.map((id) => ({ envelope: message(id) })),
    );
    expect(await readdir(box('new', '5'))).toEqual(['00000001', '00000002', '00000003']);
    expect(await readdir(box('new', '5', '00000001'))).toHaveLength(1_000);
    expect(await drain(mailbox)).toEqual(ids);
    expect(await readdir(box('new', '5'))).toEqual(['00000003']);
    const done = await readdir(box('done'));
    expect(done).toEqual(['00000001', '00000002', '00000003']);
    for (const segment of done) expect((await readdir(box('done', segment))).length).toBeLessThanOrEqual(1_000);
  });

  it('goes on behind what an earlier sender left, even if its clock was ahead', async () => {
    await mailbox.publish('work', message('earlier'));
    const segment = box('new', '5', '00000001');
    const [name = ''] = await readdir(segment);
    const ahead = name.replace(/-\d{16}-/, `-${(Date.now() + 3_600_000) * 1_000}-`);
    await writeFile(join(segment, ahead), await readFile(join(segment, name)));
    await rm(join(segment, name));
    const next = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
    await next.publish('work', message('later'));
    await next.close();
    expect(await drain(mailbox)).toEqual(['earlier', 'later']);
  });
});
