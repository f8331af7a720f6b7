import { shellQuote } from '../../tasks/index.ts';
import type { Report, SubtaskReport } from './report.ts';

export interface GitCommand {
  /** One or two words: what it is for. */
  purpose: string;
  command: string;
}

/** How to look at, take over or discard what a run has put on its branch; empty when nothing is there. */
export function branchCommands({ base, branch, commit }: Report): GitCommand[] {
  if (base === undefined || branch === undefined || commit === undefined || commit === base) return [];
  const from = shortCommit(base);
  const name = quoteWhereNeeded(branch);
  return [
    { purpose: 'inspect', command: `git log --oneline --graph ${from}..${name}` },
    { purpose: '', command: `git diff ${from}...${name}` },
    { purpose: 'merge', command: `git merge ${name}` },
    { purpose: 'discard', command: `git branch -D ${name}` },
  ];
}

/** How to look at the work that a failed subtask has left on a branch of its own. */
export function keptBranchCommand(report: Report, { branch }: SubtaskReport): string | undefined {
  if (branch === undefined) return undefined;
  const name = quoteWhereNeeded(branch);
  return report.base === undefined ? `git log -p ${name}` : `git diff ${shortCommit(report.base)}...${name}`;
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 12);
}

/** A branch may hold characters that a shell acts on. */
function quoteWhereNeeded(text: string): string {
  return /^[\w./@%+-]+$/.test(text) ? text : shellQuote(text);
}
