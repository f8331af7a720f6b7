import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Executor, isStatePath, matchGlobs, noUsage, toErrorRecord } from '../../tasks/index.ts';
import type { WorkspaceFiles } from '../workspace/workspace.ts';
import { applyRules } from './codemod/apply-rules.ts';
import { type CodemodRulesCache, rememberedRules } from './codemod/remembered-rules.ts';
import { rulesForPath } from './codemod/rules-for-path.ts';
import type { ExecutionContext, ExecutionResult } from './executor.ts';

/** Files read at once: enough to hide the cost of a process, few enough to keep memory flat. */
const batchSize = 200;

/** Apply the rule files to every file they concern, without a checkout where the workspace has none. */
export async function executeCodemod(
  { assignment, signal, report, worker }: Omit<ExecutionContext, 'root'>,
  executor: Executor & { kind: 'codemod' },
  files: WorkspaceFiles,
  known: CodemodRulesCache,
): Promise<ExecutionResult> {
  const { id: subtask } = assignment.subtask;
  try {
    const rules = rememberedRules(executor.rules, assignment.repository, known);
    const all = (await files.list()).filter((path) => !isStatePath(path));
    const wanted = executor.files.length === 0 ? all : matchGlobs(all, executor.files, 'files').map(({ path }) => path);
    const concerned = wanted.filter((path) => rulesForPath(rules, path).length > 0);
    let changed = 0;
    let edits = 0;
    for (let start = 0; start < concerned.length; start += batchSize) {
      const paths = concerned.slice(start, start + batchSize);
      const contents = await files.read(paths, signal);
      const changes: { path: string; content: string | Buffer }[] = [];
      for (const [index, path] of paths.entries()) {
        // Parsing is synchronous: between files the thread serves heartbeats, cancellation and its other subtasks.
        await nextTurn();
        signal.throwIfAborted();
        const source = contents[index] ?? Buffer.alloc(0);
        const applied = applyRules(rules, path, source);
        if (applied.text === undefined) continue;
        edits += applied.edits;
        changes.push({ path, content: applied.text });
      }
      changed += changes.length;
      await files.write(changes);
      const activity = `${Math.min(start + batchSize, concerned.length)} of ${concerned.length} files, ${edits} edits`;
      report({ type: 'subtask-progress', subtask, attempt: assignment.attempt, worker, activity });
    }
    const summary = `${edits} edits in ${changed} of ${concerned.length} files`;
    return { status: 'done', summary, usage: noUsage(), denials: 0 };
  } catch (error) {
    const record = toErrorRecord(signal.aborted ? signal.reason : error);
    const status = record.failure === 'cancelled' ? 'cancelled' : 'failed';
    return { status, error: record, usage: noUsage(), denials: 0 };
  }
}
