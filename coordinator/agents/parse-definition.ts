/**
 * A Markdown file as the definition of an agent: YAML between two lines of dashes, then the prompt. Called by
 * find-definitions.ts. Promise: never throws; what can't be used is a problem in words, and what is left out (keys that
 * are unknown here, tools that are not there) is a warning.
 */
import { type AgentDefinition, agentDefinitionSchema, oneLine, stripControl } from '../../tasks/index.ts';
import type { DefinitionPart } from './definition-part.ts';
import { readFrontmatter } from './read-frontmatter.ts';
import { readModel } from './read-model.ts';
import { readPermissions } from './read-permissions.ts';
import { readTools } from './read-tools.ts';

export interface DefinitionFile {
  /** Where it lies, as people are shown it. */
  path: string;
  text: string;
  /** The user's own: its rules may allow. */
  isOwn: boolean;
}

export interface ParsedDefinition {
  /** Of the definition, or as the file is called. */
  name: string;
  definition?: AgentDefinition;
  /** Why there is none. */
  problem?: string;
  warnings: string[];
}

const known = ['name', 'description', 'tools', 'disallowedTools', 'model', 'maxTurns', 'permissionMode', 'permissions'];
const longestDescription = 1_000;

export async function parseDefinition({ path, text, isOwn }: DefinitionFile): Promise<ParsedDefinition> {
  const called = oneLine(path.replace(/^.*[/\\]/, '').replace(/\.md$/i, ''), 64);
  const unusable = (problem: string, warnings: string[] = [], name = called) => ({ name, problem, warnings });
  const matter = await readFrontmatter(text);
  if ('problem' in matter) return unusable(matter.problem);
  const { fields, body } = matter;
  const warnings = [...matter.warnings];
  const { name, description } = fields;
  if (typeof name !== 'string' || name.trim() === '') return unusable('its frontmatter has no name', warnings);
  if (typeof description !== 'string' || description.trim() === '')
    return unusable('its frontmatter has no description', warnings, oneLine(name, 64));
  const foreign = Object.keys(fields).filter((key) => !known.includes(key));
  if (foreign.length > 0) warnings.push(`has no use for ${foreign.map((key) => oneLine(key, 40)).join(', ')}`);
  const parts = [
    readTools(fields['tools'], fields['disallowedTools']),
    readModel(fields['model']),
    readPermissions(fields['permissions'], fields['permissionMode'], isOwn),
    readMaxTurns(fields['maxTurns']),
  ];
  for (const part of parts) {
    if ('problem' in part) return unusable(part.problem, warnings, oneLine(name, 64));
    warnings.push(...(part.warnings ?? []));
  }
  const fieldsOfParts = parts.map((part) => ('problem' in part ? {} : part.fields));
  const parsed = agentDefinitionSchema.safeParse({
    name: name.trim(),
    description: oneLine(description.trim(), longestDescription),
    prompt: stripControl(body).trim(),
    ...Object.assign({}, ...fieldsOfParts),
  });
  if (parsed.success) return { name: parsed.data.name, definition: parsed.data, warnings };
  return unusable(problemOf(parsed.error.issues[0]), warnings, oneLine(name, 64));
}

function readMaxTurns(value: unknown): DefinitionPart {
  if (value === undefined || value === null) return { fields: {} };
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1_000)
    return { fields: { maxTurns: value } };
  return { problem: 'its maxTurns is no whole number from 1 to 1,000' };
}

function problemOf(issue: { path: PropertyKey[]; message: string } | undefined): string {
  const field = issue?.path.map(String).join('.') ?? '';
  if (field === 'name') return 'its name is not 1 to 64 letters, digits, dots, dashes and underscores';
  if (field === 'prompt') return 'its prompt has more than 200,000 characters';
  return `its ${field} is not what it should be: ${issue?.message ?? ''}`;
}
