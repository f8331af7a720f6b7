/**
 * Mail to the coordinator that is neither an answer nor an order: messages, permission requests, and answers to these.
 * Called by dispatch.ts with every envelope before all else, and by the run's stages.
 */
import { type Assignment, controlSchema, type Envelope } from '../../ipc/index.ts';
import type { FanfoldEvent, Subtask } from '../../tasks/index.ts';
import { createMessages, type MessagesOptions } from './mail-messages.ts';
import { createPermissionDesk, type PermissionsOptions } from './mail-permissions.ts';

export interface Mail {
  /** Returns why the envelope is refused; undefined when it was taken in, or is for somebody else. */
  take(envelope: Envelope): Promise<string | undefined>;
  /** What the worker of a subtask must know of mail. */
  assignmentPart(subtask: Subtask): Pick<Assignment, 'agents' | 'askTimeoutMs'>;
  /** Called with every event. */
  see(event: FanfoldEvent): void;
  /** See Messages.reportUnread. */
  reportUnread(): Promise<void>;
  release(): void;
}

/** How many recipients an agent is told by name. */
const mostNamed = 30;

export function createMail(options: MessagesOptions & PermissionsOptions): Mail {
  const messages = createMessages(options);
  const permissions = createPermissionDesk(options);
  const ids = options.subtasks.filter((subtask) => subtask.messages === true).map(({ id }) => id);
  const agents = { ids: ids.slice(0, mostNamed), total: ids.length };
  return {
    async take(envelope) {
      if (envelope.kind === 'message') return messages.take(envelope);
      if (envelope.kind === 'permission-request') await permissions.take(envelope);
      if (envelope.kind !== 'control') return undefined;
      const control = controlSchema.parse(envelope.body);
      return control.action === 'permission-answer' ? permissions.answer(control.request, control.allowed) : undefined;
    },
    assignmentPart: ({ messages: takes, executor }) => ({
      ...(takes === true ? { agents } : {}),
      ...(options.attendance === undefined || executor.kind !== 'prompt'
        ? {}
        : { askTimeoutMs: options.attendance.timeoutMs }),
    }),
    see(event) {
      messages.see(event);
      permissions.see(event);
    },
    reportUnread: messages.reportUnread,
    release: permissions.release,
  };
}
