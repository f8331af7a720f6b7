import { modelAliases, modelOfAlias } from '../../tasks/index.ts';
import type { DefinitionPart } from './definition-part.ts';

/** A model by its name, by one of the short names, or `inherit`, which says as much as nothing. */
export function readModel(value: unknown): DefinitionPart {
  if (value === undefined || value === null || value === '' || value === 'inherit') return { fields: {} };
  if (typeof value !== 'string' || /\s/.test(value)) return { problem: 'its model is no name of a model' };
  const named = modelOfAlias(value.toLowerCase()) ?? value;
  // A name without a dash or a digit was meant to be short.
  if (/^[A-Za-z]+$/.test(named)) {
    return {
      problem: `its model ${JSON.stringify(value.slice(0, 60))} is none that is known: write inherit, ${modelAliases.join(', ')} or the whole name of a model`,
    };
  }
  if (named.startsWith('replay:')) return { problem: 'its model is a recording, which only a task file can name' };
  return { fields: { model: named } };
}
