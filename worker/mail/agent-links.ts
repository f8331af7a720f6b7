/**
 * What binds an agent to others while it works: its mail, and people who may be asked. Made by serve.ts for each
 * delivery of an assignment, used by executors/prompt.ts.
 */
import type { Assignment, Claim, Mailbox } from '../../ipc/index.ts';
import type { ProgressInput } from '../../tasks/index.ts';
import type { PermissionGate } from '../agent/agent.ts';
import { type Inbox, mailIn } from '../agent/mail.ts';
import type { Message } from '../agent/model/model.ts';
import type { SendMessage } from '../agent/tools/send-message-tool.ts';
import type { HelperBell } from '../helpers/helper-bell.ts';
import type { HelperOffice } from '../helpers/spawn-helpers.ts';
import { openInbox } from './agent-inbox.ts';
import { knownMail } from './known-mail.ts';
import type { Questions } from './questions.ts';
import { createSender } from './send-mail.ts';

export interface AgentLinks {
  /** Present exactly where the subtask has `messages`. */
  mail?: {
    send: SendMessage;
    /** `conversation` is what the agent goes on from; `logFolder` is that of its attempt. */
    inbox: (conversation: readonly Message[], logFolder: string) => Inbox;
  };
  /** Present where the subtask has `helpers`. */
  helpers?: HelperOffice;
  /** Present where somebody is there to be asked. */
  ask?: NonNullable<PermissionGate['ask']>;
}

export interface AgentLinksOptions {
  mailbox: Mailbox;
  worker: string;
  questions: Questions;
  report: (event: ProgressInput) => void;
  /** Of the assignment. */
  claim: Claim;
  /** Present in runs with helpers. */
  bell: HelperBell | undefined;
}

/** `isHeld` tells whether this delivery is still the one that counts. */
export function createAgentLinks(
  assignment: Assignment,
  isHeld: () => Promise<boolean>,
  { mailbox, worker, questions, report, claim, bell }: AgentLinksOptions,
): AgentLinks {
  const { subtask, attempt, askTimeoutMs } = assignment;
  const place = { subtask: subtask.id, attempt };
  const tell = (activity: string): void => report({ type: 'subtask-progress', ...place, worker, activity });
  return {
    ...(subtask.messages === true
      ? {
          mail: {
            send: createSender({ mailbox, assignment, tell }),
            inbox: (conversation, logFolder) =>
              openInbox({
                mailbox,
                subtask: subtask.id,
                known: knownMail(logFolder),
                shown: mailIn(conversation),
                isHeld,
              }),
          },
        }
      : {}),
    ...(bell === undefined || subtask.helpers === undefined
      ? {}
      : { helpers: { mailbox, bell, worker, assignment: claim.envelope.id, claim } }),
    ...(askTimeoutMs === undefined
      ? {}
      : {
          ask: (question, signal) => {
            tell(`waits for leave: ${question.tool} ${question.summary}`);
            return questions.ask({ ...place, ...question }, askTimeoutMs, signal);
          },
        }),
  };
}
