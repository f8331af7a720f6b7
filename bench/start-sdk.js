// The plainest use of the SDK: import, one streamed request, the answer.
import Anthropic from '@anthropic-ai/sdk';

const stream = new Anthropic().messages.stream({
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Say hello.' }],
});
await stream.finalMessage();
