import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { totalTokens } from '../../tasks/index.ts';
import { createSimulatedApi, type Script } from '../simulated-api/server.js';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

/** Writes a file and is done; judges like what they see. */
const script: Script = (request, { turn }) => {
  if (JSON.stringify(request.system).includes('You judge a piece of work')) {
    return {
      content: [
        { type: 'tool_use', name: 'submit_result', input: { score: 0.9, evidence: 'It is good. '.repeat(100) } },
      ],
    };
  }
  return turn === 0
    ? { content: [{ type: 'tool_use', name: 'Bash', input: { command: 'echo x > a.txt' } }] }
    : { content: [{ type: 'text', text: 'Done.' }] };
};

test.each([
  ['the work', 'workspace', 1, 3],
  ['the work of candidates', 'workspace', 2, 6],
  ['the merged tree', 'merged', 1, 3],
])(
  'what judges of %s used before a kill is in the report, and counts towards the limits',
  async (_, on, candidates, asked) => {
    await using api = await createSimulatedApi({ script });
    const marks = temporaryFolder();
    const [busy, go] = [join(marks, 'busy'), join(marks, 'go')];
    const slow = `echo >> ${busy}; for i in $(seq 600); do [ ! -e ${go} ] || exit 0; sleep 0.1; done; exit 1`;
    const repository = temporaryRepository({
      'fanfold.yml': `version: 1
name: judged
permissions: { mode: bypassPermissions }
model: { maxTokens: 1500 }
budget: { tokens: 1000000 }
checks:
  - { name: quality, judge: { rubric: It is good. }, on: [${on}] }
  - { name: slow, run: '${slow}', on: [${on}] }
subtasks:
  - { id: one, prompt: Write a file., candidates: ${candidates} }
`,
    });
    const place = { folder: repository.folder, environment: api.environment };
    const first = startFanfold(['run', 'fanfold.yml', '--json'], place);
    await until(() => existsSync(busy) && readFileSync(busy, 'utf8').length === candidates, 'all are judged');
    first.child.kill('SIGKILL');
    await first.ended;
    expect(api.requests).toHaveLength(asked);
    const spent = totalOf(api.totals());
    writeFileSync(go, '');
    // The judges are asked once more, and this is too little.
    const refused = (await runFanfold(['resume', '--tokens', String(spent + 100), '--json'], place)).end();
    expect(refused).toMatchObject({ exitCode: 5, error: { code: 'budget-exhausted' } });
    expect(refused.error?.message).toContain(`${spent.toLocaleString('en')} of`);
    expect(totalTokens(refused.usage)).toBe(spent);
    const resumed = (await runFanfold(['resume', '--tokens', '1000000', '--json'], place)).end();
    expect(resumed).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
    expect(totalTokens(resumed.usage)).toBe(totalOf(api.totals()));
  },
  120_000,
);

function totalOf(totals: {
  inputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  outputTokens: number;
}): number {
  return totals.inputTokens + totals.cacheReadTokens + totals.cacheCreationTokens + totals.outputTokens;
}
