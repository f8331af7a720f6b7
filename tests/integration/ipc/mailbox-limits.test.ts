/** What the sender learns when the disk is full or files run out: real limits, set for a child process. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import { bundleChild } from './bundle-child.ts';

const run = promisify(execFile);

/** A file system of a few hundred KB takes a mount namespace of the user's own, which not every machine grants. */
const namespace = 'exec unshare -rm sh -c "$0"';
const mayMount = spawnSync('sh', ['-c', namespace, `mount -t tmpfs tmpfs ${tmpdir()}`]).status === 0;

describe('file mailbox at the limits of the machine', () => {
  let child: Awaited<ReturnType<typeof bundleChild>>;
  let folder: string;
  beforeAll(async () => {
    child = await bundleChild(new URL('./children/mailbox-child.ts', import.meta.url));
    folder = await mkdtemp(join(tmpdir(), 'mailbox-limits-'));
  });
  afterAll(async () => {
    await child.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!mayMount)('says that the disk is full, and leaves nothing half-written', async () => {
    const box = join(folder, 'work');
    const script = `mount -t tmpfs -o size=600k tmpfs ${folder} && ${process.execPath} ${child.path} filler ${folder} f 100; cd ${box}; ls tmp | wc -l; ls ids | wc -l; ls new/5/00000001 | wc -l`;
    const { stdout } = await run('sh', ['-c', namespace, script]);
    const lines = stdout.trim().split('\n');
    const published = lines.filter((line) => line.startsWith('published'));
    const [failed = ''] = lines.filter((line) => line.startsWith('failed'));
    expect(JSON.parse(failed.slice('failed '.length))).toMatchObject({
      isOurs: true,
      code: 'mailbox-failed',
      failure: 'transient',
      next: expect.stringContaining('Free disk space'),
      data: { errno: 'ENOSPC' },
    });
    expect(published.length).toBeGreaterThan(5);
    expect(lines.slice(-3).map(Number)).toEqual([0, published.length, published.length]);
  });

  it('says that files run out, in small batches while some are left', async () => {
    const script = `ulimit -n 26; exec ${process.execPath} ${child.path} hoarder ${folder} h 100`;
    const { stdout } = await run('sh', ['-c', script]);
    const [batch, failed = ''] = stdout.trim().split('\n');
    expect(batch).toBe('published 100');
    expect(JSON.parse(failed.slice('failed '.length))).toMatchObject({
      code: 'mailbox-failed',
      failure: 'transient',
      next: expect.stringContaining('ulimit -n'),
      data: { errno: 'EMFILE' },
    });
    const mailbox = createFileMailbox({ folder });
    expect(await mailbox.list('work')).toHaveLength(100);
    await mailbox.close();
    expect(await readdir(join(folder, 'work', 'tmp'))).toEqual([]);
  });
});
