// @ts-check

/**
 * Answers with the last user text.
 * @type {import('../types.d.ts').Script}
 */
export function echo(_request, { lastUserText }) {
  return { content: [{ type: 'text', text: lastUserText === '' ? 'Nothing to echo.' : lastUserText }] };
}
