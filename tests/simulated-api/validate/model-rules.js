// @ts-check

/**
 * What differs between models, by their public names. A name that does not look like a Claude model (a local
 * server's) gets the most permissive rules. Source: platform.claude.com, API errors, "Common validation errors".
 * @typedef {object} ModelRules
 * @property {boolean} prefill whether the conversation may end with an assistant message
 * @property {boolean} manualThinking `thinking: {type: "enabled"}`
 * @property {boolean} adaptiveThinking `thinking: {type: "adaptive"}`
 * @property {readonly string[]} efforts levels of `output_config.effort`, empty where it is not supported
 * @property {boolean} systemMessages `role: "system"` inside messages
 * @property {number} contextTokens
 * @property {boolean} reservesOutput whether prompt and `max_tokens` must fit together
 */

export const effortLevels = ['low', 'medium', 'high', 'xhigh', 'max'];

const named = /claude-(opus|sonnet|haiku|fable|mythos)-(\d+)(?:-(\d{1,2})(?!\d))?/;

/**
 * @param {string} model
 * @returns {ModelRules}
 */
export function modelRules(model) {
  const match = named.exec(model);
  if (match === null) {
    const old = model.includes('claude-');
    return {
      prefill: true,
      manualThinking: true,
      adaptiveThinking: !old,
      efforts: old ? [] : effortLevels,
      systemMessages: !old,
      contextTokens: old ? 200_000 : Number.POSITIVE_INFINITY,
      reservesOutput: old,
    };
  }
  const version = Number(match[2]) + Number(match[3] ?? 0) / 100;
  const family = match[1];
  return {
    prefill: version < 4.06,
    manualThinking: version < 4.07,
    adaptiveThinking: version >= 4.06,
    efforts: effortsOf(family, version),
    systemMessages: version >= 4.08 && family !== 'sonnet' && family !== 'haiku',
    contextTokens: version >= 4.06 ? 1_000_000 : 200_000,
    reservesOutput: version < 4.05,
  };
}

/**
 * platform.claude.com, "Effort": since Opus 4.5; `max` since 4.6, `xhigh` since 4.7.
 * @param {string | undefined} family
 * @param {number} version
 */
function effortsOf(family, version) {
  if (version < 4.05 || (version < 4.06 && family !== 'opus')) return [];
  const missing = [...(version < 4.06 ? ['max'] : []), ...(version < 4.07 ? ['xhigh'] : [])];
  return effortLevels.filter((level) => !missing.includes(level));
}
