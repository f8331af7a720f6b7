import { describe } from 'vitest';
import { afterToolUse, readTool, result, validBody } from './requests.ts';
import { type Acceptance, type Refusal, testValidation } from './test-validation.ts';

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const old = 'claude-haiku-4-5';
const image = (source: unknown) => user([{ type: 'image', source }]);

const refusals: Refusal[] = [
  ['model missing', validBody({ model: undefined }), 'model: Field required'],
  ['max_tokens missing', validBody({ max_tokens: undefined }), 'max_tokens: Field required'],
  ['messages missing', validBody({ messages: undefined }), 'messages: Field required'],
  ['messages empty', validBody({ messages: [] }), 'messages: at least one message is required'],
  ['max_tokens not a number', validBody({ max_tokens: '5' }), 'max_tokens: Input should be a valid integer'],
  ['max_tokens negative', validBody({ max_tokens: -1 }), 'max_tokens: Input should be greater than or equal to 0'],
  ['unknown top-level field', validBody({ colour: 'red' }), 'colour: Extra inputs are not permitted'],
  ['sampling parameter', validBody({ temperature: 1 }), 'temperature: Extra inputs are not permitted'],
  ['unknown role', validBody({ messages: [{ role: 'tool', content: 'x' }] }), /^messages\.0\.role: Input should be/],
  [
    'first message of the assistant',
    validBody({ messages: [{ role: 'assistant', content: 'x' }] }),
    'messages: first message must use the "user" role',
  ],
  [
    'system role on a model without it',
    validBody({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'system', content: 'y' },
      ],
    }),
    /^messages: Unexpected role "system"/,
  ],
  [
    'unknown field in a message',
    validBody({ messages: [{ role: 'user', content: 'x', id: '1' }] }),
    'messages.0.id: Extra inputs are not permitted',
  ],
  ['empty content', validBody(user('')), /^messages\.0: all messages must have non-empty content/],
  ['no content blocks', validBody(user([])), /^messages\.0: all messages must have non-empty content/],
  ['empty text block', validBody(user([{ type: 'text', text: '' }])), /text content blocks must be non-empty/],
  ['white text block', validBody(user([{ type: 'text', text: ' \n' }])), /must contain non-whitespace text/],
  ['unknown block type', validBody(user([{ type: 'video' }])), /^messages\.0\.content\.0: Input tag 'video'/],
  [
    'unknown field in a block',
    validBody(user([{ type: 'text', text: 'x', index: 0 }])),
    'messages.0.content.0.text.index: Extra inputs are not permitted',
  ],
  [
    'tool_use of the user',
    validBody(user([{ type: 'tool_use', id: 'a', name: 'Read', input: {} }])),
    /`tool_use` blocks can only be in `assistant` messages/,
  ],
  [
    'prefill on a model without it',
    validBody({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
    }),
    /does not support assistant message prefill/,
  ],
  [
    'prefill with trailing whitespace',
    validBody({
      model: old,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y ' },
      ],
    }),
    'messages: final assistant content cannot end with trailing whitespace',
  ],
  [
    'no result for a tool_use',
    afterToolUse(['toolu_1'], 'go on'),
    /^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1\./,
  ],
  [
    'one of two results missing',
    afterToolUse(['toolu_1', 'toolu_2'], [result('toolu_1')]),
    /immediately after: toolu_2\./,
  ],
  [
    'text before the result',
    afterToolUse(['toolu_1'], [{ type: 'text', text: 'Here:' }, result('toolu_1')]),
    /immediately after: toolu_1\..*must come first/,
  ],
  [
    'result without a tool_use',
    afterToolUse(['toolu_1'], [result('toolu_1'), result('toolu_9')]),
    /^messages\.2\.content\.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_9/,
  ],
  [
    'two results for one tool_use',
    afterToolUse(['toolu_1'], [result('toolu_1'), result('toolu_1')]),
    /each tool_use must have a single result. Found multiple `tool_result` blocks with id: toolu_1/,
  ],
  [
    'tool_use id twice',
    afterToolUse(['toolu_1', 'toolu_1'], [result('toolu_1')]),
    'messages.1.content.1: `tool_use` ids must be unique',
  ],
  [
    'tool_use id with a space',
    afterToolUse(['toolu 1'], [result('toolu 1')]),
    /tool_use\.id: String should match pattern/,
  ],
  [
    'conversation that ends with a tool_use',
    validBody({
      model: old,
      tools: [readTool],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'Read', input: {} }] },
      ],
    }),
    /^messages\.1: `tool_use` ids were found without/,
  ],
  [
    'tool_use input that is no object',
    validBody({
      tools: [readTool],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'Read', input: '{}' }] },
        { role: 'user', content: [result('a')] },
      ],
    }),
    'messages.1.content.0.tool_use.input: Input should be a valid dictionary',
  ],
  [
    'empty text inside a result',
    afterToolUse(['a'], [result('a', [{ type: 'text', text: '' }])]),
    /text content blocks must be non-empty/,
  ],
  [
    'image inside a failed result',
    afterToolUse(
      ['a'],
      [
        {
          ...result('a', [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }]),
          is_error: true,
        },
      ],
    ),
    /all content must be type `text` if `is_error` is true/,
  ],
  ['results without tools', { ...afterToolUse(['a'], [result('a')]), tools: undefined }, /must define tools/],
];

const acceptances: Acceptance[] = [
  ['the smallest request', validBody()],
  [
    'consecutive messages of one role',
    validBody({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    }),
  ],
  ['text after the results', afterToolUse(['a', 'b'], [result('b'), result('a'), { type: 'text', text: 'Go on.' }])],
  ['an empty string as a result', afterToolUse(['a'], [result('a', '')])],
  ['a failed result', afterToolUse(['a'], [{ ...result('a', 'no such file'), is_error: true }])],
  [
    'blocks as the API sends them',
    validBody({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'text', text: 'y', citations: null }] },
        { role: 'user', content: 'z' },
      ],
    }),
  ],
  [
    'an empty final assistant message where prefill exists',
    validBody({
      model: old,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: '' },
      ],
    }),
  ],
  [
    'a system message on a model that has them',
    validBody({
      model: 'claude-opus-5-5',
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'b' },
      ],
    }),
  ],
  ['an image', validBody(image({ type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }))],
];

describe('messages and their blocks', () => testValidation(refusals, acceptances));
