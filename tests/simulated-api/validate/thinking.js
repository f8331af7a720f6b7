// @ts-check
import { refuse } from '../api-error.js';
import { checkFields, checkInteger, checkObject, checkOneOf } from './check.js';

/** @import { ModelRules } from './model-rules.js' */

const fields = {
  enabled: new Set(['type', 'budget_tokens', 'display']),
  adaptive: new Set(['type', 'display']),
  disabled: new Set(['type']),
  between_tools: new Set(['type']),
};

/**
 * @param {Record<string, unknown>} request
 * @param {ModelRules} rules
 * @returns {'off' | 'adaptive' | 'manual'}
 */
export function checkThinking(request, rules) {
  if (request['thinking'] === undefined) return 'off';
  const thinking = checkObject(request['thinking'], 'thinking');
  const type = checkOneOf(thinking['type'], ['enabled', 'adaptive', 'disabled', 'between_tools'], 'thinking.type');
  checkFields(thinking, fields[type], `thinking.${type}`);
  if (thinking['display'] !== undefined && thinking['display'] !== null) {
    checkOneOf(thinking['display'], ['summarized', 'omitted'], `thinking.${type}.display`);
  }
  if (type === 'adaptive') {
    if (!rules.adaptiveThinking) refuse('', 'adaptive thinking is not supported on this model');
    return 'adaptive';
  }
  if (type !== 'enabled') return 'off';
  if (!rules.manualThinking) {
    refuse(
      '',
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and ' +
        '"output_config.effort" to control thinking behavior.',
    );
  }
  checkManualThinking(request, thinking);
  return 'manual';
}

/**
 * @param {Record<string, unknown>} request
 * @param {Record<string, unknown>} thinking
 */
function checkManualThinking(request, thinking) {
  const budget = checkInteger(thinking['budget_tokens'], 'thinking.enabled.budget_tokens', 1024);
  const maximum = request['max_tokens'];
  if (typeof maximum === 'number' && maximum <= budget) {
    refuse('', '`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (request['temperature'] !== undefined && request['temperature'] !== 1) {
    refuse('', '`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.');
  }
}
