/** Runs the bundled ripgrep in a workspace for the Glob and Grep tools. What is hidden from the agent stays hidden. */
import { runCommand } from '../../processes/run-command.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

export type SearchResult = { ok: true; text: string } | { ok: false; problem: string };

const longestOutputBytes = 8_000_000;
const timeoutMs = 60_000;

/** `folder` is relative to the workspace; results name paths relative to the workspace. */
export async function ripgrep(
  { jail, hidden, environment }: ToolWorkspace,
  { options, folder }: { options: readonly string[]; folder: string },
  signal: AbortSignal,
): Promise<SearchResult> {
  const { rgPath } = await import('@vscode/ripgrep');
  // Later globs win; sorting by path makes equal calls give equal results.
  const always = ['--no-config', '--hidden', '--sort=path', '--color=never', '--no-messages'];
  const exclusions = hidden.flatMap((glob) => ['--glob', `!${glob}`]);
  for (const own of ['.git', '.fanfold']) exclusions.push('--iglob', `!${own}`);
  const search = await runCommand({
    command: [rgPath, ...always, ...options, ...exclusions, ...(folder === '.' ? ['./'] : ['--', folder])],
    folder: jail.root,
    environment,
    signal,
    timeoutMs,
    keep: { head: 2_000, tail: 0 },
    stdoutLimitBytes: longestOutputBytes,
  });
  if (search.ended === 'timeout') return { ok: false, problem: 'The search took too long. Search a smaller folder.' };
  if (search.ended !== 'by-itself')
    return { ok: false, problem: `The search did not run: ${search.startError ?? search.ended}.` };
  if (search.exitCode === 1) return { ok: true, text: '' };
  if (search.stdout === undefined) return { ok: false, problem: 'The search found far too much. Make it narrower.' };
  if (search.exitCode !== 0 && search.stdout === '')
    return { ok: false, problem: search.output.trim() || 'The search failed.' };
  return { ok: true, text: search.stdout };
}
