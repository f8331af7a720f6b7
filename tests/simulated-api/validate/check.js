// @ts-check
import { refuse } from '../api-error.js';

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {Record<string, unknown>}
 */
export function checkObject(value, path) {
  if (value === undefined) refuse(path, 'Field required');
  return isObject(value) ? value : refuse(path, 'Input should be a valid dictionary');
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {unknown[]}
 */
export function checkArray(value, path) {
  if (value === undefined) refuse(path, 'Field required');
  return Array.isArray(value) ? value : refuse(path, 'Input should be a valid list');
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {string}
 */
export function checkString(value, path) {
  if (value === undefined) refuse(path, 'Field required');
  return typeof value === 'string' ? value : refuse(path, 'Input should be a valid string');
}

/**
 * @param {unknown} value
 * @param {string} path
 */
export function checkOptionalBoolean(value, path) {
  if (value !== undefined && value !== null && typeof value !== 'boolean') {
    refuse(path, 'Input should be a valid boolean');
  }
}

/**
 * @param {unknown} value
 * @param {string} path
 * @param {number} minimum
 * @returns {number}
 */
export function checkInteger(value, path, minimum) {
  if (value === undefined) refuse(path, 'Field required');
  if (typeof value !== 'number' || !Number.isInteger(value)) return refuse(path, 'Input should be a valid integer');
  if (value < minimum) refuse(path, `Input should be greater than or equal to ${minimum}`);
  return value;
}

/**
 * @template {string} T
 * @param {unknown} value
 * @param {readonly T[]} allowed
 * @param {string} path
 * @returns {T}
 */
export function checkOneOf(value, allowed, path) {
  if (value === undefined) refuse(path, 'Field required');
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  const quoted = allowed.map((choice) => `'${choice}'`);
  const last = quoted.pop();
  return refuse(path, `Input should be ${quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`}`);
}

/**
 * @param {Record<string, unknown>} object
 * @param {ReadonlySet<string>} allowed
 * @param {string} path of the object, empty for the body
 */
export function checkFields(object, allowed, path) {
  for (const field of Object.keys(object)) {
    if (!allowed.has(field)) refuse(path === '' ? field : `${path}.${field}`, 'Extra inputs are not permitted');
  }
}
