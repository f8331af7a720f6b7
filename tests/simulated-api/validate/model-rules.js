// @ts-check

/**
 * What differs between models, by their public names. A name that does not look like a Claude model (a local
 * server's) gets the most permissive rules. Source: platform.claude.com, API errors, "Common validation errors".
 * @typedef {object} ModelRules
 * @property {boolean} prefill whether the conversation may end with an assistant message
 * @property {boolean} manualThinking `thinking: {type: "enabled"}`
 * @property {boolean} adaptiveThinking `thinking: {type: "adaptive"}`
 * @property {boolean} systemMessages `role: "system"` inside messages
 * @property {number} contextTokens
 * @property {boolean} reservesOutput whether prompt and `max_tokens` must fit together
 */

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
    systemMessages: version >= 4.08 && family !== 'sonnet' && family !== 'haiku',
    contextTokens: version >= 4.06 ? 1_000_000 : 200_000,
    reservesOutput: version < 4.05,
  };
}
