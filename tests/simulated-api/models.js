// @ts-check
import { ApiError } from './api-error.js';

const listed = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-haiku-4-5'];

/**
 * GET /v1/models and /v1/models/<id>.
 * @param {string[] | undefined} models the only ones, or undefined for a common few
 * @param {string | undefined} id
 */
export function describeModels(models = listed, id) {
  if (id !== undefined) {
    if (!models.includes(id)) throw new ApiError(404, 'not_found_error', `model: ${id}`);
    return describe(id);
  }
  return { data: models.map(describe), has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null };
}

/** @param {string} id */
function describe(id) {
  return {
    type: 'model',
    id,
    display_name: id.replaceAll('-', ' '),
    created_at: '2026-01-01T00:00:00Z',
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    capabilities: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
  };
}
