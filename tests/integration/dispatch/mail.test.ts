import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMail, type Mail } from '../../../coordinator/dispatch/mail.ts';
import type { Attendance } from '../../../coordinator/dispatch/mail-permissions.ts';
import type { Past } from '../../../coordinator/dispatch/past.ts';
import { createEventLog, type EventLog } from '../../../coordinator/run/event-log.ts';
import {
  agentBox,
  type Control,
  type Envelope,
  hasAgentEnded,
  type Mailbox,
  markAgentEnded,
  openJournal,
} from '../../../ipc/index.ts';
import { createMemoryMailbox } from '../../../ipc/mailbox/memory/memory-mailbox.ts';
import { type FanfoldEvent, noUsage } from '../../../tasks/index.ts';
import { expandText } from '../../support/expand-text.ts';
import { until } from '../../support/run-fanfold.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

interface Desk {
  mail: Mail;
  mailbox: Mailbox;
  log: EventLog;
  events: FanfoldEvent[];
  told: { control: Control; worker: string }[];
  folder: string;
}

async function desk(
  how: { attendance?: Attendance; past?: Record<string, Past>; folder?: string } = {},
): Promise<Desk> {
  const folder = how.folder ?? temporaryFolder();
  const { subtasks } = await expandText(`defaults: { messages: true }
subtasks:
  - { id: a, prompt: Work. }
  - { id: b, prompt: Work. }
  - { id: quiet, prompt: Work., messages: false }`);
  const journal = await openJournal(join(folder, 'journal.jsonl'));
  const mailbox = createMemoryMailbox();
  for (const id of ['a', 'b']) await mailbox.open(agentBox(id));
  const events: FanfoldEvent[] = [];
  const told: Desk['told'] = [];
  const log: EventLog = createEventLog({
    run: 'r',
    journal,
    onFailure: (error) => {
      throw error;
    },
    onEvent(event) {
      events.push(event);
      mail.see(event);
    },
  });
  const mail: Mail = createMail({
    mailbox,
    runFolder: folder,
    subtasks,
    past: new Map(Object.entries(how.past ?? {})),
    log,
    attendance: how.attendance,
    tell: (control, worker) => told.push({ control, worker }),
  });
  onTestFinished(async () => {
    mail.release();
    await mailbox.close();
    await journal.close();
  });
  for (const id of ['a', 'b', 'quiet']) log.emit({ type: 'subtask-queue', subtask: id, attempt: 1 });
  return { mail, mailbox, log, events, told, folder };
}

function envelope(kind: Envelope['kind'], body: unknown, id = 'm-1'): Envelope {
  return { version: 1, id, kind, from: 'x', to: 'coordinator', body };
}

const fromPerson = (to: string, id?: string) => envelope('message', { from: 'person', to, text: 'Hello\u001b[2J' }, id);
const only = <Type extends FanfoldEvent['type']>(events: readonly FanfoldEvent[], type: Type) =>
  events.filter((event): event is Extract<FanfoldEvent, { type: Type }> => event.type === type);

function end(subtask: string) {
  const rest = { attempts: 1, usage: noUsage(), durationMs: 1, denials: 0 };
  return { type: 'subtask-end' as const, subtask, status: 'landed' as const, ...rest };
}

function attemptEnd(subtask: string, retry: boolean) {
  const rest = { worker: 'w', result: 'failed' as const, usage: noUsage(), durationMs: 1, denials: 0 };
  return { type: 'attempt-end' as const, subtask, attempt: 1, retry, ...rest };
}

describe('messages', () => {
  it('passes those of people on, once, and journals them; takes in those for itself', async () => {
    const { mail, mailbox, events } = await desk();
    expect(await mail.take(fromPerson('a'))).toBeUndefined();
    expect(
      await mail.take(envelope('message', { from: 'b', to: 'coordinator', text: 'Found it.' }, 'm-2')),
    ).toBeUndefined();
    expect(only(events, 'message-send')).toMatchObject([
      { from: 'person', to: 'a', text: 'Hello' },
      { from: 'b', to: 'coordinator', text: 'Found it.' },
    ]);
    // Its coordinator died before it had acknowledged the envelope.
    await mail.take(fromPerson('a'));
    expect(await mailbox.list()).toMatchObject([{ recipient: 'agent-a', id: 'm-1', state: 'new' }]);
    expect((await mailbox.claim('agent-a', 'agent'))?.envelope.body).toMatchObject({ from: 'person', to: 'a' });
  });

  it('passes them on again to one whose work a gate has sent back', async () => {
    const { mail, mailbox, log, folder } = await desk();
    log.emit(attemptEnd('a', false));
    expect(await mail.take(fromPerson('a'))).toBe('a has ended and reads nothing any more');
    log.emit({ type: 'subtask-queue', subtask: 'a', attempt: 2, repair: { round: 1, checks: [] } });
    expect(hasAgentEnded(folder, 'a')).toBe(false);
    expect(await mail.take(fromPerson('a', 'm-2'))).toBeUndefined();
    expect(await mailbox.list()).toMatchObject([{ recipient: 'agent-a', id: 'm-2', state: 'new' }]);
    log.emit({ ...attemptEnd('a', false), attempt: 2 });
    expect(hasAgentEnded(folder, 'a')).toBe(true);
  });

  it('refuses those that nobody would read', async () => {
    const { mail, log, folder, events } = await desk();
    log.emit(attemptEnd('a', true));
    expect(await mail.take(fromPerson('a'))).toBeUndefined();
    log.emit(attemptEnd('a', false));
    expect(hasAgentEnded(folder, 'a')).toBe(true);
    expect(await mail.take(fromPerson('a', 'm-2'))).toBe('a has ended and reads nothing any more');
    log.emit(end('b'));
    expect(await mail.take(fromPerson('b'))).toBe('b has ended and reads nothing any more');
    expect(await mail.take(fromPerson('quiet'))).toContain('quiet takes no messages');
    expect(await mail.take(fromPerson('nobody'))).toBe('the run has no subtask nobody');
    expect(only(events, 'message-send')).toHaveLength(1);
    await expect(
      mail.take(envelope('message', { from: 'person', to: 'a', text: 'x'.repeat(8_001) })),
    ).rejects.toThrow();
  });

  it('tells how many were never read by those who have ended, not what waits for others', async () => {
    const { mail, mailbox, log, events } = await desk();
    for (const id of ['m-1', 'm-2', 'm-3']) await mail.take(fromPerson('a', id));
    await mail.take(fromPerson('b', 'm-4'));
    const claim = await mailbox.claim('agent-a', 'agent');
    if (claim !== undefined) await mailbox.complete(claim);
    // Claimed, and never acknowledged: nobody knows whether it was read.
    await mailbox.claim('agent-a', 'agent');
    log.emit(end('a'));
    await mail.reportUnread();
    expect(only(events, 'notice').map(({ message }) => message)).toEqual(['2 messages to a were never read.']);
  });

  it('opens again, in a later session, for who is tried again', async () => {
    const folder = temporaryFolder();
    markAgentEnded(folder, 'a');
    const { mail } = await desk({
      folder,
      past: { a: { kind: 'again', attempts: 1, forgiven: 0 }, b: { kind: 'settled', satisfied: true } },
    });
    expect(hasAgentEnded(folder, 'a')).toBe(false);
    expect(hasAgentEnded(folder, 'b')).toBe(true);
    expect(await mail.take(fromPerson('a'))).toBeUndefined();
    expect(await mail.take(fromPerson('b'))).toContain('b has ended');
  });

  it('names recipients to those who may write', async () => {
    const { mail } = await desk({ attendance: { timeoutMs: 5_000 } });
    const plan = await expandText('subtasks: [{ id: a, prompt: W., messages: true }, { id: q, run: "true" }]');
    const [writer, command] = plan.subtasks;
    if (writer === undefined || command === undefined) throw new Error('the plan has two subtasks');
    expect(mail.assignmentPart(writer)).toEqual({ agents: { ids: ['a', 'b'], total: 2 }, askTimeoutMs: 5_000 });
    expect(mail.assignmentPart(command)).toEqual({});
    expect((await desk()).mail.assignmentPart(writer)).toEqual({ agents: { ids: ['a', 'b'], total: 2 } });
  });
});

const ask = (request: string, subtask = 'a', attempt = 1) =>
  envelope('permission-request', {
    request,
    subtask,
    attempt,
    worker: 'worker-1',
    tool: 'Bash',
    summary: `run ${request}`,
    reason: 'No rule allows it.',
  });
const answer = (request: string, allowed: boolean) =>
  envelope('control', { action: 'permission-answer', request, allowed });

describe('permission requests', () => {
  it('wait for an answer, which is journalled and brought to the worker, once', async () => {
    const { mail, log, events, told } = await desk({ attendance: { timeoutMs: 60_000 } });
    await mail.take(ask('r-1'));
    await mail.take(ask('r-1'));
    expect(log.state.permissions.map(({ request }) => request)).toEqual(['r-1']);
    expect(await mail.take(answer('r-2', true))).toBe('no request r-2 waits for an answer');
    expect(await mail.take(answer('r-1', true))).toBeUndefined();
    expect(await mail.take(answer('r-1', false))).toContain('no request r-1');
    expect(only(events, 'permission-request')).toHaveLength(1);
    expect(only(events, 'permission-end')).toMatchObject([{ request: 'r-1', allowed: true, by: 'person' }]);
    expect(told).toEqual([
      {
        control: { action: 'permission-answer', request: 'r-1', allowed: true, by: 'person' },
        worker: 'worker-1',
      },
    ]);
    expect(log.state.permissions).toEqual([]);
  });

  it('are denied in time, or at once where nobody is there', async () => {
    const patient = await desk({ attendance: { timeoutMs: 1 } });
    await patient.mail.take(ask('r-1'));
    await until(() => patient.told.length === 1, 'the time is up');
    expect(patient.told[0]?.control).toMatchObject({ allowed: false, by: 'timeout' });
    const nobody = await desk();
    await nobody.mail.take(ask('r-1'));
    expect(nobody.told[0]?.control).toMatchObject({ allowed: false, by: 'nobody' });
    expect(nobody.log.state.permissions).toEqual([]);
  });

  it('are dropped with the attempt that asked, and not taken in from one that is over', async () => {
    const { mail, log, told } = await desk({ attendance: { timeoutMs: 60_000 } });
    await mail.take(ask('r-1'));
    log.emit(attemptEnd('a', true));
    expect(log.state.permissions).toEqual([]);
    expect(await mail.take(answer('r-1', true))).toContain('no request r-1');
    await mail.take(ask('r-2', 'a', 2));
    expect(log.state.permissions).toEqual([]);
    expect(told).toEqual([]);
  });

  it('are put to a person one at a time, and withdrawn when somebody else has answered', async () => {
    const questions: { request: string; signal: AbortSignal; answer: (allowed: boolean) => void }[] = [];
    const { mail, told } = await desk({
      attendance: {
        timeoutMs: 60_000,
        person: ({ request }, signal) =>
          new Promise((resolve, reject) => {
            questions.push({ request, signal, answer: resolve });
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
      },
    });
    await mail.take(ask('r-1'));
    await mail.take(ask('r-2', 'b'));
    await mail.take(ask('r-3', 'b'));
    expect(questions.map(({ request }) => request)).toEqual(['r-1']);
    await mail.take(answer('r-1', false));
    expect(questions[0]?.signal.aborted).toBe(true);
    await until(() => questions.length === 2, 'the second question stands');
    questions[1]?.answer(true);
    await until(() => questions.length === 3, 'the third question stands');
    expect(questions[2]?.request).toBe('r-3');
    await until(() => told.length === 2, 'both answers were brought');
    expect(told.map(({ control }) => control)).toMatchObject([
      { request: 'r-1', allowed: false },
      { request: 'r-2', allowed: true },
    ]);
  });
});
