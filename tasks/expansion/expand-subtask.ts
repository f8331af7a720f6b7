import { type Check, correspondents, type Executor, type RuleFile, type Subtask } from '../plan/plan.ts';
import { itemsFileOf } from '../task-file/for-each-schema.ts';
import { limits } from '../task-file/limits.ts';
import type { CompiledSubtask } from './compile-subtask.ts';
import { expandCheck } from './expand-checks.ts';
import type { Field, Scope } from './field.ts';
import type { ItemEnvironment } from './item-environment.ts';
import { mergePermissions } from './merge-settings.ts';
import type { CheckTexts } from './read-check-texts.ts';
import { renderId, renderPaths, renderPatterns, renderShell, renderText } from './render.ts';

export interface ExpansionContext {
  scope: Scope;
  runName: string;
  workspace: Subtask['workspace'];
  /** Checks of the whole run that run in workspaces. */
  runChecks: readonly Check[];
  environment: ItemEnvironment;
  texts: CheckTexts;
  readRules: (path: string, field: Field) => Promise<RuleFile>;
}

/** The subtask of one item. `needs` are still as written; they are resolved when all ids are known. */
export async function expandSubtask(
  compiled: CompiledSubtask,
  id: string,
  context: ExpansionContext,
): Promise<Subtask> {
  const { scope } = context;
  const { template, title, retries, repairs, candidates, timeoutMs, inputs, inputVariables } = compiled;
  const itemsFile = itemsFileOf(template.forEach);
  const executor = await expandExecutor(compiled, context);
  const commands = executor.kind === 'run' ? [executor.command] : [];
  const checks: Check[] = [];
  const perCheck = {
    scope,
    texts: context.texts,
    places: ['workspace' as const],
    command: (run: Field) => command(run, context),
  };
  for (const check of compiled.checks) checks.push({ ...(await expandCheck(check, perCheck)), own: true });
  checkEnvironment(compiled, [...commands, ...checks.flatMap((check) => ('run' in check ? [check.run] : []))], context);
  if (compiled.messages && (correspondents as readonly string[]).includes(id)) {
    report(compiled.id, scope, `the id ${id} of a subtask with messages`, 'another id: it names somebody else there');
  }
  return {
    id,
    ...(title === undefined ? {} : { title: shorten(renderText(title, scope)) }),
    needs: [],
    executor,
    writes: renderPatterns(compiled.writes, scope),
    environment: { ...context.environment.variables, FANFOLD_SUBTASK: id, FANFOLD_RUN_NAME: context.runName },
    workspace: template.workspace ?? context.workspace,
    retries,
    ...(repairs === undefined ? {} : { repairs }),
    ...(candidates === undefined ? {} : { candidates }),
    timeoutMs,
    permissions: mergePermissions(compiled.permissions),
    model: { ...compiled.model },
    ...(compiled.summariser === undefined ? {} : { summariser: compiled.summariser }),
    checks: [...context.runChecks, ...checks],
    ...(template.output === undefined ? {} : { output: template.output }),
    ...(inputs === undefined ? {} : { inputs: renderPatterns(inputs, scope) }),
    ...(inputVariables === undefined ? {} : { inputVariables }),
    ...(itemsFile === undefined ? {} : { itemsFile }),
    ...(compiled.budget === undefined ? {} : { budget: compiled.budget }),
    ...(compiled.messages ? { messages: true } : {}),
    ...(template.forEach === undefined ? {} : { template: compiled.index }),
    ...(compiled.agent === undefined ? {} : { agent: compiled.agent.name }),
    ...(compiled.helpers === undefined ? {} : { helpers: compiled.helpers }),
  };
}

/** The id of the subtask of an item: slugs for values, or the item's number where the template has none. */
export function expandId(compiled: CompiledSubtask, scope: Scope, position: number): string {
  const id = renderId(compiled.id, scope);
  return compiled.numbered ? `${id}-${position}` : id;
}

async function expandExecutor(compiled: CompiledSubtask, context: ExpansionContext): Promise<Executor> {
  const { scope } = context;
  const { prompt, run } = compiled;
  if (prompt !== undefined) {
    const text = renderText(prompt, scope);
    const problem =
      text.trim() === '' ? 'no text' : text.length > limits.expandedPrompt ? `${text.length} characters` : '';
    if (problem !== '') report(prompt, scope, problem, `1 to ${limits.expandedPrompt.toLocaleString('en')} characters`);
    return { kind: 'prompt', prompt: text };
  }
  if (run !== undefined) return { kind: 'run', command: command(run, context) };
  const rules: RuleFile[] = [];
  for (const { path, field } of renderPaths(compiled.codemod, scope)) rules.push(await context.readRules(path, field));
  return { kind: 'codemod', rules, files: renderPatterns(compiled.files, scope) };
}

function command(field: Field, { scope }: ExpansionContext): string {
  const text = renderShell(field, scope);
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.expandedCommandBytes) {
    const allowed = `at most ${limits.expandedCommandBytes.toLocaleString('en')}; use smaller chunks`;
    report(field, scope, `a command of ${bytes.toLocaleString('en')} bytes`, allowed);
  }
  return text;
}

/** A variable that was left out for its size is no matter unless a command reads it. */
function checkEnvironment(compiled: CompiledSubtask, commands: readonly string[], context: ExpansionContext): void {
  for (const name of context.environment.omitted) {
    if (!commands.some((text) => new RegExp(`\\b${name}\\b`).test(text))) continue;
    const field = compiled.run ?? compiled.id;
    const allowed = `at most ${limits.environmentValueBytes.toLocaleString('en')} bytes without NUL characters in a variable`;
    report(field, context.scope, `a value for ${name} that is too large`, allowed);
  }
}

function report(field: Field, { problems }: Scope, found: string, allowed: string): void {
  problems.add({ path: field.path, message: `found ${found} after expansion; allowed ${allowed}` });
}

function shorten(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length > limits.title ? `${line.slice(0, limits.title - 1)}…` : line;
}
