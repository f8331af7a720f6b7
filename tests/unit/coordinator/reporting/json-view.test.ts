import { execFile } from 'node:child_process';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createJsonView } from '../../../../coordinator/reporting/json-view.ts';
import type { FanfoldEvent } from '../../../../tasks/index.ts';

const notice = (message: string): FanfoldEvent => ({
  type: 'notice',
  time: '2026-01-01T00:00:00.000Z',
  run: 'r',
  level: 'info',
  message,
});
const progress: FanfoldEvent = {
  type: 'subtask-progress',
  time: '2026-01-01T00:00:00.000Z',
  run: 'r',
  subtask: 'a',
  attempt: 1,
  worker: 'w',
  activity: 'x'.repeat(1_000),
};

/** A reader that takes what it is given only when told to. */
function slowReader() {
  const pending: (() => void)[] = [];
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      pending.push(() => {
        text += String(chunk);
        done();
      });
    },
  });
  const drain = async () => {
    while (pending.length > 0) {
      pending.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { stream, drain, text: () => text };
}

describe('createJsonView', () => {
  it('writes one object a line and nothing else', async () => {
    const reader = slowReader();
    const view = createJsonView({ stream: reader.stream });
    view.show(notice('line\nbreak \u2028 "quoted"'));
    view.show(progress);
    const closed = view.close();
    await reader.drain();
    await closed;
    const lines = reader.text().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual([notice('line\nbreak \u2028 "quoted"'), progress]);
  });

  it('loses progress only, when the reader falls far behind', async () => {
    const reader = slowReader();
    const view = createJsonView({ stream: reader.stream });
    for (let index = 0; index < 5_000; index += 1) {
      view.show(progress);
      if (index % 100 === 0) view.show(notice(String(index)));
    }
    expect(reader.stream.writableLength).toBeLessThan(1_200_000);
    const closed = view.close();
    await reader.drain();
    await closed;
    const events = reader
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === 'notice')).toHaveLength(50);
    expect(events.length).toBeLessThan(2_000);
  });

  it('falls silent when the stream breaks, and stops waiting', async () => {
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const view = createJsonView({ stream });
    view.show(notice('one'));
    await view.close();
    view.show(notice('two'));
    await view.close();
    expect(stream.errored).toMatchObject({ code: 'EPIPE' });
  });

  it('stops waiting for a reader that never reads when the signal aborts', async () => {
    const view = createJsonView({ stream: slowReader().stream });
    view.show(notice('one'));
    const controller = new AbortController();
    const closed = view.close(controller.signal);
    controller.abort();
    await expect(closed).resolves.toBeUndefined();
  });

  it('leaves no listener behind', async () => {
    const reader = slowReader();
    const view = createJsonView({ stream: reader.stream });
    const closed = view.close();
    await reader.drain();
    await closed;
    expect(reader.stream.listenerCount('error')).toBe(0);
  });

  it('survives a pipe that is closed early', async () => {
    const { build } = await import('rolldown');
    const { output } = await build({
      input: new URL('../../../../coordinator/reporting/json-view.ts', import.meta.url).pathname,
      platform: 'node',
      write: false,
    });
    const script = `${output[0].code}
      const view = createJsonView({ stream: process.stdout });
      for (let index = 0; index < 20_000; index += 1) {
        view.show({ type: 'notice', time: '', run: 'r', level: 'info', message: 'x'.repeat(100) });
        if (index % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await view.close();
      process.stderr.write('survived');
      process.exitCode = 7;`;
    const result = await promisify(execFile)('sh', [
      '-c',
      'node --input-type=module -e "$0" | head -n 2; wait',
      script,
    ]);
    expect(result.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(result.stderr).toBe('survived');
  });
});
