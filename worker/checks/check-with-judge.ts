/**
 * A check that is a model with a rubric: a small agent that may read the work and nothing else. Called by
 * run-checks.ts. Promise: a score below what it takes is the work's fault; anything that kept it from giving one is
 * thrown as FanfoldError.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { commandEnvironment, judgeTranscript, secretsIn } from '../../ipc/index.ts';
import { type CheckResult, type ErrorRecord, fromErrorRecord, type JudgeCheck } from '../../tasks/index.ts';
import type { AgentEvent, AgentResult } from '../agent/agent.ts';
import { contextRule } from '../agent/context/context-rule.ts';
import { createResultFiles, resultFolder } from '../agent/context/result-files.ts';
import { hiddenRecordings } from '../agent/model/recording/hidden-recordings.ts';
import { compileOutputSchema } from '../agent/output/output-schema.ts';
import { createResultTool } from '../agent/output/result-tool.ts';
import { runAgent } from '../agent/run-agent.ts';
import { createTools } from '../agent/tools/create-tools.ts';
import { openTranscript } from '../agent/transcript.ts';
import { hiddenGlobs } from '../permissions/path-rule.ts';
import { withoutSecrets } from '../processes/redact-secrets.ts';
import { fileName, openScratch } from './check-files.ts';
import { judgePrompt } from './judge-prompt.ts';
import { readEnds } from './read-ends.ts';
import type { ChecksOptions } from './run-checks.ts';
import { cutEvidence } from './verdict.ts';

const maxTurns = 30;
const readingTools = new Set(['Read', 'Glob', 'Grep']);
/** Bytes of a diff that are shown. */
const diffEnds = { head: 90_000, tail: 30_000 };
const resultSchema = {
  type: 'object',
  properties: {
    score: { type: 'number', minimum: 0, maximum: 1, description: 'From 0 to 1, by the rubric.' },
    evidence: { type: 'string', minLength: 1, description: 'What the score rests on.' },
  },
  required: ['score', 'evidence'],
  additionalProperties: false,
};
interface Judgement {
  score: number;
  evidence: string;
}

export async function checkWithJudge(check: JudgeCheck, folder: string, options: ChecksOptions): Promise<CheckResult> {
  const { name, gate, minimum } = check;
  const startedAt = performance.now();
  const result = await judge(check, await realpath(folder), options);
  options.signal.throwIfAborted();
  const about = { name, gate, exitCode: null, ...(minimum === undefined ? {} : { minimum }) };
  const durationMs = Math.round(performance.now() - startedAt);
  if (result.status === 'done' && 'output' in result) {
    const { score, evidence } = result.output as Judgement;
    const outputTail = cutEvidence(withoutSecrets(evidence, secretsIn(process.env)));
    return { ...about, durationMs, passed: score >= (minimum ?? 0), outputTail, score };
  }
  throw fromErrorRecord(asJudges(check, result.status === 'done' ? noResult : result.error));
}

async function judge(check: JudgeCheck, root: string, options: ChecksOptions): Promise<AgentResult> {
  const { name, timeoutMs } = check;
  const { model: settings, deny } = check.judge;
  const { environment, logFolder, models, signal, subject } = options;
  const schema = compileOutputSchema(resultSchema);
  if (!schema.ok) throw fromErrorRecord(schema.error);
  const secrets = secretsIn(process.env);
  using transcript = openTranscript(join(logFolder, judgeTranscript(fileName(name))), secrets);
  const use = { ...options.use, subtask: judgeId(name, options.use.subtask), root };
  const policy = { mode: 'plan' as const, allow: [], ask: [], deny };
  const model = models.model(settings, undefined, use);
  const rule = contextRule(model, settings.facts);
  const result = await runAgent({
    model,
    tools: createTools({
      root,
      environment: commandEnvironment(process.env, environment),
      hidden: [...hiddenGlobs(policy), ...hiddenRecordings(use.repository, models.recordings?.(settings) ?? [])],
      results: createResultFiles(join(resultFolder(logFolder), `judge-${fileName(name)}`), secrets),
    }).filter(({ definition }) => readingTools.has(definition.name)),
    permissions: { policy },
    prompt: judgePrompt(check.judge, subject, await shownDiff(options)),
    limits: { maxTurns, deadlineMs: timeoutMs },
    signal,
    report: reporter(name, options),
    transcript,
    ...(rule === undefined ? {} : { contextRule: rule }),
    result: createResultTool(schema.validator),
  });
  options.spend(result.usage);
  return result;
}

async function shownDiff({ logFolder, subject, signal }: ChecksOptions): Promise<string> {
  using scratch = openScratch(logFolder);
  const path = join(scratch.folder, 'work.diff');
  await subject.writeDiff(path, signal);
  return await readEnds(path, diffEnds);
}

/** Its turns count with those of the subtask, which is at work as long as it is judged. */
function reporter(name: string, { report, use, worker, subject }: ChecksOptions): (event: AgentEvent) => void {
  if (report === undefined || worker === undefined || subject.on === 'merged') return () => {};
  const place = { subtask: use.subtask, attempt: use.attempt, worker };
  return (event) => {
    if (event.type === 'model-end') report({ ...event, ...place });
    else if (event.type === 'tool-start') {
      report({ type: 'subtask-progress', ...place, activity: `judge ${name}: ${event.tool} ${event.summary}` });
    }
  };
}

/** Names its requests in recordings: an id like that of a subtask, the same in every run. */
function judgeId(name: string, subtask: string): string {
  const hash = createHash('sha256').update(`${subtask}\n${name}`).digest('hex').slice(0, 8);
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `judge-${hash}-${slug}`.slice(0, 64);
}

const noResult: ErrorRecord = {
  code: 'output-invalid',
  message: 'It ended without a score.',
  next: 'Look at its transcript in the run folder.',
  failure: 'permanent',
};

/** Ends of a conversation that say something of the judge and nothing of the work, which another try may not come to. */
const ownLimits: ReadonlySet<string> = new Set([
  'agent-turn-limit',
  'agent-stopped',
  'context-exhausted',
  'model-refused',
  'output-invalid',
]);

/** An agent whose judge ran out of time goes on where it was, which `timeout` would not let it. */
function asJudges({ name, timeoutMs }: JudgeCheck, error: ErrorRecord): ErrorRecord {
  if (error.failure !== 'timeout') {
    const message = `The judge of the check ${name} could not judge: ${error.message}`;
    if (!ownLimits.has(error.code)) return { ...error, message };
    const next =
      'Look at its transcript in the run folder, give the check a clearer rubric or another model, and go on with `fanfold resume`; the work is kept.';
    return { ...error, message, next, failure: 'transient' };
  }
  return {
    code: 'timeout',
    message: `The judge of the check ${name} came to no score within ${timeoutMs / 1000} s.`,
    next: 'Give the check more `timeout`; its transcript in the run folder shows what it did.',
    failure: 'transient',
  };
}
