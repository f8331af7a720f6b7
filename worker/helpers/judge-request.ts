/**
 * Whether a request for a helper is one that the run's plan allows, and what the helper then is. Called by
 * serve-helpers.ts before anything of it is done. Promise: what a request says of rights is not believed: they follow from
 * the assignment in the mailbox, which is held against the plan, and from the plan's definitions.
 */
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import {
  type Assignment,
  assignmentSchema,
  type HelperRequest,
  helperBox,
  type Mailbox,
  type PlanDigests,
  recipients,
  type StateFolder,
  unplannedAssignment,
} from '../../ipc/index.ts';
import { type AgentRights, rightsOfHelper, rightsOfSubtask } from './agent-rights.ts';

export type JudgedRequest = { assignment: Assignment; rights: AgentRights } | { refusal: string };

export async function judgeRequest(
  request: HelperRequest,
  { mailbox, planned, state, depth }: { mailbox: Mailbox; planned: PlanDigests; state: StateFolder; depth: number },
): Promise<JudgedRequest> {
  const body = (await mailbox.read(recipients.workers, request.assignment))?.envelope?.body;
  const parsed = assignmentSchema.safeParse(body);
  if (!parsed.success) return { refusal: 'there is no assignment that it could be part of' };
  const foreign = unplannedAssignment(body as Assignment, planned);
  if (foreign !== undefined) return { refusal: foreign };
  const assignment = parsed.data;
  const { helpers, id, workspace } = assignment.subtask;
  if (helpers === undefined) return { refusal: `${id} has no helpers in the plan` };
  if (request.types.length !== depth || depth > helpers.depth || request.helper > helpers.count)
    return { refusal: `${id} may have ${helpers.count} helpers, ${helpers.depth} deep, in the plan` };
  if (!(await isWorkspace(request.root, workspace === 'none' ? assignment.repository : state.workspaces, workspace)))
    return { refusal: `${id} does not work in the folder that it names` };
  let rights = rightsOfSubtask(assignment.subtask, planned.agents);
  for (const type of request.types) {
    const definition = rights.helperTypes.find(({ name }) => name === type);
    if (type !== null && definition === undefined) return { refusal: `${id} can have no helper of the kind ${type}` };
    rights = rightsOfHelper(rights, definition);
  }
  return { assignment, rights };
}

/** Why nobody who could ask in a box of this depth has asked: who is named there is the agent, or a helper, just above. */
export function misdirected({ assignment, parent }: HelperRequest, depth: number): string | undefined {
  const isAgent = depth === 1 && parent.recipient === recipients.workers && parent.id === assignment;
  if (isAgent || (depth > 1 && parent.recipient === helperBox(depth - 1))) return undefined;
  return 'it names no agent that could have asked for it';
}

/** The folder worked on itself, or a workspace of an attempt. */
async function isWorkspace(root: string, expected: string, kind: Assignment['subtask']['workspace']): Promise<boolean> {
  const real = await realpath(root).catch(() => undefined);
  const place = await realpath(expected).catch(() => undefined);
  if (real === undefined || place === undefined || real !== root) return false;
  return kind === 'none' ? real === place : real.startsWith(place + sep);
}
