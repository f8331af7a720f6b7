import { limits } from './limits.ts';

/** Why a value is no plain JSON within the limits of an output schema, as the words after "allowed". */
export function jsonProblem(value: unknown): string | undefined {
  let left: number = limits.outputSchema;
  const visit = (current: unknown, depth: number): string | undefined => {
    left -= typeof current === 'string' ? current.length + 2 : 4;
    if (left < 0) return `at most ${limits.outputSchema.toLocaleString('en')} characters of JSON`;
    if (depth > limits.outputSchemaDepth) return `at most ${limits.outputSchemaDepth} levels of nesting`;
    if (current === null || typeof current === 'string' || typeof current === 'boolean') return undefined;
    if (typeof current === 'number' && Number.isFinite(current)) return undefined;
    if (typeof current !== 'object') return 'plain JSON values';
    for (const [key, inner] of Object.entries(current)) {
      left -= key.length + 4;
      const problem = visit(inner, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return visit(value, 0);
}
