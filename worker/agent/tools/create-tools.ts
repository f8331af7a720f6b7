/** The tools of one agent, in the fixed order that all siblings share. Called by executors/prompt.ts. */
import { compileWriteSet } from '../../../tasks/index.ts';
import type { ResultFiles } from '../context/result-files.ts';
import { createBashTool } from './bash-tool.ts';
import { createEditTool } from './edit-tool.ts';
import { createGlobTool } from './glob-tool.ts';
import { createGrepTool } from './grep-tool.ts';
import { createPathJail } from './path-jail.ts';
import { createReadTool } from './read-tool.ts';
import type { Tool } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';
import { createWorkspaceFiles } from './workspace-files.ts';
import { createWriteTool } from './write-tool.ts';

export interface ToolsOptions {
  /** Absolute, symlink-free path of the workspace. */
  root: string;
  /** The whole environment of commands; see commandEnvironment in ipc. */
  environment: Readonly<Record<string, string>>;
  /** Globs the agent may write; empty means anything inside the workspace. */
  writes?: readonly string[];
  /** Globs, in the syntax of gitignore, that Glob and Grep must not show. */
  hidden?: readonly string[];
  /** Keeps the whole output of shell commands, up to 10 MB. */
  commandLog?: string;
  /** Results that Read and Grep find by their handles. */
  results?: ResultFiles;
  /** Files that count as read, for an agent that goes on. */
  seen?: readonly string[];
}

export function createTools({
  root,
  environment,
  writes = [],
  hidden = [],
  commandLog,
  results,
  seen = [],
}: ToolsOptions): Tool[] {
  const writeSet = compileWriteSet(writes);
  const workspace: ToolWorkspace = {
    jail: createPathJail(root),
    files: createWorkspaceFiles(),
    writeRefusal: (path) =>
      writeSet.allows(path)
        ? undefined
        : `write-set-violation: this part of the work may write only ${writes.join(', ')}; ${path} is outside.`,
    hidden,
    environment,
    results,
    commandLog,
  };
  for (const path of seen) {
    const found = workspace.jail.resolve(path);
    if (found.ok) workspace.files.see(found.absolute, found.given);
  }
  return [createReadTool, createWriteTool, createEditTool, createGlobTool, createGrepTool, createBashTool].map(
    (create) => create(workspace),
  );
}
