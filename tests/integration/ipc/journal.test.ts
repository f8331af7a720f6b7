import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followJournal } from '../../../ipc/journal/follow-journal.ts';
import { openJournal } from '../../../ipc/journal/journal.ts';
import { readJournal } from '../../../ipc/journal/read-journal.ts';
import type { FanfoldEvent } from '../../../tasks/index.ts';
import { bundleChild } from './bundle-child.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function event(text: string): FanfoldEvent {
  return { type: 'notice', time: '2026-01-01T00:00:00.000Z', run: 'run-1', level: 'info', message: text };
}

async function texts(): Promise<string[]> {
  const found: string[] = [];
  for await (const read of readJournal(path)) if (read.type === 'notice') found.push(read.message);
  return found;
}

async function write(...messages: string[]): Promise<void> {
  await using journal = await openJournal(path);
  for (const text of messages) await journal.append(event(text));
}

describe('journal', () => {
  it('reads back what was written, over several openings', async () => {
    await write('one', 'ä\u2028\n"\\');
    await using journal = await openJournal(path);
    expect(journal.sequence).toBe(2);
    await journal.append(event('three'));
    expect(await texts()).toEqual(['one', 'ä\u2028\n"\\', 'three']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const [header = '', first = ''] = (await readFile(path, 'utf8')).split('\n');
    expect(JSON.parse(header)).toEqual({ journal: 'fanfold', version: 1 });
    expect(JSON.parse(first)).toEqual({ seq: 1, crc: expect.stringMatching(/^[0-9a-f]{8}$/), event: event('one') });
  });

  it('keeps the order of events written side by side, with and without waiting', async () => {
    const journal = await openJournal(path);
    const names = Array.from({ length: 500 }, (_, index) => `e-${index}`);
    const waits = names.map((name, index) => {
      if (index % 3 === 0) return journal.append(event(name));
      journal.appendLater(event(name));
      return undefined;
    });
    await Promise.all(waits);
    await journal.flush();
    expect(await texts()).toEqual(names);
    await journal.close();
    await journal.close();
    await expect(journal.append(event('late'))).rejects.toMatchObject({ code: 'journal-failed' });
  });

  it('writes what was given without waiting before it closes', async () => {
    const journal = await openJournal(path);
    for (const name of ['a', 'b', 'c']) journal.appendLater(event(name));
    await journal.close();
    expect(await texts()).toEqual(['a', 'b', 'c']);
  });

  it('drops a tail torn at any byte, and goes on behind what is whole', async () => {
    await write('one', 'two');
    const whole = await readFile(path);
    const secondStart = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (let length = 0; length < whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      const expected = length < whole.indexOf(10, 40) + 1 ? [] : ['one'];
      expect([length, await texts()]).toEqual([length, length < secondStart ? expected : ['one']]);
      const journal = await openJournal(path);
      await journal.append(event('new'));
      await journal.close();
      expect([length, await texts()]).toEqual([length, [...(length < secondStart ? expected : ['one']), 'new']]);
    }
  });

  it('drops a tail of zeros and of whole lines with the wrong sum', async () => {
    await write('one');
    const sum = /"seq":1,"crc":"[0-9a-f]{8}"/;
    const line = (await readFile(path, 'utf8')).split('\n')[1] ?? '';
    await appendFile(path, `${line.replace(sum, '"seq":2,"crc":"00000000"')}\n${'\0'.repeat(100)}`);
    expect(await texts()).toEqual(['one']);
    await write('two');
    expect(await texts()).toEqual(['one', 'two']);
  });

  it.each([
    ['a changed letter', (lines: string[]) => lines.map((line) => line.replace('"two"', '"2wo"'))],
    ['a lost line', (lines: string[]) => lines.filter((line) => !line.includes('"two"'))],
    ['a doubled line', (lines: string[]) => lines.flatMap((line) => (line.includes('"two"') ? [line, line] : [line]))],
    ['a lost header', (lines: string[]) => lines.slice(1)],
  ])('refuses a file with %s in its middle', async (_, damage) => {
    await write('one', 'two', 'three');
    await writeFile(path, damage((await readFile(path, 'utf8')).split('\n')).join('\n'));
    const damaged = { code: 'journal-failed', message: expect.stringContaining('is damaged') };
    await expect(texts()).rejects.toMatchObject(damaged);
    await expect(openJournal(path)).rejects.toMatchObject(damaged);
  });

  it('refuses a newer version, a missing file and a second writer', async () => {
    await expect(texts()).rejects.toMatchObject({ code: 'journal-failed' });
    const first = await openJournal(path);
    const second = await openJournal(path);
    await first.append(event('one'));
    await expect(second.append(event('other'))).rejects.toMatchObject({
      code: 'journal-failed',
      message: expect.stringContaining('Another process'),
    });
    expect(() => second.appendLater(event('other'))).toThrow(/Another process/);
    await expect(second.close()).rejects.toThrow(/Another process/);
    await first.append(event('two'));
    await first.close();
    expect(await texts()).toEqual(['one', 'two']);
    await writeFile(path, '{"journal":"fanfold","version":2}\n');
    await expect(texts()).rejects.toThrow(/version 2/);
    await expect(openJournal(path)).rejects.toThrow(/version 2/);
  });

  it('loses no acknowledged event when the writer is killed', async () => {
    const child = await bundleChild(new URL('./children/journal-child.ts', import.meta.url));
    try {
      let acknowledged = 0;
      for (let round = 0; round < 8; round += 1) {
        const writer = spawn(process.execPath, [child.path, path], { stdio: ['ignore', 'pipe', 'inherit'] });
        let said = '';
        writer.stdout.on('data', (chunk) => {
          said += String(chunk);
        });
        while (said.length < 500) await delay(2);
        await delay(Math.random() * 30);
        writer.kill('SIGKILL');
        await once(writer, 'close');
        acknowledged = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
        const found = await texts();
        expect(found.length).toBeGreaterThanOrEqual(acknowledged);
        expect(found).toEqual(found.map((_, index) => `e-${index + 1}`));
      }
      expect(acknowledged).toBeGreaterThan(500);
    } finally {
      await child.remove();
    }
  });
});

describe('followJournal', () => {
  it('yields what is there and then what comes, whole lines only, until it is stopped', async () => {
    await write('one', 'two');
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const read of followJournal(path, stop.signal)) if (read.type === 'notice') seen.push(read.message);
    })();
    const seenAll = async (count: number) => {
      while (seen.length < count) await delay(2);
    };
    await seenAll(2);
    await write('three');
    await seenAll(3);
    const whole = await readFile(path);
    await write('four');
    const longer = await readFile(path);
    await seenAll(4);
    await truncate(path, whole.length);
    await writeFile(path, longer);
    await appendFile(path, '{"seq":5,"crc":"');
    await delay(30);
    await write('five');
    await seenAll(5);
    stop.abort();
    await following;
    expect(seen).toEqual(['one', 'two', 'three', 'four', 'five']);
  });
});
