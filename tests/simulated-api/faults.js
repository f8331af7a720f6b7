// @ts-check

/** @import { Fault, MessagesRequest, RequestContext } from './types.d.ts' */

/**
 * Chooses the fault of a request: the first in the list whose conditions all hold. The same seed and the same order
 * of arrival give the same faults.
 * @param {Fault[]} faults
 * @param {number} seed
 */
export function createFaultPlan(faults, seed) {
  /** @type {Map<Fault, number>} */
  const used = new Map();
  const list = [...faults];
  return {
    /** @param {Fault} fault */
    add(fault) {
      list.push(fault);
    },

    /**
     * @param {MessagesRequest} request
     * @param {RequestContext} context
     * @returns {Fault | undefined}
     */
    choose(request, context) {
      for (const [position, fault] of list.entries()) {
        const times = used.get(fault) ?? 0;
        if (times >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
        if (!hits(fault, request, context)) continue;
        if (fault.probability !== undefined && draw(seed, context.index, position) >= fault.probability) continue;
        used.set(fault, times + 1);
        return fault;
      }
      return undefined;
    },
  };
}

/**
 * @param {Fault} fault
 * @param {MessagesRequest} request
 * @param {RequestContext} context
 */
function hits({ at, match, turn, attempts }, request, context) {
  if (at !== undefined && !(Array.isArray(at) ? at.includes(context.index) : at === context.index)) return false;
  if (turn !== undefined && turn !== context.turn) return false;
  if (attempts !== undefined && context.attempt > attempts) return false;
  if (match === undefined) return true;
  return typeof match === 'string' ? context.firstUserText.includes(match) : match(request, context);
}

/**
 * A mulberry32 step over the mixed inputs.
 * @param {number} seed
 * @param {number} index
 * @param {number} position
 * @returns {number} 0 up to, not including, 1
 */
function draw(seed, index, position) {
  let state =
    (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35)) | 0;
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
