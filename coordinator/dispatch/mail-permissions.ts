/**
 * Permission requests of agents: told to people, answered by one of them, by another shell or by the clock, whichever is
 * first. Called by mail.ts. Promise: every request of an agent that still waits gets exactly one answer.
 */
import { type Control, type Envelope, permissionRequestSchema } from '../../ipc/index.ts';
import { type FanfoldEvent, oneLine, type PermissionEnd, type PermissionRequested } from '../../tasks/index.ts';
import type { EventLog } from '../run/event-log.ts';

/** Who may be asked during a run. */
export interface Attendance {
  /** How long they have to answer, ms; then the answer is no. */
  timeoutMs: number;
  /**
   * Asks somebody who is there, one question at a time. Rejects when the signal aborts: then the question has been
   * answered elsewhere, or nobody waits for it any more. Without it answers come from another shell only.
   */
  person?: (request: PermissionRequested, signal: AbortSignal) => Promise<boolean>;
}

export interface PermissionsOptions {
  log: EventLog;
  /** Undefined where nobody is there. */
  attendance: Attendance | undefined;
  /** Brings an answer to the worker whose agent asked. */
  tell: (control: Control, worker: string) => void;
}

export interface PermissionDesk {
  take(envelope: Envelope): Promise<void>;
  /** Returns why an answer is refused. */
  answer(request: string, allowed: boolean): Promise<string | undefined>;
  /** Called with every event. */
  see(event: FanfoldEvent): void;
  release(): void;
}

interface Pending {
  event: PermissionRequested;
  timer: NodeJS.Timeout;
  /** Aborts when no answer is wanted any more. */
  over: AbortController;
}

export function createPermissionDesk({ log, attendance, tell }: PermissionsOptions): PermissionDesk {
  const pending = new Map<string, Pending>();
  let interviewing = false;

  function drop({ event, timer, over }: Pending): void {
    pending.delete(event.request);
    clearTimeout(timer);
    over.abort();
  }

  async function end(request: string, allowed: boolean, by: PermissionEnd['by']): Promise<boolean> {
    const found = pending.get(request);
    if (found === undefined) return false;
    drop(found);
    const { subtask, worker } = found.event;
    log.emit({ type: 'permission-end', subtask, request, allowed, by });
    await log.flush();
    tell({ action: 'permission-answer', request, allowed, by }, worker);
    return true;
  }

  /** The journal that can't be written has ended the run already. */
  function endLater(request: string, allowed: boolean, by: PermissionEnd['by']): void {
    end(request, allowed, by).catch(() => undefined);
  }

  async function interview(person: NonNullable<Attendance['person']>): Promise<void> {
    if (interviewing) return;
    interviewing = true;
    for (let [next] = pending.values(); next !== undefined; [next] = pending.values()) {
      const { event, over } = next;
      try {
        endLater(event.request, await person(event, over.signal), 'person');
      } catch {
        // Answered elsewhere; or the terminal is gone, and another shell or the clock must answer.
        if (!over.signal.aborted) break;
      }
    }
    interviewing = false;
  }

  return {
    async take({ body }) {
      const asked = permissionRequestSchema.parse(body);
      const { request, subtask, attempt, worker } = asked;
      const state = log.state.subtasks[subtask];
      // The agent of an earlier attempt waits no more.
      if (pending.has(request) || state?.attempt !== attempt || state.endedAt !== undefined) return;
      const texts = { tool: oneLine(asked.tool, 100), summary: oneLine(asked.summary, 4_000) };
      const input = { type: 'permission-request', ...asked, ...texts, reason: oneLine(asked.reason, 2_000) } as const;
      if (attendance === undefined) {
        log.emit(input);
        log.emit({ type: 'permission-end', subtask, request, allowed: false, by: 'nobody' });
        tell({ action: 'permission-answer', request, allowed: false, by: 'nobody' }, worker);
        return;
      }
      const { timeoutMs, person } = attendance;
      const timer = setTimeout(() => endLater(request, false, 'timeout'), timeoutMs);
      log.emit(input);
      const event = log.state.permissions.find((known) => known.request === request);
      if (event === undefined) throw new TypeError(`the request ${request} did not reach the state`);
      pending.set(request, { event, timer, over: new AbortController() });
      await log.flush();
      if (person !== undefined) void interview(person);
    },
    async answer(request, allowed) {
      if (await end(request, allowed, 'person')) return undefined;
      return `no request ${request} waits for an answer`;
    },
    see(event) {
      if (event.type !== 'attempt-end' && event.type !== 'subtask-end') return;
      for (const waiting of [...pending.values()]) if (waiting.event.subtask === event.subtask) drop(waiting);
    },
    release() {
      for (const waiting of [...pending.values()]) drop(waiting);
    },
  };
}
