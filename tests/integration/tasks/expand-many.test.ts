import { describe, expect, it } from 'vitest';
import { expandTaskFile, planSchema, validateTaskFile } from '../../../tasks/index.ts';
import { memorySources } from '../../support/memory-sources.ts';

describe('a plan of 100,000 subtasks', () => {
  const half = Array.from({ length: 50_000 }, (_, index) => `src/folder-${index % 500}/module-${index}.js`);
  const subtasks = [
    {
      id: 'test-${{ item.name }}',
      forEach: { files: 'src/**/*.js' },
      needs: ['build-${{ item.name }}*', 'prepare'],
      run: 'node test ${{ item.path }}',
      writes: ['out/${{ item.name }}/**'],
    },
    {
      id: 'build-${{ item.name }}',
      forEach: { files: 'src/**/*.js' },
      needs: ['prepare'],
      run: 'node build ${{ item.path }}',
    },
    { id: 'prepare', run: 'true' },
  ];

  it('expands and orders in a few seconds', async () => {
    const paths = half.slice(0, 49_999);
    const { sources } = memorySources({ paths });
    const taskFile = validateTaskFile({ version: 1, name: 'many', subtasks });
    const started = performance.now();
    const plan = await expandTaskFile(taskFile, sources);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(plan.subtasks).toHaveLength(99_999);
    const seen = new Set<string>();
    let early = 0;
    for (const { id, needs } of plan.subtasks) {
      early += needs.filter((need) => !seen.has(need)).length;
      seen.add(id);
    }
    expect(early).toBe(0);
    expect(planSchema.shape.subtasks.element.safeParse(plan.subtasks.at(-1)).success).toBe(true);
  });

  it('is the most there may be', async () => {
    const { sources } = memorySources({ paths: half });
    const taskFile = validateTaskFile({ version: 1, name: 'many', subtasks });
    await expect(expandTaskFile(taskFile, sources)).rejects.toThrow('found more than 100,000 subtasks after expansion');
  });

  it('may not hold more text than a journal line can', async () => {
    const { sources } = memorySources({ paths: half });
    const prompt = 'x'.repeat(10_000);
    const taskFile = validateTaskFile({
      version: 1,
      name: 'many',
      subtasks: [{ id: 'a', forEach: { files: '**' }, prompt }],
    });
    await expect(expandTaskFile(taskFile, sources)).rejects.toThrow('found more than 200 MB of text');
  });
});
