/** One recording under several writers that are killed in the middle of a line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { beginRecording } from '../../worker/agent/model/recording/begin-recording.ts';
import { tidyRecording } from '../../worker/agent/model/recording/tidy-recording.ts';
import { readRecording } from '../../worker/agent/model/replay/read-recording.ts';
import { bundleChild } from '../integration/ipc/bundle-child.ts';
import { temporaryFolder } from '../support/temporary-repository.ts';

test('lines of writers that die while others write are whole or gone, and no other line is lost', async () => {
  const child = await bundleChild(new URL('./children/recorder.ts', import.meta.url));
  onTestFinished(() => child.remove());
  const path = join(temporaryFolder(), 'traffic.ndjson');
  await beginRecording(path, { version: '1', goOn: false });
  let killed = 0;
  for (let round = 0; round < 3; round += 1) {
    const writers = Array.from({ length: 3 }, (_, index) =>
      spawn(process.execPath, [child.path, path, `writer-${round}-${index}`], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    onTestFinished(() => {
      for (const writer of writers) writer.kill('SIGKILL');
    });
    const ended = writers.map((writer) => once(writer, 'exit'));
    await Promise.all(writers.map(({ stdout }) => once(stdout, 'data')));
    const size = statSync(path).size;
    while (statSync(path).size < size + 2_000_000) await sleep(1);
    for (const writer of writers) writer.kill('SIGKILL');
    await Promise.all(ended);
    killed += writers.length;
    // What a full disk or a power cut leaves at worst.
    appendFileSync(path, '\n{"type":"turn","request":"00');
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  const damaged = lines.slice(1).filter((line) => line !== '' && !isJson(line));
  expect(damaged.length).toBeLessThanOrEqual(killed + 3);
  const recording = readRecording(path);
  // Each writer's turns are there without a gap, but for the one it died over.
  const bySubtask = new Map<string, number[]>();
  for (const turn of recording.turns) {
    const part = recording.part(turn.request);
    const seen = bySubtask.get(turn.subtask) ?? [];
    bySubtask.set(turn.subtask, [...seen, Number(part?.text.split(' ')[1])]);
  }
  expect(bySubtask.size).toBe(killed);
  for (const [writer, seen] of bySubtask) expect(seen, writer).toEqual(seen.map((_, index) => index));
  const { turns } = await tidyRecording(path);
  expect(turns).toBe(recording.turns.length);
  expect(readFileSync(path, 'utf8').trimEnd().split('\n').every(isJson)).toBe(true);
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
