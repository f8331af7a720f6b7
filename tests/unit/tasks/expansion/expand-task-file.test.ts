import { describe, expect, it } from 'vitest';
import { expandTaskFile, FanfoldError, parseTaskFile } from '../../../../tasks/index.ts';
import { expandText, expansionProblem, repository } from '../../../support/expand-text.ts';
import { memorySources } from '../../../support/memory-sources.ts';

describe('expandTaskFile', () => {
  it('fills in defaults', async () => {
    const plan = await expandText('subtasks:\n  - { id: a, run: "true" }\n');
    expect(plan).toEqual({
      name: 'run-1',
      base: 'HEAD',
      into: 'fanfold/run-1',
      environment: { FANFOLD_RUN_NAME: 'run-1' },
      checks: [],
      subtasks: [
        {
          id: 'a',
          needs: [],
          executor: { kind: 'run', command: 'true' },
          writes: [],
          environment: { FANFOLD_SUBTASK: 'a', FANFOLD_RUN_NAME: 'run-1' },
          workspace: 'worktree',
          retries: 2,
          timeoutMs: 1_200_000,
          permissions: { mode: 'acceptEdits', allow: [], ask: [], deny: [] },
          model: {},
          checks: [],
        },
      ],
    });
  });

  it('expands the example of the design', async () => {
    const plan = await expandText(
      [
        'goal: Replace var',
        'checks:',
        '  - { name: loads, run: "node -e 1" }',
        'subtasks:',
        '  - id: changelog',
        '    needs: [no-var-*]',
        '    prompt: Write about ${{ goal }} in ${{ run.name }}.',
        '    writes: [CHANGELOG.md]',
        '  - id: no-var-${{ item.name }}',
        '    forEach: { glob: "src/*" }',
        '    codemod: rules/no-var.yml',
        '    files: ["${{ item.path }}/**/*.js"]',
        '    writes: ["${{ item.path }}/**"]',
      ].join('\n'),
      { ...repository, files: { 'rules/no-var.yml': 'rule: x' } },
    );
    expect(plan.subtasks.map(({ id }) => id)).toEqual(['no-var-a', 'no-var-b', 'no-var-main', 'changelog']);
    expect(plan.subtasks[0]).toMatchObject({
      executor: { kind: 'codemod', rules: [{ path: 'rules/no-var.yml', text: 'rule: x' }], files: ['src/a/**/*.js'] },
      writes: ['src/a/**'],
      checks: [{ name: 'loads', run: 'node -e 1', gate: true, timeoutMs: 600_000, on: ['workspace', 'merged'] }],
      environment: {
        FANFOLD_ITEM_PATH: 'src/a',
        FANFOLD_ITEM_NAME: 'a',
        FANFOLD_ITEM_INDEX: '0',
        FANFOLD_SUBTASK: 'no-var-a',
      },
    });
    expect(plan.subtasks[3]?.needs).toEqual(['no-var-a', 'no-var-b', 'no-var-main']);
    expect(plan.subtasks[3]?.executor).toEqual({ kind: 'prompt', prompt: 'Write about Replace var in run-1.' });
    expect(plan.checks.map(({ name }) => name)).toEqual(['loads']);
  });

  it('reads rule files once for all items', async () => {
    const { taskFile } = await parseTaskFile(
      'version: 1\nname: a\nsubtasks:\n  - { id: a, forEach: { files: "**" }, codemod: [r.yml, s.yml] }\n',
    );
    const { sources, asked } = memorySources({ ...repository, files: { 'r.yml': 'r', 's.yml': 's' } });
    expect((await expandTaskFile(taskFile, sources)).subtasks).toHaveLength(5);
    expect(asked).toEqual(['file r.yml', 'file s.yml']);
  });

  it('merges settings from general to specific', async () => {
    const plan = await expandText(
      [
        'model: { name: general, baseUrl: "http://localhost:1", fallback: [one, two, one] }',
        'permissions: { allow: [Read], mode: plan }',
        'defaults: { retries: 0, timeout: 5, workspace: copy, model: { name: default, maxTokens: 5 }, permissions: { allow: [Grep], deny: [Bash] } }',
        'checks:',
        '  - { name: everywhere, run: a }',
        '  - { name: at-the-end, run: b, on: [merged], gate: false, timeout: 1m }',
        '  - { name: each, run: c, on: [workspace] }',
        'subtasks:',
        '  - { id: plain, prompt: x }',
        '  - { id: own, prompt: x, retries: 5, timeout: 1h, workspace: none, model: { maxTokens: 9, fallback: [] }, permissions: { mode: bypassPermissions, allow: [Edit] }, checks: [{ name: own, run: d }] }',
      ].join('\n'),
    );
    const [plain, own] = plan.subtasks;
    expect(plan.checks.map(({ name }) => name)).toEqual(['everywhere', 'at-the-end']);
    expect(plain).toMatchObject({
      retries: 0,
      timeoutMs: 5000,
      workspace: 'copy',
      model: { name: 'default', baseUrl: 'http://localhost:1', maxTokens: 5, fallback: ['one', 'two'] },
    });
    expect(plain?.permissions).toEqual({ mode: 'plan', allow: ['Grep', 'Read'], ask: [], deny: ['Bash'] });
    expect(plain?.checks.map(({ name }) => name)).toEqual(['everywhere', 'each']);
    expect(own).toMatchObject({
      retries: 5,
      timeoutMs: 3_600_000,
      workspace: 'none',
      model: { name: 'default', maxTokens: 9, fallback: [] },
    });
    expect(own?.permissions).toEqual({
      mode: 'bypassPermissions',
      allow: ['Grep', 'Read', 'Edit'],
      ask: [],
      deny: ['Bash'],
    });
    expect(own?.checks.map(({ name, on, own: asked }) => [name, on, asked])).toEqual([
      ['everywhere', ['workspace', 'merged'], undefined],
      ['each', ['workspace'], undefined],
      ['own', ['workspace'], true],
    ]);
  });

  it('names duplicates across templates and cycles', async () => {
    expect(await expansionProblem('subtasks:\n  - { id: a, run: x }\n  - { id: a, run: y }\n')).toContain(
      'f.yml:5:11: subtasks[1].id: found the id "a" twice, for subtasks[0] (this subtask) and this subtask; allowed ids that differ',
    );
    expect(
      await expansionProblem('subtasks:\n  - { id: a, needs: [b], run: x }\n  - { id: b, needs: [a], run: y }\n'),
    ).toContain('f.yml:4:21: subtasks[0].needs: found the cycle a → b → a');
  });

  it('leaves out variables that no process can be given, unless a command reads them', async () => {
    const world = { files: { d: JSON.stringify({ id: 1, text: 'x'.repeat(150_000) }) } };
    const plan = await expandText('subtasks:\n  - { id: a, forEach: { jsonl: d }, run: "x ${{ item.id }}" }\n', world);
    expect(Object.keys(plan.subtasks[0]?.environment ?? {})).toEqual([
      'FANFOLD_ITEM_INDEX',
      'FANFOLD_ITEM_ID',
      'FANFOLD_SUBTASK',
      'FANFOLD_RUN_NAME',
    ]);
    expect(
      await expansionProblem('subtasks:\n  - { id: a, forEach: { jsonl: d }, run: "x $FANFOLD_ITEM_TEXT" }\n', world),
    ).toContain('a value for FANFOLD_ITEM_TEXT that is too large');
  });

  it('names variables in upper case', async () => {
    const world = { files: { d: '{"firstName":"A","last name":"B","tags":["x","y"],"deep":{"a":1},"ok":true}' } };
    const [subtask] = (await expandText('subtasks:\n  - { id: a, forEach: { jsonl: d }, run: x }\n', world)).subtasks;
    expect(subtask?.environment).toMatchObject({
      FANFOLD_ITEM_FIRST_NAME: 'A',
      FANFOLD_ITEM_LAST_NAME: 'B',
      FANFOLD_ITEM_TAGS: 'x\ny',
      FANFOLD_ITEM_OK: 'true',
      FANFOLD_ITEM_JSON: '{"index":0,"firstName":"A","last name":"B","tags":["x","y"],"deep":{"a":1},"ok":true}',
    });
    expect(subtask?.environment).not.toHaveProperty('FANFOLD_ITEM_DEEP');
  });

  it('passes on what is no problem of the task file', async () => {
    const { taskFile } = await parseTaskFile(
      'version: 1\nname: a\nsubtasks:\n  - { id: a, forEach: { glob: x }, run: x }\n',
    );
    const cancelled = new FanfoldError({
      code: 'cancelled',
      message: 'Stopped.',
      next: 'Again.',
      failure: 'cancelled',
    });
    const sources = { ...memorySources().sources, glob: () => Promise.reject(cancelled) };
    await expect(expandTaskFile(taskFile, sources)).rejects.toBe(cancelled);
    const { sources: working } = memorySources({ paths: ['x'] });
    await expect(expandTaskFile(taskFile, working, { signal: AbortSignal.abort(cancelled) })).rejects.toBe(cancelled);
  });
});
