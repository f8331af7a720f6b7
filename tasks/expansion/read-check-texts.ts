import type { CheckModule } from '../plan/plan.ts';
import type { FieldPath } from '../task-file/problems.ts';
import { askSource } from './ask-source.ts';
import type { ExpansionSources } from './expansion-sources.ts';
import type { ProblemCollector } from './problem-collector.ts';

/** Files that checks name, each read once. What can't be read becomes a problem, and the result is then of no use. */
export interface CheckTexts {
  rubric(path: string, place: FieldPath): Promise<string>;
  /** The digest of a module. */
  module(path: string, place: FieldPath): Promise<string>;
  /** Those that were asked for, each once. */
  modules(): CheckModule[];
}

export function readCheckTexts(sources: ExpansionSources, problems: ProblemCollector): CheckTexts {
  const rubrics = new Map<string, Promise<{ text: string } | { problem: string }>>();
  const modules = new Map<string, Promise<CheckModule | { problem: string }>>();
  const read = new Map<string, CheckModule>();
  const readModule = async (path: string): Promise<CheckModule | { problem: string }> =>
    sources.readModule === undefined
      ? { problem: 'found a module, where none can be run; allowed run or judge' }
      : askSource(async () => (await sources.readModule?.(path)) ?? { problem: 'found no module' });
  return {
    async rubric(path, place) {
      const reading = rubrics.get(path) ?? askSource(async () => ({ text: await sources.readFile(path) }));
      rubrics.set(path, reading);
      const result = await reading;
      if ('text' in result) return result.text;
      problems.add({ path: place, message: result.problem });
      return '';
    },
    async module(path, place) {
      const reading = modules.get(path) ?? readModule(path);
      modules.set(path, reading);
      const result = await reading;
      if ('problem' in result) {
        problems.add({ path: place, message: result.problem });
        return '';
      }
      read.set(result.digest, result);
      return result.digest;
    },
    modules: () => [...read.values()],
  };
}
