/**
 * The one place that decides whether a tool call may run. Called by the agent loop before each call, with what the
 * call is about as the tool itself worked it out. Promise: pure, never throws; rules are read deny → ask → allow, then
 * the mode decides; a command that is not fully understood is never allowed by a rule with a specifier. The path jail
 * and the write-set are not its business: they bind every mode.
 */
import type { Permissions } from '../../tasks/index.ts';
import { coversCommand, mentionsCommand, runsCommandLine } from './command-rule.ts';
import { coversPath } from './path-rule.ts';
import { readShellCommand, type ShellReading } from './shell-command.ts';

export interface PermissionRequest {
  tool: string;
  effect: 'read' | 'edit' | 'execute';
  /** Workspace-relative with `/`: as given and with symlinks resolved. A rule that denies one of them denies the call. */
  paths?: readonly string[];
  /** The line a shell would run. */
  command?: string;
}

export interface Decision {
  behavior: 'allow' | 'deny' | 'ask';
  /** For people and for the model: one sentence. */
  reason: string;
  /** The rule that decided, as written. */
  rule?: string;
}

interface Rule {
  text: string;
  tool: string;
  specifier: string | undefined;
}

/** Rules for one tool that bind others of the same effect too. */
const coveredBy: Readonly<Record<string, readonly string[]>> = {
  Read: ['Read', 'Glob', 'Grep'],
  Edit: ['Edit', 'Write'],
};

export function decide(request: PermissionRequest, policy: Permissions): Decision {
  const shell = request.command === undefined ? undefined : readShellCommand(request.command);
  const denied = firstHit(policy.deny, 'denies it', request, shell);
  if (denied !== undefined) return { behavior: 'deny', ...denied };
  if (policy.mode === 'bypassPermissions')
    return { behavior: 'allow', reason: 'The mode bypassPermissions allows it.' };
  if (policy.mode === 'plan' && request.effect !== 'read') {
    return { behavior: 'deny', reason: 'The mode plan allows reading only.' };
  }
  const asked = firstHit(policy.ask, 'wants a person to be asked', request, shell);
  if (asked !== undefined) return { behavior: 'ask', ...asked };
  const allowed = allowedBy(policy.allow, request, shell);
  if (allowed !== undefined) return allowed;
  if (request.effect !== 'execute') return { behavior: 'allow', reason: `The mode ${policy.mode} allows it.` };
  const why =
    shell?.ok === false ? `No rule can allow this command line, because ${shell.reason}.` : 'No rule allows it.';
  return { behavior: 'ask', reason: why };
}

/** Deny and ask rules: one part that is covered is enough, and a line that can't be read counts as covered. */
function firstHit(
  texts: readonly string[],
  effect: string,
  request: PermissionRequest,
  shell: ShellReading | undefined,
): { rule: string; reason: string } | undefined {
  for (const rule of texts.map(parseRule)) {
    if (!concerns(rule, request.tool)) continue;
    const hit = { rule: rule.text, reason: `The rule ${rule.text} ${effect}.` };
    if (rule.specifier === undefined) return hit;
    const { specifier } = rule;
    if (request.paths?.some((path) => coversPath(specifier, path)) === true) return hit;
    if (shell === undefined) continue;
    if (!shell.ok) {
      return { rule: rule.text, reason: `It can't be told whether ${rule.text} concerns it, because ${shell.reason}.` };
    }
    for (const command of shell.commands) {
      if (mentionsCommand(specifier, command)) return hit;
      if (runsCommandLine(command)) {
        return {
          rule: rule.text,
          reason: `It can't be told whether ${rule.text} concerns it, because it hands text to a shell.`,
        };
      }
    }
  }
  return undefined;
}

/** Allow rules: every path, and every part of a compound command, must be covered by one. */
function allowedBy(
  texts: readonly string[],
  request: PermissionRequest,
  shell: ShellReading | undefined,
): Decision | undefined {
  const rules = texts.map(parseRule).filter((rule) => concerns(rule, request.tool));
  const whole = rules.find(({ specifier }) => specifier === undefined);
  if (whole !== undefined) return allow(whole);
  if (request.paths !== undefined && request.paths.length > 0) {
    const { paths } = request;
    const rule = rules.find(({ specifier = '' }) => paths.every((path) => coversPath(specifier, path)));
    return rule === undefined ? undefined : allow(rule);
  }
  if (shell?.ok !== true) return undefined;
  const used = shell.commands.map(({ text }) => rules.find(({ specifier = '' }) => coversCommand(specifier, text)));
  return used.every((rule) => rule !== undefined) && used[0] !== undefined ? allow(used[0]) : undefined;
}

function allow(rule: Rule): Decision {
  return { behavior: 'allow', rule: rule.text, reason: `The rule ${rule.text} allows it.` };
}

function concerns(rule: Rule, tool: string): boolean {
  return rule.tool === tool || (coveredBy[rule.tool]?.includes(tool) ?? false);
}

function parseRule(text: string): Rule {
  const open = text.indexOf('(');
  if (open === -1 || !text.endsWith(')')) return { text, tool: text, specifier: undefined };
  return { text, tool: text.slice(0, open), specifier: text.slice(open + 1, -1) };
}
