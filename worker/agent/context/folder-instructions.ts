/**
 * Gives an agent the instructions of a folder (its AGENTS.md and CLAUDE.md) with the answer to the first call that
 * touches a file below it. Called by run-agent.ts. Promise: each folder counts once as long as the agent can see what it
 * was given; after a summary it is given again. Only what the agent may read is read, and nothing of installed packages.
 */
import { posix } from 'node:path';
import { gatherInstructions } from '../../../ipc/index.ts';
import { type Permissions, stripControl } from '../../../tasks/index.ts';
import { decide } from '../../permissions/decide.ts';
import type { Message, TextBlock, ToolUseBlock } from '../model/model.ts';
import { fileTools } from '../seen-files.ts';
import { createPathJail } from '../tools/path-jail.ts';
import { createWorkspaceFiles } from '../tools/workspace-files.ts';

export interface FolderInstructions {
  /** Blocks for the answer to these calls, of which all succeeded; `messages` are what the agent sees. */
  blocksFor(calls: readonly ToolUseBlock[], messages: readonly Message[]): Promise<TextBlock[]>;
}

const longestBytes = 16 * 1024;
/** In what an agent sees at a time. */
const mostFolders = 16;
const opening = 'Instructions of the project for the folder ';

/** `root` is the workspace, absolute and symlink-free. Those of the top folder are in the prompt. */
export function createFolderInstructions(root: string, policy: Permissions): FolderInstructions {
  const jail = createPathJail(root);
  const files = createWorkspaceFiles();
  const empty = new Set<string>();

  function read(path: string): string | undefined {
    const found = jail.resolve(path);
    if (!found.ok) return undefined;
    const request = { tool: 'Read', effect: 'read' as const, paths: [found.relative, found.given] };
    if (decide(request, policy).behavior !== 'allow') return undefined;
    const content = files.read(found.absolute, found.given);
    return content.kind === 'text' ? content.text : undefined;
  }

  return {
    async blocksFor(calls, messages) {
      const touched = calls.flatMap((call) => foldersOf(call, jail));
      if (touched.length === 0) return [];
      const given = givenIn(messages);
      const blocks: TextBlock[] = [];
      for (const folder of new Set(touched)) {
        if (given.has(folder) || empty.has(folder) || given.size >= mostFolders) continue;
        const found = await gatherInstructions(folder, async (paths) => paths.map(read), longestBytes);
        if (found === undefined) {
          empty.add(folder);
          continue;
        }
        given.add(folder);
        blocks.push({ type: 'text', text: `${opening}${folder}/:\n\n${stripControl(found.text)}` });
      }
      return blocks;
    },
  };
}

/** From the outermost to the innermost, without the top. */
function foldersOf({ name, input }: ToolUseBlock, jail: ReturnType<typeof createPathJail>): string[] {
  const path = input['file_path'];
  if (!fileTools.has(name) || typeof path !== 'string') return [];
  const found = jail.resolve(path);
  // A name that spans lines could pass for text of ours.
  if (!found.ok || found.relative !== stripControl(found.relative).replaceAll('\n', '')) return [];
  const folders: string[] = [];
  for (let folder = posix.dirname(found.relative); folder !== '.'; folder = posix.dirname(folder))
    folders.unshift(folder);
  return folders.some((folder) => posix.basename(folder) === 'node_modules') ? [] : folders;
}

function givenIn(messages: readonly Message[]): Set<string> {
  const given = new Set<string>();
  for (const { role, content } of messages) {
    if (role !== 'user') continue;
    for (const block of content) {
      if (block.type !== 'text' || !block.text.startsWith(opening)) continue;
      given.add(block.text.slice(opening.length, block.text.indexOf('/:\n')));
    }
  }
  return given;
}
