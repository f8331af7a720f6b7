// @ts-check
import { refuse } from '../api-error.js';
import { checkText } from './blocks.js';
import { checkBreakpointCount, checkCacheControl, checkCacheControlShape, noBreakpoints } from './cache-control.js';
import {
  checkArray,
  checkFields,
  checkInteger,
  checkObject,
  checkOneOf,
  checkOptionalBoolean,
  checkString,
} from './check.js';
import { checkMessages, checkThinkingKept } from './messages.js';
import { modelRules } from './model-rules.js';
import { checkOutputConfig } from './output-config.js';
import { checkThinking } from './thinking.js';
import { checkToolChoice, checkTools } from './tools.js';

/**
 * @import { MessagesRequest } from '../types.d.ts'
 * @import { Breakpoints } from './cache-control.js'
 */

/**
 * @typedef {object} ValidationOptions
 * @property {'messages' | 'count_tokens'} endpoint
 * @property {string} version the anthropic-version header
 * @property {'strict' | 'light'} validation
 * @property {(thinking: string, signature: string) => boolean} isSigned
 */

const counted = [
  'model',
  'messages',
  'cache_control',
  'output_config',
  'speed',
  'system',
  'thinking',
  'tool_choice',
  'tools',
];
const fields = {
  count_tokens: new Set(counted),
  messages: new Set([
    ...counted,
    'max_tokens',
    'stream',
    'stop_sequences',
    'metadata',
    'service_tier',
    'container',
    'diagnostics',
    'inference_geo',
  ]),
};
const sampling = ['temperature', 'top_p', 'top_k'];
const metadataFields = new Set(['user_id']);

/**
 * Throws an ApiError that names the place and the reason, in the words of the real API where they are public.
 * @param {unknown} body
 * @param {ValidationOptions} options
 * @returns {MessagesRequest}
 */
export function validateRequest(body, options) {
  const request = checkObject(body, 'body');
  const model = checkString(request['model'], 'model');
  if (options.endpoint === 'messages') checkInteger(request['max_tokens'], 'max_tokens', 0);
  checkOptionalBoolean(request['stream'], 'stream');
  if (options.validation === 'light') checkArray(request['messages'], 'messages');
  else checkStrictly(request, model, options);
  return /** @type {MessagesRequest} */ (/** @type {unknown} */ (request));
}

/**
 * @param {Record<string, unknown>} request
 * @param {string} model
 * @param {ValidationOptions} options
 */
function checkStrictly(request, model, { endpoint, version, isSigned }) {
  if (model === '') refuse('model', 'String should have at least 1 character');
  const removed = version === '2023-06-01' ? checkSampling(request) : [];
  checkFields(withoutFields(request, removed), fields[endpoint], '');
  const rules = modelRules(model);
  const breakpoints = noBreakpoints();
  const names = checkTools(request['tools'], breakpoints);
  const thinking = checkThinking(request, rules);
  checkToolChoice(request['tool_choice'], names, thinking !== 'off');
  checkSystem(request['system'], breakpoints);
  const messages = checkMessages(request['messages'], { version, breakpoints, isSigned }, rules);
  if (thinking === 'manual') checkThinkingKept(messages);
  if (names.size === 0 && messages.some(({ content }) => usesTools(content))) {
    refuse('', 'Requests which include `tool_use` or `tool_result` blocks must define tools');
  }
  if (request['cache_control']) {
    checkCacheControlShape(request['cache_control'], 'cache_control');
    breakpoints.count += 1;
  }
  checkBreakpointCount(breakpoints);
  checkOutputConfig(request['output_config'], rules);
  checkExtras(request);
}

/**
 * @param {Record<string, unknown>} request
 * @param {string[]} names
 */
function withoutFields(request, names) {
  return names.length === 0
    ? request
    : Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name)));
}

/** @param {Record<string, unknown>} request */
function checkSampling(request) {
  for (const name of sampling) {
    const value = request[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') return refuse(name, 'Input should be a valid number');
    if (value < 0) refuse(name, 'Input should be greater than or equal to 0');
    if (name !== 'top_k' && value > 1) refuse(name, 'Input should be less than or equal to 1');
  }
  return sampling;
}

/**
 * @param {unknown} system
 * @param {Breakpoints} breakpoints
 */
function checkSystem(system, breakpoints) {
  if (system === undefined || typeof system === 'string') return;
  if (!Array.isArray(system)) refuse('system', 'Input should be a valid string or list of text blocks');
  for (const [index, entry] of checkArray(system, 'system').entries()) {
    const path = `system.${index}`;
    const block = checkObject(entry, path);
    checkText(block, path);
    checkFields(block, new Set(['type', 'text', 'cache_control', 'citations']), path);
    checkCacheControl(block['cache_control'], path, breakpoints);
  }
}

/** @param {MessagesRequest['messages'][number]['content']} content */
function usesTools(content) {
  return typeof content !== 'string' && content.some(({ type }) => type === 'tool_use' || type === 'tool_result');
}

/** @param {Record<string, unknown>} request */
function checkExtras(request) {
  if (request['stop_sequences'] !== undefined) {
    for (const [index, entry] of checkArray(request['stop_sequences'], 'stop_sequences').entries()) {
      if (checkString(entry, `stop_sequences.${index}`).trim() === '') {
        refuse('stop_sequences', 'each stop sequence must contain non-whitespace');
      }
    }
  }
  if (request['metadata'] !== undefined) {
    const metadata = checkObject(request['metadata'], 'metadata');
    checkFields(metadata, metadataFields, 'metadata');
    const user = metadata['user_id'];
    if (user !== undefined && user !== null && checkString(user, 'metadata.user_id').length > 512) {
      refuse('metadata.user_id', 'String should have at most 512 characters');
    }
  }
  if (request['service_tier'] !== undefined) {
    checkOneOf(request['service_tier'], ['auto', 'standard_only'], 'service_tier');
  }
}
