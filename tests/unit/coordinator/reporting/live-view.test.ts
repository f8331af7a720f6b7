import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createLiveView } from '../../../../coordinator/reporting/live-view.ts';
import type { View } from '../../../../coordinator/reporting/view.ts';
import { at, begin, failed, landed, started, startTime } from './sample-events.ts';
import { Screen } from './screen.ts';

class SilentProcess extends EventEmitter {
  readonly pid = 4_711;
  readonly killed: unknown[] = [];
  kill(...call: unknown[]): void {
    this.killed.push(call);
  }
}

const open: View[] = [];
afterEach(() => Promise.all(open.splice(0).map((view) => view.close())));

function setUp({ columns = 80, rows = 24, color = false, unicode = true } = {}) {
  const screen = new Screen(columns, rows);
  const process = new SilentProcess();
  const clock = { now: startTime };
  const view = createLiveView({ stream: screen.stream, settings: { color, unicode }, now: () => clock.now, process });
  open.push(view);
  const show = (...events: Parameters<View['show']>[0][]) => {
    for (const event of events) {
      clock.now = Math.max(clock.now + 101, Date.parse(event.time));
      view.show(event);
    }
  };
  return { screen, process, view, clock, show };
}

describe('createLiveView', () => {
  it('shows the run, its figures, what is at work and what ended', () => {
    const { screen, show } = setUp();
    const usage = { inputTokens: 1_000, outputTokens: 50, cacheReadTokens: 3_000, cacheWriteTokens: 0, usd: 0.02 };
    const work = { subtask: 'array', attempt: 1, worker: 'worker-1' };
    show(
      ...begin(4, 'array', 'string', 'math'),
      started(0, 'array'),
      started(1_000, 'string'),
      landed(2_000, 'string'),
      started(2_000, 'math'),
    );
    show(at(3_000, { type: 'tool-start', ...work, tool: 'Edit', toolUseId: 't', summary: 'src/漢字.js' }));
    const model = { turn: 1, model: 'm', stopReason: null, durationMs: 5 };
    show(at(3_000, { type: 'model-end', ...work, ...model, usage }));
    show(at(4_000, { type: 'merge-start', subtasks: ['other-0', 'string'], onto: 'x' }));
    expect(screen.text()).toEqual([
      'run demo-1 started: 4 subtasks, 4 at a time, base aaaaaaaaaaaa, into fanfold/dem',
      'o',
      '',
      'demo Replace var by let                                                      4s',
      '██████████▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  1/4  1 done  1 merging  2 running',
      '4,000 tokens in (75% from cache), 50 out, $0.02  merging other-0 and 1 more',
      '',
      '  worker-1 array  Edit src/漢字.js                                           4s',
      '  worker-1 math   starts                                                     2s',
      '',
      '  landed     string  2 files in 1.2s',
    ]);
    expect(screen.cursorVisible).toBe(false);
  });

  it('asks below all else, whole where there is room, until the question is withdrawn', async () => {
    const { screen, show, view } = setUp({ columns: 40 });
    show(...begin(2, 'array', 'string'), started(0, 'array'));
    const before = screen.text();
    expect(view.ask(`Allow array to use Bash: ${'rm '.repeat(20)}`)).toBe(true);
    expect(screen.text().at(-1)).toBe('Allow array to use Bash: rm rm r… [y/N]');
    show(started(1_000, 'string'));
    expect(screen.text().at(-1)).toContain('[y/N]');
    view.ask('Allow string to use Bash: ls');
    expect(screen.text().at(-1)).toBe('Allow string to use Bash: ls [y/N]');
    expect(screen.text().filter((line) => line.includes('[y/N]'))).toHaveLength(1);
    view.ask(undefined);
    expect(screen.text().join('\n')).not.toContain('[y/N]');
    expect(screen.text().length).toBe(before.length + 1);
    await view.close();
    expect(view.ask('Too late')).toBe(false);
  });

  it('keeps failures and notices above, and leaves nothing else behind', async () => {
    const { screen, show, view } = setUp({ columns: 100 });
    show(...begin(3, 'a', 'b'), started(0, 'a'), failed(500, 'a'), started(600, 'b'), landed(700, 'b'));
    show(at(800, { type: 'notice', level: 'warning', message: 'Disk\u001b[2J is nearly full.' }));
    await view.close();
    screen.stream.write('the report\n');
    expect(screen.text()).toEqual([
      'run demo-1 started: 3 subtasks, 4 at a time, base aaaaaaaaaaaa, into fanfold/demo',
      'FAILED a (check-failed): The check loads failed for a.',
      '  next: Look at its output.',
      '  its work is kept on branch fanfold/demo-failed/a',
      'warning: Disk is nearly full.',
      'the report',
    ]);
    expect(screen.cursorVisible).toBe(true);
  });

  it('does not lose failures that come just before the end', async () => {
    const { screen, view } = setUp({ columns: 100 });
    for (const event of begin(1, 'a')) view.show(event);
    view.show(failed(1, 'a'));
    await view.close();
    expect(screen.text()).toContain('FAILED a (check-failed): The check loads failed for a.');
  });

  it.each([
    [80, 24, 50],
    [120, 40, 50],
    [40, 10, 50],
    [20, 4, 50],
    [10, 2, 3],
  ])('fits %i columns and %i rows', (columns, rows, count) => {
    const { screen, show } = setUp({ columns, rows });
    show(...begin(1_000));
    screen.writes.length = 0;
    for (let index = 0; index < count; index += 1)
      show(started(index, `part-${index}-漢字-😀`), landed(index, `old-${index}`));
    const frame = (screen.writes.at(-1) ?? '').replaceAll(/\u001b\[[?\d;]*[A-Za-z]|\r/g, '').split('\n');
    expect(frame.length).toBeLessThan(rows);
    expect(frame.length).toBeLessThanOrEqual(Math.max(8, Math.floor((rows * 2) / 3)));
    expect(screen.text().filter((line) => /^demo .*\d+s$/.test(line))).toHaveLength(1);
  });

  it('redraws at most ten times a second and only what changed', async () => {
    const { screen, view, clock } = setUp();
    for (const event of begin(1_000)) view.show(event);
    const before = screen.writes.length;
    for (let index = 0; index < 500; index += 1) {
      clock.now += 1;
      view.show(started(0, `part-${index}`));
    }
    expect(screen.writes.length - before).toBeLessThanOrEqual(5);
    clock.now += 101;
    view.show(started(0, 'part-1'));
    const after = screen.writes.length;
    clock.now += 101;
    view.show(started(0, 'part-1'));
    expect(screen.writes.length).toBe(after);
  });

  it('shows the time go by without events', async () => {
    const { screen, clock, show } = setUp();
    show(...begin(1, 'a'));
    show(started(0, 'a'));
    clock.now = startTime + 7_000;
    await expect.poll(() => screen.text().join('\n'), { timeout: 3_000 }).toMatch(/demo .* 7s\n/);
  });

  it('draws anew when the terminal gets narrower', () => {
    const { screen, show } = setUp({ columns: 100, rows: 30 });
    show(...begin(3, 'a', 'b'));
    show(started(0, 'a'));
    screen.stream.columns = 50;
    screen.stream.emit('resize');
    show(started(200, 'b'));
    const bars = screen.text().filter((line) => line.includes('waiting'));
    expect(bars).toEqual([expect.stringContaining('0/3  2 running  1 waiting')]);
    expect(bars[0]?.length).toBeLessThan(50);
  });

  it('gives the terminal back when the process exits or is suspended', async () => {
    const { screen, process, show, view } = setUp();
    show(...begin(3, 'a', 'b'));
    show(started(0, 'a'));
    process.emit('SIGTSTP');
    expect(screen.cursorVisible).toBe(true);
    expect(screen.text().join('\n')).not.toContain('waiting');
    expect(process.killed).toEqual([[4_711, 'SIGSTOP']]);
    show(failed(500, 'a'));
    expect(screen.text().join('\n')).not.toContain('FAILED');
    process.emit('SIGCONT');
    process.emit('SIGCONT');
    expect(screen.cursorVisible).toBe(false);
    expect(screen.text().filter((line) => line.includes('waiting'))).toHaveLength(1);
    expect(screen.text().join('\n')).toContain('FAILED');
    process.emit('exit');
    expect(screen.cursorVisible).toBe(true);
    await view.close();
    expect(process.eventNames()).toEqual([]);
    expect(screen.stream.listenerCount('resize')).toBe(0);
    expect(screen.stream.listenerCount('error')).toBe(0);
  });

  it('uses no colour and no signs outside ASCII when told so', async () => {
    const { screen, show, view } = setUp({ unicode: false });
    show(...begin(100, 'a', 'b', 'c'), started(0, 'a'), failed(10, 'b'), landed(20, 'c'));
    await view.close();
    const output = screen.writes.join('');
    expect(output).not.toMatch(/\u001b\[[\d;]*m/);
    expect(output).not.toMatch(/[^\u0000-\u007f]/);
    expect(output).toContain('#!+..');
  });

  it('says what the program has to say above the live part', async () => {
    const { screen, show, view } = setUp();
    show(...begin(2, 'b'));
    view.say('Finishing what is at hand.');
    await view.close();
    view.say('Too late.');
    expect(screen.text().at(-1)).toBe('Finishing what is at hand.');
  });

  it('colours when told so', () => {
    const { screen, show } = setUp({ color: true });
    show(...begin(2, 'b'), failed(10, 'b'));
    expect(screen.writes.join('')).toContain('\u001b[31mFAILED b');
  });

  it('does not show progress that arrives after the end of its attempt', () => {
    const { screen, show } = setUp();
    show(...begin(2, 'late'), started(0, 'late'), landed(500, 'late'));
    const work = { subtask: 'late', attempt: 1, worker: 'worker-1' };
    show(at(600, { type: 'subtask-progress', ...work, activity: 'still going' }));
    expect(screen.text().join('\n')).not.toContain('still going');
  });

  it('survives a terminal that goes away', async () => {
    const { screen, show, view } = setUp();
    show(...begin(2, 'b'));
    screen.stream.destroy(new Error('EIO'));
    await new Promise((resolve) => setImmediate(resolve));
    show(failed(10, 'b'));
    await expect(view.close()).resolves.toBeUndefined();
  });
});
