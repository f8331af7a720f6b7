import { type AgentDefinition, agentNamePattern, oneLine, type ToolName, toolNames } from '../../tasks/index.ts';
import type { DefinitionPart } from './definition-part.ts';

/** By the names that other programs know them by. */
const otherNames: Readonly<Record<string, ToolName>> = { MultiEdit: 'Edit', Task: 'Agent', LS: 'Glob' };

/** Of a whole list. */
const longestList = 5_000;

/** Lists of tools: a text with commas or a YAML list. Those that do not exist here are left out, with a warning. */
export function readTools(tools: unknown, disallowed: unknown): DefinitionPart {
  const [allowedNames, deniedNames] = [namesIn(tools), namesIn(disallowed)];
  if (allowedNames === 'no list' || deniedNames === 'no list')
    return {
      problem: `its tools are neither a text with commas nor a list of names, of at most ${longestList} characters with every parenthesis closed`,
    };
  const warnings: string[] = [];
  const fields: Partial<AgentDefinition> = {};
  const isAll = allowedNames === undefined || allowedNames.includes('*');
  const given = isAll ? new Set<ToolName>(toolNames) : new Set(allowedNames.flatMap((name) => known(name, warnings)));
  for (const name of deniedNames ?? []) {
    const [tool] = known(name, warnings);
    if (tool !== undefined) given.delete(tool);
  }
  const types = (allowedNames ?? []).flatMap((name) => /^(?:Agent|Task)\((.+)\)$/.exec(name)?.[1]?.split(',') ?? []);
  if (types.length > 0)
    fields.helperTypes = types.map((type) => type.trim()).filter((type) => agentNamePattern.test(type));
  if (isAll && given.size === toolNames.length) return { fields, warnings };
  if (given.size === 0) return { problem: `none of its tools is one that there is: ${toolNames.join(', ')}` };
  return { fields: { ...fields, tools: toolNames.filter((name) => given.has(name)) }, warnings };
}

function namesIn(value: unknown): string[] | undefined | 'no list' {
  if (value === undefined || value === null || value === '') return undefined;
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!texts.every((text) => typeof text === 'string')) return 'no list';
  if (texts.reduce((sum, { length }) => sum + length + 1, 0) > longestList || texts.some(isOpen)) return 'no list';
  return texts.flatMap(split);
}

/** What is meant by it can't be told, and searching for the end of each parenthesis would take long. */
function isOpen(text: string): boolean {
  return text.lastIndexOf('(') > text.lastIndexOf(')');
}

/** At commas outside parentheses. */
function split(text: string): string[] {
  return (text.match(/[^,(]+(?:\([^)]*\))?/g) ?? []).map((name) => name.trim()).filter((name) => name !== '');
}

function known(written: string, warnings: string[]): ToolName[] {
  const [, name = written, specifier] = /^([^(]+)(?:\((.*)\))?$/s.exec(written) ?? [];
  const tool = toolNames.find((one) => one === name) ?? otherNames[name];
  if (tool === undefined) {
    warnings.push(`names the tool ${oneLine(name, 60)}, which there is not`);
    return [];
  }
  if (specifier === undefined || tool === 'Agent') return [tool];
  warnings.push(`names ${oneLine(written, 60)} as a tool, which is a rule: it is left out`);
  return [];
}
