/**
 * One helper from its task to its last words, in the workspace of the agent that asked for it. Called by
 * serve-helpers.ts. Promise: never rejects for an expected failure; a helper that was interrupted goes on from its own
 * transcript, and what it has used before counts.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Assignment,
  commandEnvironment,
  type HelperAnswer,
  type HelperFolder,
  type HelperRequest,
  secretsIn,
} from '../../ipc/index.ts';
import {
  addUsage,
  noUsage,
  type ProgressInput,
  stripControl,
  toErrorRecord,
  totalTokens,
  type Usage,
  usageWithout,
} from '../../tasks/index.ts';
import type { PermissionGate } from '../agent/agent.ts';
import { contextRule } from '../agent/context/context-rule.ts';
import { createFolderInstructions } from '../agent/context/folder-instructions.ts';
import { createResultFiles, resultFolder } from '../agent/context/result-files.ts';
import { openSpending } from '../agent/model/budget/spending.ts';
import { hiddenRecordings } from '../agent/model/recording/hidden-recordings.ts';
import { modelUse } from '../agent/model/recording/model-use.ts';
import { promptLayers } from '../agent/prompt/layers.ts';
import { watchPrompts } from '../agent/prompt/watch-prompts.ts';
import { runAgent } from '../agent/run-agent.ts';
import { seenFiles } from '../agent/seen-files.ts';
import { createAgentTool } from '../agent/tools/agent-tool.ts';
import { createTools } from '../agent/tools/create-tools.ts';
import { hiding, openTranscript } from '../agent/transcript.ts';
import { hiddenGlobs } from '../permissions/path-rule.ts';
import type { WorkerServices } from '../serving/services.ts';
import type { AgentRights } from './agent-rights.ts';
import { helperHistory } from './helper-history.ts';
import { helperProgress } from './helper-progress.ts';
import { ownTools, promptExtras } from './prompt-extras.ts';
import { createHelperSpawner, type HelperOffice } from './spawn-helpers.ts';

export interface HelperWork {
  request: HelperRequest;
  /** Of its envelope. */
  id: string;
  assignment: Assignment;
  rights: AgentRights;
  /** Of the subtask's agent. */
  logFolder: string;
  folder: HelperFolder;
  services: WorkerServices;
  /** For helpers of its own. */
  office: HelperOffice;
  ask: PermissionGate['ask'];
  report: (event: ProgressInput) => void;
  signal: AbortSignal;
}

export async function runHelper(work: HelperWork): Promise<HelperAnswer> {
  const { id, signal } = work;
  let before: { usage: Usage; denials: number } = { usage: noUsage(), denials: 0 };
  try {
    return await perform(work, (spent) => {
      before = spent;
    });
  } catch (error) {
    const record = toErrorRecord(signal.aborted ? signal.reason : error);
    const status = record.failure === 'cancelled' ? 'cancelled' : 'failed';
    return { request: id, status, text: '', error: record, ...before, turns: 0 };
  }
}

async function perform(
  work: HelperWork,
  tellSpent: (spent: { usage: Usage; denials: number }) => void,
): Promise<HelperAnswer> {
  const { request, id, assignment, rights, logFolder, folder, services, office, ask, report } = work;
  const { subtask } = assignment;
  const { permissions, maxTurns } = rights;
  mkdirSync(folder.root, { recursive: true, mode: 0o700 });
  const secrets = secretsIn(process.env);
  const hide = hiding(secrets);
  using spending = openSpending(
    { ...assignment, spent: { durationMs: assignment.spent?.durationMs ?? 0, usage: request.spent } },
    services.models,
  );
  const { models } = spending;
  const signal = AbortSignal.any([work.signal, spending.signal]);
  const use = { ...modelUse(assignment, request.root, request.candidate), helper: request.key };
  const layers = promptLayers(assignmentOfHelper(assignment, permissions), request.prompt, {
    ...promptExtras(rights),
    isHelper: true,
  });
  const named = models.model(rights.model, undefined, use);
  const { history, spent } = await helperHistory(folder, { model: named.name, layers, hide });
  tellSpent(spent);
  // Who asked for it knows of what it had used until then; an earlier delivery of the request told nobody.
  spending.earlier(usageWithout(spent.usage, request.counted ?? noUsage()));
  let below = noUsage();
  using transcript = openTranscript(folder.transcript, secrets);
  using watched = watchPrompts(history === undefined ? named : models.model(rights.model, history.thoughts, use), {
    assignment: { ...assignment, agentsAtOnce: Math.max(assignment.agentsAtOnce ?? 1, subtask.helpers?.count ?? 1) },
    logFolder: folder.root,
    hide,
    watch: services.prompts,
  });
  const results = createResultFiles(resultFolder(folder.root), secrets);
  const recordings = models.recordings?.(rights.model) ?? [];
  const rule = contextRule(named, rights.model.facts);
  const summariser = subtask.summariser === undefined ? undefined : models.model(subtask.summariser, undefined, use);
  const spawner = createHelperSpawner({
    office,
    assignment,
    candidate: request.candidate,
    limits: subtask.helpers ?? { depth: 1, count: 1 },
    rights,
    root: request.root,
    logFolder,
    helper: request,
    lend() {
      const { spent, end } = spending.lend();
      return {
        spent,
        back(usage, isOver) {
          below = addUsage(below, usage);
          spending.beside(usage);
          end(isOver);
        },
      };
    },
  });
  const tools = createTools({
    root: request.root,
    environment: commandEnvironment(process.env, subtask.environment),
    writes: subtask.writes,
    hidden: [...hiddenGlobs(permissions), ...hiddenRecordings(assignment.repository, recordings)],
    commandLog: join(folder.root, 'output.log'),
    results,
    seen: history === undefined ? [] : seenFiles(history),
  });
  const result = await runAgent({
    model: watched,
    tools: ownTools([...tools, createAgentTool(spawner)], rights),
    permissions: { policy: permissions, ...(ask === undefined ? {} : { ask }) },
    prompt: layers,
    ...(maxTurns === undefined ? {} : { limits: { maxTurns } }),
    signal,
    report: helperProgress({ assignment, number: request.helper, worker: services.worker, report }),
    transcript,
    results,
    ...(rule === undefined ? {} : { contextRule: rule }),
    ...(summariser === undefined ? {} : { summariser }),
    folderInstructions: createFolderInstructions(request.root, permissions),
    ...(history === undefined ? {} : { history }),
  });
  return {
    request: id,
    status: result.status,
    text: stripControl(result.text),
    ...(result.status === 'done' ? {} : { error: spending.exhausted ?? result.error }),
    usage: history === undefined ? addUsage(result.usage, spent.usage) : result.usage,
    ...(totalTokens(below) === 0 ? {} : { below }),
    denials: result.denials + (history === undefined ? spent.denials : 0),
    turns: result.turns,
  };
}

/** Who helps has no mail, owes no result and is not judged; what it may do is its own. */
function assignmentOfHelper(
  { agents: _, ...assignment }: Assignment,
  permissions: Assignment['subtask']['permissions'],
): Assignment {
  const { messages: __, output: ___, ...subtask } = assignment.subtask;
  return { ...assignment, subtask: { ...subtask, checks: [], permissions } };
}
