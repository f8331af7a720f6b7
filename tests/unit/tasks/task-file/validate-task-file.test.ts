import { describe, expect, it } from 'vitest';
import { FanfoldError, type TaskFileProblem, validateTaskFile } from '../../../../tasks/index.ts';

const minimal = { version: 1, name: 'a', subtasks: [{ id: 'a', run: 'true' }] };

function problemsOf(value: unknown): string[] {
  try {
    validateTaskFile(value);
  } catch (error) {
    if (!(error instanceof FanfoldError)) throw error;
    expect(error.code).toBe('task-file-invalid');
    expect(error.next).not.toBe('');
    return ((error.data?.['problems'] ?? []) as TaskFileProblem[]).map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('validateTaskFile', () => {
  it('returns a valid task file as it was written', () => {
    expect(validateTaskFile(minimal)).toEqual(minimal);
  });

  it('refuses a check of a subtask on the merged tree, where none of them would run', () => {
    const withPlaces = (on: string[]) => ({
      ...minimal,
      subtasks: [{ id: 'a', run: 'true', checks: [{ name: 'c', run: 'false', on }] }],
    });
    for (const [on, index] of [
      [['merged'], 0],
      [['workspace', 'merged'], 1],
    ] as const) {
      expect(problemsOf(withPlaces([...on]))).toEqual([
        `subtasks[0].checks[0].on[${index}]: found "merged"; allowed workspace, since a check of a subtask is run in its workspace only; for the merged tree write it in \`checks\` of the file`,
      ]);
    }
    expect(problemsOf(withPlaces(['workspace']))).toEqual([]);
    expect(problemsOf({ ...minimal, checks: [{ name: 'c', run: 'false', on: ['merged'] }] })).toEqual([]);
  });

  it('refuses a model and permissions where nothing asks for them', () => {
    const problems = (rest: object) => problemsOf({ ...minimal, subtasks: [{ id: 'a', ...rest }] });
    const [model, permissions] = [{ name: 'm' }, { deny: ['Read(.env)'] }];
    const only = 'nothing here, since only agents (prompt) ask a model';
    expect(problems({ run: 'true', model })[0]).toContain(
      `subtasks[0].model: found an object with name; allowed ${only}`,
    );
    expect(problems({ codemod: 'r.yml', permissions })[0]).toContain(
      'subtasks[0].permissions: found an object with deny; allowed',
    );
    expect(problems({ prompt: 'x', model, permissions })).toEqual([]);
    const judged = { run: 'true', permissions, checks: [{ name: 'c', judge: { rubric: 'x' } }] };
    expect(problems(judged)).toEqual([]);
    expect(problems({ ...judged, checks: [{ name: 'c', run: 'true' }] })).toHaveLength(1);
    expect(problemsOf({ ...minimal, defaults: { model, permissions } })).toEqual([]);
  });

  it('refuses the name of a check of the file for a check of a subtask', () => {
    const named = (name: string) => ({
      ...minimal,
      checks: [{ name: 'tests', run: 'true', on: ['merged'] }],
      subtasks: [
        { id: 'a', run: 'true', checks: [{ name: 'own', run: 'true' }] },
        {
          id: 'b',
          run: 'true',
          checks: [
            { name: 'own', run: 'false' },
            { name, run: 'true' },
          ],
        },
      ],
    });
    expect(problemsOf(named('tests'))).toEqual([
      'subtasks[1].checks[1].name: found "tests"; allowed another name than those of the checks of the file, which every subtask has as well',
    ]);
    expect(problemsOf(named('more'))).toEqual([]);
  });

  it('accepts every field of the format', () => {
    const taskFile = {
      $schema: './schema.json',
      version: 1,
      name: 'all-fields',
      goal: 'g',
      base: 'origin/main~2',
      into: 'fanfold/all',
      concurrency: 8,
      budget: { usd: 0.5, tokens: 1000, minutes: 1.5 },
      model: { name: 'm', baseUrl: 'http://127.0.0.1:11434', maxTokens: 1000, fallback: ['n', 'o'] },
      roles: { judge: { effort: 'low' }, summariser: { thinking: 'off' } },
      models: { m: { price: { input: 1, output: 2 }, contextTokens: 100_000 } },
      defaults: { retries: 0, timeout: 90, workspace: 'copy', permissions: { mode: 'plan' }, model: { name: 'n' } },
      permissions: { mode: 'acceptEdits', allow: ['Bash(npm test *)'], ask: ['Grep'], deny: ['Edit(src/**)'] },
      checks: [{ name: 'c', run: 'npm test', gate: false, timeout: '1h30m', on: ['merged'] }],
      subtasks: [
        {
          id: 'a-${{ item.name }}',
          title: 'A ${{ item.path }}',
          forEach: { csv: 'data.csv', chunk: 2, limit: 10, allowEmpty: true },
          needs: ['b-*'],
          prompt: 'Do ${{ item.path }}',
          writes: ['src/**', '!src/generated/**'],
          output: { schema: { type: 'object', properties: { a: { type: 'string' } } } },
          workspace: 'none',
          retries: 3,
          timeout: '500ms',
          permissions: { deny: ['Bash'] },
          model: { maxTokens: 2000, effort: 'max', thinking: { budgetTokens: 1024 } },
          checks: [{ name: 'd', run: 'true' }],
        },
        { id: 'b-1', codemod: ['rules/a.yml', 'rules/b.yml'], files: ['src/**/*.js'] },
      ],
    };
    expect(validateTaskFile(taskFile)).toEqual(taskFile);
  });

  it.each([
    [
      'a rule for a tool that does not exist',
      { ...minimal, permissions: { deny: ['Bsh(rm *)'] } },
      'permissions.deny[0]: found "Bsh(rm *)"; allowed Tool or Tool(specifier) of Agent, Bash, Edit',
    ],
    ['no object', 5, ': found the number 5; allowed an object with version, name and subtasks'],
    ['nothing', null, ': found nothing; allowed an object with version, name and subtasks'],
    ['a wrong version', { ...minimal, version: '1' }, 'version: found "1"; allowed the number 1'],
    ['a missing name', { ...minimal, name: undefined }, 'name: found nothing; allowed a name of 1 to 64 lower-case'],
    ['a name with capitals', { ...minimal, name: 'A b' }, 'name: found "A b"; allowed a name of 1 to 64'],
    [
      'no subtasks',
      { ...minimal, subtasks: [] },
      'subtasks: found an empty list; allowed a list of 1 to 10,000 subtasks',
    ],
    ['a base that is an option', { ...minimal, base: '-x' }, 'base: found "-x"; allowed a commit, branch or tag'],
    ['a bad branch', { ...minimal, into: 'a..b' }, 'into: found "a..b"; allowed a branch name that git accepts'],
    ['too much concurrency', { ...minimal, concurrency: 1001 }, 'allowed a whole number from 1 to 1,000'],
    [
      'a budget below 0',
      { ...minimal, budget: { usd: -1 } },
      'budget.usd: found the number -1; allowed a number of dollars',
    ],
    [
      'a base URL of another kind',
      { ...minimal, model: { baseUrl: 'file:///x' } },
      'allowed a URL that begins with http',
    ],
    [
      'a base URL with a name and a password',
      { ...minimal, model: { baseUrl: 'http://user:secret@host/v1' } },
      'model.baseUrl: found "http://…@host/v1"; allowed a URL without a name and a password',
    ],
    [
      'one without slashes, of a role',
      { ...minimal, roles: { judge: { baseUrl: 'https:token@host' } } },
      'roles.judge.baseUrl: found "https://…@host"; allowed a URL without a name',
    ],
    [
      'one that is no URL besides',
      { ...minimal, defaults: { model: { baseUrl: 'http://user:se/c@ret@host:port' } } },
      'defaults.model.baseUrl: found "http://…@host:port"; allowed a URL that begins with http',
    ],
    [
      'facts of efforts that are none',
      { ...minimal, models: { m: { efforts: ['huge'] } } },
      'models.m.efforts[0]: found "huge"; allowed low, medium, high, xhigh, max',
    ],
    [
      'facts of thinking that are none',
      { ...minimal, models: { m: { thinking: ['on'] } } },
      'models.m.thinking[0]: found "on"; allowed a list of adaptive, off and budget',
    ],
    [
      'a fallback that is no list',
      { ...minimal, model: { fallback: 'other' } },
      'model.fallback: found "other"; allowed a list of at most 8 names of models',
    ],
    [
      'too long a fallback',
      { ...minimal, model: { fallback: Array(9).fill('other') } },
      'allowed a list of at most 8 names of models',
    ],
    [
      'a duration in words',
      { ...minimal, defaults: { timeout: '20 minutes' } },
      'defaults.timeout: found "20 minutes"; allowed a duration',
    ],
    [
      'a duration that is too long',
      { ...minimal, defaults: { timeout: '8d' } },
      'defaults.timeout: found "8d"; allowed a duration',
    ],
    [
      'an unknown mode',
      { ...minimal, permissions: { mode: 'auto' } },
      'found "auto"; allowed plan, acceptEdits, bypassPermissions',
    ],
    [
      'a bad rule',
      { ...minimal, permissions: { allow: ['npm test'] } },
      'permissions.allow[0]: found "npm test"; allowed Tool or Tool(specifier)',
    ],
    [
      'checks of the same name',
      {
        ...minimal,
        checks: [
          { name: 'a', run: 'b' },
          { name: 'a', run: 'c' },
        ],
      },
      'checks: found a list of 2; allowed checks whose names differ',
    ],
    [
      'an unknown key',
      { ...minimal, concurency: 3 },
      'concurency: found the unknown key "concurency"; did you mean concurrency?; allowed version, name, goal',
    ],
    [
      'a planner in a task file',
      { ...minimal, roles: { planner: { name: 'm' } } },
      'roles.planner: found an object with name; allowed nothing here, since a task file is planned already',
    ],
    [
      'an unknown effort',
      { ...minimal, model: { effort: 'huge' } },
      'model.effort: found "huge"; allowed low, medium, high',
    ],
    [
      'thinking of another kind',
      { ...minimal, model: { thinking: 'on' } },
      'model.thinking: found "on"; allowed adaptive, off or { budgetTokens: N } with N from 1,024',
    ],
    [
      'a thinking budget that is too small',
      { ...minimal, model: { thinking: { budgetTokens: 1_000 } } },
      'model.thinking.budgetTokens: found the number 1000; allowed',
    ],
    [
      'a thinking budget that leaves no room',
      { ...minimal, defaults: { model: { maxTokens: 2_000, thinking: { budgetTokens: 2_000 } } } },
      'defaults.model.thinking.budgetTokens: found the number 2000; allowed fewer thinking tokens than maxTokens',
    ],
    [
      'a price without output',
      { ...minimal, models: { m: { price: { input: 1 } } } },
      'models.m.price.output: found nothing; allowed a number of US dollars per million tokens, 0 or more',
    ],
    ['a NUL character', { ...minimal, goal: 'a\0b' }, 'goal: found "a\\u0000b"; allowed text without NUL characters'],
  ])('refuses %s', (_, value, message) => {
    expect(problemsOf(value).join('\n')).toContain(message);
  });

  it.each([
    ['no executor', { id: 'a' }, 'subtasks[0]: found an object with id; allowed exactly one of prompt, run, codemod'],
    ['two executors', { id: 'a', run: 'a', prompt: 'b' }, 'allowed exactly one of prompt, run, codemod'],
    [
      'a misspelt executor',
      { id: 'a', promt: 'b' },
      'subtasks[0].promt: found the unknown key "promt"; did you mean prompt?',
    ],
    [
      'a capital id',
      { id: 'A_b', run: 'a' },
      'subtasks[0].id: found "A_b"; allowed lower-case letters, digits, dashes',
    ],
    [
      'files without codemod',
      { id: 'a', run: 'a', files: ['b'] },
      'subtasks[0].files: found a list of 1; allowed nothing here',
    ],
    ['output of a codemod', { id: 'a', codemod: 'a', output: { schema: {} } }, 'subtasks[0].output'],
    ['functions in a schema', { id: 'a', run: 'a', output: { schema: { a: () => 1 } } }, 'allowed plain JSON values'],
    [
      'an open placeholder',
      { id: 'a', run: 'a ${{ b' },
      'subtasks[0].run: found "a ${{ b"; allowed well-formed placeholders',
    ],
    ['an expression', { id: 'a', run: 'a ${{ b + 1 }}' }, 'which is no path such as item.path'],
    [
      'an escape in writes',
      { id: 'a', run: 'a', writes: ['a/../../b'] },
      'subtasks[0].writes[0]: found "a/../../b"; allowed a glob without .. parts',
    ],
    ['an escaped escape', { id: 'a', run: 'a', writes: ['\\.\\./b'] }, 'allowed a glob without .. parts'],
    ['an absolute path in files', { id: 'a', codemod: 'a', files: ['/etc/*'] }, 'allowed a relative path'],
    [
      'a path of another system',
      { id: 'a', codemod: 'C:\\a.yml' },
      'subtasks[0].codemod: found "C:\\\\a.yml"; allowed a relative path',
    ],
    [
      'no source of items',
      { id: 'a', run: 'a', forEach: {} },
      'subtasks[0].forEach: found an empty object; allowed exactly one of glob, files',
    ],
    [
      'two sources of items',
      { id: 'a', run: 'a', forEach: { glob: 'a', csv: 'b' } },
      'allowed exactly one of glob, files, lines',
    ],
    [
      'a glob that leads out',
      { id: 'a', run: 'a', forEach: { glob: ['a', '../b'] } },
      'subtasks[0].forEach.glob[1]: found "../b"; allowed a glob without ..',
    ],
    [
      'placeholders in forEach',
      { id: 'a', run: 'a', forEach: { lines: '${{ goal }}' } },
      'allowed a path without ${{ }}',
    ],
    ['select beside csv', { id: 'a', run: 'a', forEach: { csv: 'a', select: 'b' } }, 'subtasks[0].forEach.select'],
    [
      'too many alternatives',
      { id: 'a', run: 'a', writes: ['{a,b}'.repeat(11)] },
      'allowed a glob with at most 1,000 alternatives',
    ],
    [
      'a long prompt',
      { id: 'a', prompt: 'x'.repeat(200_001) },
      '(200,001 characters); allowed text of 1 to 200,000 characters',
    ],
  ])('refuses a subtask with %s', (_, subtask, message) => {
    expect(problemsOf({ ...minimal, subtasks: [subtask] }).join('\n')).toContain(message);
  });

  it('refuses schemas that are nested too deeply or hold a cycle', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const subtask = { id: 'a', run: 'a', output: { schema: cyclic } };
    expect(problemsOf({ ...minimal, subtasks: [subtask] })[0]).toContain('allowed at most 32 levels of nesting');
  });

  it('lists all problems, shows the first 20 and keeps 1,000', () => {
    const subtasks = Array.from({ length: 1500 }, () => ({ id: 'A', run: 'a' }));
    const problems = problemsOf({ ...minimal, subtasks });
    expect(problems).toHaveLength(1000);
    expect(() => validateTaskFile({ ...minimal, subtasks })).toThrow(
      /has 1500 problems:\n( {2}subtasks.*\n){20} {2}and 1480 more$/,
    );
  });

  it('limits templates with forEach to 1,000', () => {
    const subtasks = Array.from({ length: 1001 }, (_, index) => ({
      id: `a-${index}-\${{ item.index }}`,
      run: 'a',
      forEach: { glob: 'a' },
    }));
    expect(problemsOf({ ...minimal, subtasks })[0]).toBe(
      'subtasks: found a list of 1001; allowed at most 1,000 subtasks with forEach',
    );
  });

  it('does not take inherited properties for keys of a schema', () => {
    expect(problemsOf({ ...minimal, constructor: { a: 1 } })[0]).toContain('found the unknown key "constructor"');
  });
});
