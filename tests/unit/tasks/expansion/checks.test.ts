import { describe, expect, it } from 'vitest';
import { expandTaskFile, parseTaskFile } from '../../../../tasks/index.ts';
import { expandText, expansionProblem } from '../../../support/expand-text.ts';
import { memorySources } from '../../../support/memory-sources.ts';

const subtasks = `subtasks:
  - id: part-\${{ item.value }}
    forEach: { lines: parts.txt }
    run: make \${{ item.value }}
`;
const files = { 'parts.txt': 'a\nb\n', 'rubric.md': 'It is good.\n' };
const settings = { gate: true, timeoutMs: 600_000, on: ['workspace', 'merged'] };

describe('checks of a task file', () => {
  it('are commands, with a minimum where the task file says one', async () => {
    const plan = await expandText(
      `checks:\n  - { name: c, run: npm test, minimum: 0.8, on: [workspace] }\n  - { name: d, run: x, score: true, gate: false }\n${subtasks}`,
      { files },
    );
    expect(plan.subtasks[0]?.checks).toEqual([
      { name: 'c', run: 'npm test', ...settings, on: ['workspace'], minimum: 0.8 },
      { name: 'd', run: 'x', ...settings, gate: false, score: true },
    ]);
  });

  it('are judges with the text of their rubric, the model of judges, and what agents must not read', async () => {
    const plan = await expandText(
      `model: { name: claude-sonnet-5-5, effort: low }
roles: { judge: { name: claude-opus-4-8, effort: high } }
permissions: { deny: ["Read(.env)"], ask: ["Read(private/**)"] }
checks:
  - { name: good, judge: { rubric: { file: rubric.md } } }
  - { name: short, judge: { rubric: Short., model: { effort: max } }, minimum: 0.5 }
  - { name: plain, judge: { rubric: Plain., model: { name: claude-haiku-4-5 } } }
${subtasks}`,
      { files },
    );
    const deny = ['Read(.env)', 'Read(private/**)'];
    const [good, short, plain] = plan.checks;
    expect(good).toEqual({
      name: 'good',
      judge: { rubric: 'It is good.\n', model: { name: 'claude-opus-4-8', effort: 'high' }, deny },
      ...settings,
      minimum: 0.7,
    });
    expect(short).toMatchObject({ judge: { model: { name: 'claude-opus-4-8', effort: 'max' } }, minimum: 0.5 });
    expect(plain).toMatchObject({ judge: { model: { name: 'claude-haiku-4-5' } } });
    expect(plan.subtasks[1]?.checks).toEqual(plan.checks);
  });

  it('take values into the rubric of a subtask, between tags that no value can close', async () => {
    const plan = await expandText(
      `${subtasks}    checks:\n      - { name: fits, judge: { rubric: "Fits \${{ item.value }}." } }\n`,
      {
        files,
      },
    );
    expect(plan.subtasks.map(({ checks }) => checks[0])).toMatchObject([
      { judge: { rubric: expect.stringMatching(/^Fits <(data-[0-9a-f]{32})>a<\/\1>\.$/) }, on: ['workspace'] },
      { judge: { rubric: expect.stringMatching(/^Fits <(data-[0-9a-f]{32})>b<\/\1>\.$/) } },
    ]);
  });

  it('are modules, each of which the plan holds once', async () => {
    const digest = '0'.repeat(64);
    const { taskFile, source } = await parseTaskFile(
      `version: 1\nname: run-1\nchecks:\n  - { name: c, module: c.mjs }\n  - { name: d, module: c.mjs, minimum: 1 }\n${subtasks}`,
      { path: 'f.yml' },
    );
    const { sources } = memorySources({ files });
    const asked: string[] = [];
    const readModule = async (path: string) => {
      asked.push(path);
      return { digest, files: [{ path, text: 'export default { check: () => true };' }] };
    };
    const plan = await expandTaskFile(taskFile, { ...sources, readModule }, { source });
    expect(asked).toEqual(['c.mjs']);
    expect(plan.modules).toEqual([
      { digest, files: [{ path: 'c.mjs', text: 'export default { check: () => true };' }] },
    ]);
    expect(plan.checks).toEqual([
      { name: 'c', module: { path: 'c.mjs', digest }, ...settings },
      { name: 'd', module: { path: 'c.mjs', digest }, ...settings, minimum: 1 },
    ]);
  });

  it('say what is wrong with them', async () => {
    const problem = (check: string) =>
      expansionProblem(`checks:\n  - ${check}\n${subtasks}`, { files: { ...files, 'none.md': ' \n' } });
    expect(await problem('{ name: c, module: c.mjs }')).toContain(
      'found a module, where none can be run; allowed run or judge',
    );
    expect(await problem('{ name: c, judge: { rubric: { file: lost.md } } }')).toContain('checks[0].judge.rubric.file');
    expect(await problem('{ name: c, judge: { rubric: { file: none.md } } }')).toContain(
      'found no text; allowed a rubric of 1 to 20,000',
    );
    expect(await problem('{ name: c, judge: { rubric: "${{ item.value }}" } }')).toContain('checks[0].judge.rubric');
  });
});
