// An agent in a program of one's own: it reads files, uses a tool of this program, and answers with data that fits a
// schema. `node agent.js` plays a script and needs no key; `node agent.js claude-sonnet-5-5` asks that model.
import { fileURLToPath } from 'node:url';
import { createAgent, defineTool } from 'fanfold';
import { scriptedModel } from './scripted-model.js';

const rates = { EUR: 1, USD: 0.9, CHF: 1.05 };

const convert = defineTool({
  name: 'convert',
  description: 'Converts an amount into EUR.',
  input: {
    type: 'object',
    properties: { amount: { type: 'number' }, currency: { type: 'string', enum: Object.keys(rates) } },
    required: ['amount', 'currency'],
    additionalProperties: false,
  },
  readOnly: true,
  run: ({ amount, currency }) => `${(amount * rates[currency]).toFixed(2)} EUR`,
});

const call = (name, input, id) => ({ type: 'tool_use', id, name, input });
const script = scriptedModel([
  () => [
    { type: 'text', text: 'I read the invoices.' },
    call('Read', { file_path: 'north.txt' }, 'call_1'),
    call('Read', { file_path: 'south.txt' }, 'call_2'),
  ],
  (results) =>
    results.map(({ content }, index) => {
      const [, currency, amount] = /total (\w+) ([\d.]+)/.exec(content);
      return call('convert', { amount: Number(amount), currency }, `call_${index + 3}`);
    }),
  (results) => {
    const total = results.reduce((sum, { content }) => sum + Number.parseFloat(content), 0);
    return [call('submit_result', { invoices: results.length, totalEur: total }, 'call_5')];
  },
]);

const agent = createAgent({
  model: process.argv[2] ?? script,
  folder: fileURLToPath(new URL('invoices', import.meta.url)),
  tools: [convert],
  output: {
    type: 'object',
    properties: { invoices: { type: 'integer' }, totalEur: { type: 'number' } },
    required: ['invoices', 'totalEur'],
  },
  limits: { turns: 10, usd: 0.5, deadlineMs: 120_000 },
});

const result = await agent.run('How many invoices are there, and what do they come to in EUR?', {
  onEvent(event) {
    if (event.type === 'tool-start') console.log(`${event.tool}: ${event.summary}`);
  },
});
await agent.close();
if (result.status !== 'done') throw new Error(`${result.error.message} ${result.error.next}`);
console.log(result.output);
