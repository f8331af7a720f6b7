/**
 * A prefix of fewer tokens is not kept by the prompt cache, however it is marked. By model, from
 * platform.claude.com/docs/en/build-with-claude/prompt-caching#cache-limitations, read in October 2026.
 */
const minimums: readonly [RegExp, number][] = [
  [/^claude-(?:opus-4-[56]|haiku-4-5)\b/, 4_096],
  [/^claude-opus-4-7\b/, 2_048],
  [/^claude-(?:opus-4|sonnet-4|sonnet-5(?!-5))/, 1_024],
  [/^claude-(?:opus|sonnet|haiku|fable|mythos)-5/, 512],
];

/** Of most servers that are not Anthropic's, whose caches have their own rules. */
const usualMinimum = 1_024;

/** In tokens. */
export function cacheableMinimum(model: string): number {
  return minimums.find(([pattern]) => pattern.test(model))?.[1] ?? usualMinimum;
}
