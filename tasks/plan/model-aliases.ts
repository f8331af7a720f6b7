/** Short names of models that definitions of agents use elsewhere, and what they stand for here. */
const aliases: Readonly<Record<string, string>> = {
  fable: 'claude-fable-5-1',
  opus: 'claude-opus-5-5',
  sonnet: 'claude-sonnet-5-5',
  haiku: 'claude-haiku-5-5',
};

export const modelAliases: readonly string[] = Object.keys(aliases);

/** The model that a short name stands for; undefined for what is none. */
export function modelOfAlias(alias: string): string | undefined {
  return Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
}
