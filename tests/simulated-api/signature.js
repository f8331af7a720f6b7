// @ts-check
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Fixed, so that a conversation can go on at a server that was started again. */
const secret = 'simulated-messages-api';

/**
 * @param {string} thinking the text as it was sent to the client
 * @returns {string}
 */
export function signThinking(thinking) {
  return `Sim${createHmac('sha256', secret).update(thinking).digest('base64')}`;
}

/**
 * @param {string} thinking
 * @param {string} signature
 * @returns {boolean}
 */
export function isSignedThinking(thinking, signature) {
  const expected = Buffer.from(signThinking(thinking));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
