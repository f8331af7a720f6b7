// @ts-check
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Fixed, so that a conversation can go on at a server that was started again. */
const secret = 'simulated-messages-api';

/**
 * @param {string} thinking the text as it was sent to the client
 * @param {string} model
 * @returns {string}
 */
export function signThinking(thinking, model) {
  return `Sim${createHmac('sha256', secret).update(`${model} ${thinking}`).digest('base64')}`;
}

/**
 * @param {string} thinking
 * @param {string} signature
 * @param {string} model
 * @returns {boolean}
 */
export function isSignedThinking(thinking, signature, model) {
  const expected = Buffer.from(signThinking(thinking, model));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
