// @ts-check
import { refuse } from '../api-error.js';
import { checkCacheControl } from './cache-control.js';
import { checkArray, checkFields, checkObject, checkOneOf, checkOptionalBoolean, checkString } from './check.js';

/** @import { Breakpoints } from './cache-control.js' */

const namePattern = /^[a-zA-Z0-9_-]{1,128}$/;
const customFields = new Set([
  'name',
  'description',
  'input_schema',
  'cache_control',
  'type',
  'strict',
  'eager_input_streaming',
  'input_examples',
  'defer_loading',
  'allowed_callers',
]);
const definedTypes = /^(bash|text_editor|web_search|web_fetch|code_execution|memory|computer|browser|tool_search)_/;
const choiceFields = {
  auto: new Set(['type', 'disable_parallel_tool_use']),
  any: new Set(['type', 'disable_parallel_tool_use']),
  tool: new Set(['type', 'name', 'disable_parallel_tool_use']),
  none: new Set(['type']),
};

/**
 * @param {unknown} value the request's `tools`
 * @param {Breakpoints} breakpoints
 * @returns {Set<string>} their names
 */
export function checkTools(value, breakpoints) {
  /** @type {Set<string>} */
  const names = new Set();
  if (value === undefined) return names;
  for (const [index, entry] of checkArray(value, 'tools').entries()) {
    const path = `tools.${index}`;
    const tool = checkObject(entry, path);
    const type = tool['type'];
    if (type === undefined || type === null || type === 'custom') checkCustomTool(tool, `${path}.custom`);
    else if (typeof type !== 'string' || !definedTypes.test(type)) {
      refuse(path, `Input tag '${String(type)}' found using 'type' does not match any of the expected tags`);
    }
    const name = checkString(tool['name'] ?? (typeof type === 'string' ? type : undefined), `${path}.name`);
    if (names.has(name)) refuse('tools', 'Tool names must be unique.');
    names.add(name);
    checkCacheControl(tool['cache_control'], path, breakpoints);
  }
  return names;
}

/**
 * @param {Record<string, unknown>} tool
 * @param {string} path
 */
function checkCustomTool(tool, path) {
  const name = checkString(tool['name'], `${path}.name`);
  if (!namePattern.test(name)) refuse(`${path}.name`, `String should match pattern '${namePattern.source}'`);
  if (tool['description'] !== undefined) checkString(tool['description'], `${path}.description`);
  const schema = checkObject(tool['input_schema'], `${path}.input_schema`);
  checkOneOf(schema['type'], ['object'], `${path}.input_schema.type`);
  if (schema['oneOf'] !== undefined || schema['allOf'] !== undefined || schema['anyOf'] !== undefined) {
    refuse(`${path}.input_schema`, 'input_schema does not support oneOf, allOf, or anyOf at the top level');
  }
  checkOptionalBoolean(tool['strict'], `${path}.strict`);
  checkFields(tool, customFields, path);
}

/**
 * @param {unknown} value the request's `tool_choice`
 * @param {ReadonlySet<string>} names
 * @param {boolean} thinks whether thinking is asked for
 */
export function checkToolChoice(value, names, thinks) {
  if (value === undefined) return;
  const choice = checkObject(value, 'tool_choice');
  const type = checkOneOf(choice['type'], ['auto', 'any', 'tool', 'none'], 'tool_choice.type');
  checkFields(choice, choiceFields[type], `tool_choice.${type}`);
  checkOptionalBoolean(choice['disable_parallel_tool_use'], `tool_choice.${type}.disable_parallel_tool_use`);
  if (names.size === 0) refuse('tool_choice', 'tool_choice may only be specified while providing tools');
  if (type === 'tool') {
    const name = checkString(choice['name'], 'tool_choice.tool.name');
    if (!names.has(name)) refuse('', `Tool '${name}' not found in provided tools`);
  }
  if (thinks && (type === 'tool' || type === 'any')) {
    refuse('', 'Thinking may not be enabled when tool_choice forces tool use.');
  }
}
