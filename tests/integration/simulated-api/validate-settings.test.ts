import { describe } from 'vitest';
import { afterToolUse, readTool, result, validBody } from './requests.ts';
import { type Acceptance, type Refusal, testValidation } from './test-validation.ts';

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const ephemeral = { type: 'ephemeral' };
const cachedText = { type: 'text', text: 'x', cache_control: ephemeral };
const old = 'claude-haiku-4-5';
const format = (schema: unknown) => ({ output_config: { format: { type: 'json_schema', schema } } });
const image = (source: unknown) => user([{ type: 'image', source }]);

const refusals: Refusal[] = [
  ['tool name', validBody({ tools: [{ ...readTool, name: 'Read file' }] }), /^tools\.0\.custom\.name: String should/],
  ['tool name too long', validBody({ tools: [{ ...readTool, name: 'a'.repeat(129) }] }), /^tools\.0\.custom\.name/],
  ['tool name twice', validBody({ tools: [readTool, readTool] }), 'tools: Tool names must be unique.'],
  ['tool without a schema', validBody({ tools: [{ name: 'Read' }] }), 'tools.0.custom.input_schema: Field required'],
  [
    'tool schema of another type',
    validBody({ tools: [{ ...readTool, input_schema: { type: 'array' } }] }),
    "tools.0.custom.input_schema.type: Input should be 'object'",
  ],
  [
    'tool schema with anyOf on top',
    validBody({ tools: [{ ...readTool, input_schema: { type: 'object', anyOf: [] } }] }),
    /does not support oneOf, allOf, or anyOf at the top level/,
  ],
  ['unknown field of a tool', validBody({ tools: [{ ...readTool, run: 1 }] }), /^tools\.0\.custom\.run: Extra inputs/],
  ['unknown tool type', validBody({ tools: [{ type: 'shell_1', name: 'a' }] }), /^tools\.0: Input tag 'shell_1'/],
  [
    'tool_choice of no tool',
    validBody({ tools: [readTool], tool_choice: { type: 'tool', name: 'X' } }),
    /'X' not found/,
  ],
  [
    'tool_choice without tools',
    validBody({ tool_choice: { type: 'auto' } }),
    /only be specified while providing tools/,
  ],
  ['tool_choice of unknown type', validBody({ tools: [readTool], tool_choice: { type: 'all' } }), /^tool_choice\.type/],
  [
    'forced tool with thinking',
    validBody({ tools: [readTool], tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } }),
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  [
    'five breakpoints',
    validBody({
      tools: [{ ...readTool, cache_control: ephemeral }],
      system: [cachedText, cachedText],
      ...user([cachedText, cachedText]),
    }),
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'four breakpoints and an automatic one',
    validBody({ cache_control: ephemeral, system: [cachedText, cachedText], ...user([cachedText, cachedText]) }),
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'cache_control of another type',
    validBody(user([{ type: 'text', text: 'x', cache_control: { type: 'persistent' } }])),
    "messages.0.content.0.text.cache_control.type: Input should be 'ephemeral'",
  ],
  [
    'cache_control with another ttl',
    validBody(user([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }])),
    "messages.0.content.0.text.cache_control.ttl: Input should be '5m' or '1h'",
  ],
  [
    'long ttl after a short one',
    validBody({
      system: [cachedText],
      ...user([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }]),
    }),
    /^messages\.0\.content\.0\.text\.cache_control\.ttl: a ttl='1h' cache_control block must not come after/,
  ],
  [
    'cache_control on an empty text',
    validBody(user([{ type: 'text', text: '', cache_control: ephemeral }])),
    'messages.0.content.0.text: cache_control cannot be set for empty text blocks',
  ],
  [
    'cache_control on thinking',
    validBody({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'a', signature: 'b', cache_control: ephemeral }] },
        { role: 'user', content: 'y' },
      ],
    }),
    'messages.1.content.0.thinking.cache_control: Extra inputs are not permitted',
  ],
  [
    'cache_control inside a result',
    afterToolUse(['a'], [result('a', [cachedText])]),
    /cache_control belongs on the `tool_result` block/,
  ],
  [
    'thinking that was not signed here',
    validBody({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'a', signature: 'b' }] },
        { role: 'user', content: 'y' },
      ],
    }),
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  ],
  [
    'manual thinking on a new model',
    validBody({ thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2048 }),
    /"thinking.type.enabled" is not supported for this model/,
  ],
  [
    'adaptive thinking on an old model',
    validBody({ model: old, thinking: { type: 'adaptive' } }),
    'adaptive thinking is not supported on this model',
  ],
  [
    'thinking budget too small',
    validBody({ model: old, thinking: { type: 'enabled', budget_tokens: 1023 } }),
    'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
  ],
  [
    'thinking budget not below max_tokens',
    validBody({ model: old, max_tokens: 1024, thinking: { type: 'enabled', budget_tokens: 1024 } }),
    '`max_tokens` must be greater than `thinking.budget_tokens`.',
  ],
  [
    'tool turn without its thinking',
    {
      ...afterToolUse(['a'], [result('a')]),
      model: old,
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    },
    /^messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`/,
  ],
  [
    'system that is a number',
    validBody({ system: 5 }),
    'system: Input should be a valid string or list of text blocks',
  ],
  ['system with an image', validBody({ system: [{ type: 'image' }] }), "system.0.type: Input should be 'text'"],
  [
    'image without data',
    validBody(image({ type: 'base64', media_type: 'image/png', data: '' })),
    /valid, non-empty base64/,
  ],
  [
    'image of another kind',
    validBody(image({ type: 'base64', media_type: 'image/bmp', data: 'aa' })),
    /base64\.media_type/,
  ],
  [
    'schema of an open object',
    validBody(format({ type: 'object' })),
    /'additionalProperties' must be explicitly set to false/,
  ],
  [
    'schema with a constraint',
    validBody(
      format({ type: 'object', additionalProperties: false, properties: { a: { type: 'integer', minimum: 1 } } }),
    ),
    "output_config.format.schema: For 'integer' type, property 'minimum' is not supported",
  ],
  ['unknown effort', validBody({ output_config: { effort: 'huge' } }), /^output_config\.effort/],
  [
    'effort on an old model',
    validBody({ model: old, output_config: { effort: 'low' } }),
    'This model does not support the effort parameter.',
  ],
  [
    'a level that came later',
    validBody({ model: 'claude-opus-4-6', output_config: { effort: 'xhigh' } }),
    /does not support effort level 'xhigh'/,
  ],
  ['empty stop sequence', validBody({ stop_sequences: [' '] }), /each stop sequence must contain non-whitespace/],
  ['unknown metadata', validBody({ metadata: { run: 'x' } }), 'metadata.run: Extra inputs are not permitted'],
  ['stream that is no boolean', validBody({ stream: 'yes' }), 'stream: Input should be a valid boolean'],
];

const acceptances: Acceptance[] = [
  ['sampling in the older version', validBody({ temperature: 0.5, top_k: 40 }), { 'anthropic-version': '2023-06-01' }],
  [
    'four breakpoints, long before short',
    validBody({
      tools: [{ ...readTool, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      system: [cachedText],
      ...user([cachedText, cachedText]),
    }),
  ],
  ['a closed schema', validBody(format({ type: 'object', additionalProperties: false, properties: {} }))],
];

describe('tools, caching, thinking and the rest of a request', () => testValidation(refusals, acceptances));
