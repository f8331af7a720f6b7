import type { Subtask } from '../../../../tasks/index.ts';
import { sampleSubtask } from '../sample-subtask.ts';

export { samplePlan as planOf } from '../sample-subtask.ts';

export function subtask(changes: Partial<Subtask> = {}): Subtask {
  return sampleSubtask('one', { environment: { FANFOLD_SUBTASK: 'one' }, ...changes });
}
