import { expect, test } from 'vitest';
import type { Message } from '../../../../../worker/agent/model/model.ts';
import { createConversationDigest } from '../../../../../worker/agent/prompt/conversation-digest.ts';

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const assistant = (text: string): Message => ({ role: 'assistant', content: [{ type: 'text', text }] });
const marked = (text: string): Message => ({
  role: 'user',
  content: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
});
const plain = (json: string): string => json;

test('a conversation that grows goes on from the digest of the request before, wherever its breakpoints are', () => {
  const follow = createConversationDigest(plain);
  const first = follow([marked('a')]);
  const second = follow([marked('a'), assistant('b'), marked('c')]);
  const third = follow([user('a'), assistant('b'), marked('c'), assistant('d'), marked('e')]);
  expect(first).toMatchObject({ before: undefined, changed: undefined });
  expect(second).toMatchObject({ before: first.digest, changed: undefined });
  expect(third).toMatchObject({ before: second.digest, changed: undefined });
  expect(third.bytes).toBeGreaterThan(second.bytes);
  const elsewhere = createConversationDigest(plain)([user('a'), assistant('b'), user('c'), assistant('d'), user('e')]);
  expect(elsewhere).toMatchObject({ digest: third.digest, before: second.digest, bytes: third.bytes });
});

test('of a conversation that changed it tells the first byte that differs, over all messages', () => {
  const follow = createConversationDigest(plain);
  const { bytes } = follow([user('a')]);
  follow([user('a'), assistant('b'), user('the result is 1234')]);
  const { changed, before } = follow([
    user('a'),
    assistant('b'),
    user('the result is 1299'),
    assistant('d'),
    user('e'),
  ]);
  const [reply, answer] = [assistant('b'), user('the result is 1234')].map((message) => JSON.stringify(message));
  expect(changed?.offset).toBe(bytes + `${reply}${answer}`.indexOf('34"}'));
  expect(changed?.before).toContain('the result is 1234');
  expect(changed?.after).toContain('the result is 1299');
  expect(before).not.toBe(follow([user('a'), assistant('b'), user('the result is 1234')]).digest);
});

test('one that was made shorter has changed where it ends', () => {
  const follow = createConversationDigest(plain);
  follow([user('a'), assistant('b'), user('c')]);
  expect(follow([user('a')]).changed).toMatchObject({ after: '' });
});

test('no part of a secret is in what it tells', () => {
  const follow = createConversationDigest((json) => json.replaceAll('sk-very-secret-value', '[value of KEY]'));
  follow([user('key sk-very-secret-value is old')]);
  const { changed } = follow([user('key sk-very-secret-value is new')]);
  expect(changed?.after).toContain('[value of KEY] is new');
  expect(JSON.stringify(changed)).not.toContain('secret');
});
