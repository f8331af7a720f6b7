// @ts-check
import { refuse } from '../api-error.js';
import { checkFields, checkObject, checkOneOf } from './check.js';

/** @import { Ttl } from '../types.d.ts' */

const fields = new Set(['type', 'ttl']);
const maximumBreakpoints = 4;

/**
 * Collects the breakpoints of one request in the order tools, system, messages.
 * @typedef {object} Breakpoints
 * @property {number} count
 * @property {boolean} shortSeen whether a 5m breakpoint came before
 */

/** @returns {Breakpoints} */
export function noBreakpoints() {
  return { count: 0, shortSeen: false };
}

/**
 * @param {unknown} value a block's `cache_control`; null and undefined are none
 * @param {string} path of the block
 * @param {Breakpoints} breakpoints is added to
 */
export function checkCacheControl(value, path, breakpoints) {
  if (value === undefined || value === null) return;
  const ttl = checkCacheControlShape(value, `${path}.cache_control`);
  if (ttl === '1h' && breakpoints.shortSeen) {
    refuse(
      `${path}.cache_control.ttl`,
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. " +
        'Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
    );
  }
  if (ttl === '5m') breakpoints.shortSeen = true;
  breakpoints.count += 1;
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {Ttl}
 */
export function checkCacheControlShape(value, path) {
  const control = checkObject(value, path);
  checkOneOf(control['type'], ['ephemeral'], `${path}.type`);
  checkFields(control, fields, path);
  return control['ttl'] === undefined ? '5m' : checkOneOf(control['ttl'], ['5m', '1h'], `${path}.ttl`);
}

/** @param {Breakpoints} breakpoints */
export function checkBreakpointCount({ count }) {
  if (count > maximumBreakpoints) {
    refuse('', `A maximum of ${maximumBreakpoints} blocks with cache_control may be provided. Found ${count}.`);
  }
}
