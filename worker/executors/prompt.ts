/** The `prompt` executor: an agent over a model, bound to the workspace. Called by execute.ts. */
import { join } from 'node:path';
import { commandEnvironment, secretsIn } from '../../ipc/index.ts';
import {
  type AgentDefinition,
  addUsage,
  type ErrorRecord,
  noUsage,
  oneLine,
  stripControl,
  toErrorRecord,
} from '../../tasks/index.ts';
import type { AgentEvent } from '../agent/agent.ts';
import { contextRule } from '../agent/context/context-rule.ts';
import { createFolderInstructions } from '../agent/context/folder-instructions.ts';
import { createResultFiles, resultFolder } from '../agent/context/result-files.ts';
import type { Spending } from '../agent/model/budget/spending.ts';
import type { ModelSource } from '../agent/model/model-source.ts';
import { unpricedModels } from '../agent/model/model-table.ts';
import { hiddenRecordings } from '../agent/model/recording/hidden-recordings.ts';
import { modelUse } from '../agent/model/recording/model-use.ts';
import { compileOutputSchema } from '../agent/output/output-schema.ts';
import { createResultTool } from '../agent/output/result-tool.ts';
import { promptLayers } from '../agent/prompt/layers.ts';
import { type PromptWatch, watchPrompts } from '../agent/prompt/watch-prompts.ts';
import { runAgent } from '../agent/run-agent.ts';
import { seenFiles } from '../agent/seen-files.ts';
import { createTools } from '../agent/tools/create-tools.ts';
import { createSendMessageTool } from '../agent/tools/send-message-tool.ts';
import { hiding, openTranscript } from '../agent/transcript.ts';
import { rightsOfSubtask } from '../helpers/agent-rights.ts';
import { ownTools, promptExtras } from '../helpers/prompt-extras.ts';
import { hiddenGlobs } from '../permissions/path-rule.ts';
import { cutText } from '../processes/kept-text.ts';
import type { ExecutionContext, ExecutionResult } from './executor.ts';

export interface PromptDependencies {
  /** Made once per thread, so that agents share connections and credentials. */
  models: ModelSource;
  /** Made once per thread. Without it agents do not wait for each other, and nothing is kept of their requests. */
  prompts?: PromptWatch;
  /** Definitions that the plan has; none by default. */
  agents?: readonly AgentDefinition[];
  spending?: Spending;
  /** Default process.env. */
  environment?: NodeJS.ProcessEnv;
}

const longestSummary = 8_000;

export async function executePrompt(
  context: ExecutionContext,
  { models, prompts, agents = [], spending, environment = process.env }: PromptDependencies,
): Promise<ExecutionResult> {
  const { assignment, root, signal, report, logFolder, worker, links, candidate, examine } = context;
  const { history, spent } = context.beginning ?? {};
  const { subtask, attempt } = assignment;
  const mail = links?.mail;
  if (subtask.executor.kind !== 'prompt') throw new TypeError(`${subtask.id} has no prompt`);
  const schema = subtask.output === undefined ? undefined : compileOutputSchema(subtask.output.schema);
  if (schema?.ok === false) return failure(schema.error);
  const rights = rightsOfSubtask(subtask, agents);
  const office = links?.helpers;
  const helpers =
    subtask.helpers === undefined || office === undefined
      ? undefined
      : await (await import('../helpers/open-helpers.ts')).openHelpers({
          office,
          assignment,
          limits: subtask.helpers,
          rights,
          candidate,
          root,
          logFolder,
          spending,
        });
  try {
    const secrets = secretsIn(environment);
    using transcript = openTranscript(join(logFolder, 'transcript.jsonl'), secrets);
    const hide = hiding(secrets);
    const use = modelUse(assignment, root, candidate);
    const { facts } = subtask.model;
    const named = models.model(subtask.model, history?.thoughts, use);
    const summariser = subtask.summariser === undefined ? undefined : models.model(subtask.summariser, undefined, use);
    const rule = contextRule(named, facts);
    using watched =
      prompts === undefined ? undefined : watchPrompts(named, { assignment, logFolder, hide, watch: prompts });
    const model = watched ?? named;
    const results = createResultFiles(resultFolder(logFolder), secrets);
    const recordings = models.recordings?.(subtask.model) ?? [];
    const place = { subtask: subtask.id, attempt, worker };
    for (const name of unpricedModels(model.name, subtask)) {
      const activity = `no price is known for ${oneLine(name, 100)}: its cost counts as 0 (add it to \`models\` in the task file)`;
      report({ type: 'subtask-progress', ...place, activity });
    }
    const result = await runAgent({
      model,
      tools: ownTools(
        [
          ...createTools({
            root,
            environment: commandEnvironment(environment, subtask.environment),
            writes: subtask.writes,
            hidden: [...hiddenGlobs(subtask.permissions), ...hiddenRecordings(assignment.repository, recordings)],
            commandLog: join(logFolder, 'output.log'),
            results,
            seen: history === undefined ? [] : seenFiles(history, assignment.repair?.round),
          }),
          ...(mail === undefined ? [] : [createSendMessageTool(mail.send)]),
          ...(helpers === undefined ? [] : [helpers.tool]),
        ],
        rights,
      ),
      permissions: { policy: subtask.permissions, ...(links?.ask === undefined ? {} : { ask: links.ask }) },
      prompt: promptLayers(assignment, subtask.executor.prompt, promptExtras(rights)),
      ...(rights.maxTurns === undefined ? {} : { limits: { maxTurns: rights.maxTurns } }),
      signal,
      report: (event: AgentEvent) => report({ ...event, ...place }),
      transcript,
      results,
      ...(rule === undefined ? {} : { contextRule: rule }),
      ...(summariser === undefined ? {} : { summariser }),
      folderInstructions: createFolderInstructions(root, subtask.permissions),
      ...(examine === undefined ? {} : { examine }),
      ...(history === undefined ? {} : { history }),
      ...(mail === undefined ? {} : { inbox: mail.inbox(history?.messages ?? [], logFolder) }),
      ...(schema === undefined ? {} : { result: createResultTool(schema.validator) }),
    });
    const { status } = result;
    const helped = await helpers?.settle();
    const text = stripControl(result.text);
    return {
      status,
      usage: [spent, helped].reduce((sum, more) => addUsage(sum, more?.usage ?? noUsage()), result.usage),
      denials: result.denials + (spent?.denials ?? 0) + (helped?.denials ?? 0),
      ...(text === '' ? {} : { summary: cutText(text, longestSummary - 200, 100) }),
      ...(result.status === 'done' ? {} : { error: result.error }),
      ...(result.status === 'done' && 'output' in result ? { output: result.output } : {}),
    };
  } catch (error) {
    return { ...failure(toErrorRecord(signal.aborted ? signal.reason : error)), ...(await helpers?.settle()) };
  }
}

function failure(error: ErrorRecord): ExecutionResult {
  return { status: error.failure === 'cancelled' ? 'cancelled' : 'failed', error, usage: noUsage(), denials: 0 };
}
