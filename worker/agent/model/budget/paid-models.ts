import type { ModelSource } from '../model-source.ts';
import { type Payers, paidModel } from './paid-model.ts';

/** The same models, paid for. Those given out by `within` are paid for from further accounts as well, which come first. */
export function paidModels(source: ModelSource, payers: Payers): ModelSource {
  return {
    ...source,
    model: (settings, thoughts, use) => paidModel(source.model(settings, thoughts, use), payers),
    within({ accounts, ...more }) {
      return paidModels(source, { ...payers, ...more, accounts: [...accounts, ...payers.accounts] });
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
