/** The shape of ast-grep's rule files, checked before the binding compiles them: it ignores fields it does not know. */
import { z } from 'zod';

const position = z.strictObject({ line: z.int().min(0), column: z.int().min(0) });

const patternSchema = z.union([
  z.string(),
  z.strictObject({
    context: z.string(),
    selector: z.string().nullish(),
    strictness: z.enum(['cst', 'smart', 'ast', 'relaxed', 'signature', 'template']).nullish(),
  }),
]);

const ruleSchema: z.ZodType<Record<string, unknown>> = z.lazy(() => z.strictObject(ruleFields()));

const relationSchema: z.ZodType<Record<string, unknown>> = z.lazy(() =>
  z.strictObject({
    ...ruleFields(),
    stopBy: z.union([z.enum(['neighbor', 'end']), ruleSchema]).nullish(),
    field: z.string().nullish(),
  }),
);

function ruleFields() {
  const nthChild = z.strictObject({
    position: z.union([z.int(), z.string()]),
    reverse: z.boolean().nullish(),
    ofRule: ruleSchema.nullish(),
  });
  return {
    pattern: patternSchema.nullish(),
    kind: z.string().nullish(),
    regex: z.string().nullish(),
    nthChild: z.union([z.int(), z.string(), nthChild]).nullish(),
    range: z.strictObject({ start: position, end: position }).nullish(),
    inside: relationSchema.nullish(),
    has: relationSchema.nullish(),
    precedes: relationSchema.nullish(),
    follows: relationSchema.nullish(),
    all: z.array(ruleSchema).nullish(),
    any: z.array(ruleSchema).nullish(),
    not: ruleSchema.nullish(),
    matches: z.union([z.string(), z.record(z.string(), z.record(z.string(), ruleSchema))]).nullish(),
  };
}

const fixObjectSchema = z.strictObject({
  template: z.string(),
  expandStart: relationSchema.nullish(),
  expandEnd: relationSchema.nullish(),
  title: z.string().nullish(),
});

const globSchema = z.union([z.string(), z.strictObject({ glob: z.string(), caseInsensitive: z.boolean().optional() })]);

export const ruleDocumentSchema = z.strictObject({
  id: z.string().nullish(),
  language: z.string(),
  rule: ruleSchema,
  constraints: z.record(z.string(), ruleSchema).nullish(),
  utils: z.record(z.string(), ruleSchema).nullish(),
  transform: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.unknown())])).nullish(),
  fix: z.union([z.string(), fixObjectSchema, z.array(fixObjectSchema.extend({ title: z.string() })).min(1)]).nullish(),
  severity: z.enum(['hint', 'info', 'warning', 'error', 'off']).nullish(),
  files: z.array(globSchema).nullish(),
  ignores: z.array(globSchema).nullish(),
  message: z.string().nullish(),
  note: z.string().nullish(),
  url: z.string().nullish(),
  labels: z.record(z.string(), z.unknown()).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  /** Only so that the refusal can say why. */
  rewriters: z.unknown().optional(),
});

export type RuleDocument = z.infer<typeof ruleDocumentSchema>;

/** The field names allowed in the object at a path of a rule document. */
export function allowedFields(path: readonly PropertyKey[]): string[] {
  const parent = path.findLast((key) => typeof key === 'string');
  switch (parent) {
    case undefined:
      return Object.keys(ruleDocumentSchema.shape).filter((field) => field !== 'rewriters');
    case 'pattern':
      return ['context', 'selector', 'strictness'];
    case 'nthChild':
      return ['position', 'reverse', 'ofRule'];
    case 'fix':
      return Object.keys(fixObjectSchema.shape);
    case 'files':
    case 'ignores':
      return ['glob', 'caseInsensitive'];
    case 'range':
      return ['start', 'end'];
    case 'start':
    case 'end':
      return ['line', 'column'];
    default: {
      const relational = ['inside', 'has', 'precedes', 'follows', 'expandStart', 'expandEnd'].includes(parent);
      return [...Object.keys(ruleFields()), ...(relational ? ['stopBy', 'field'] : [])];
    }
  }
}
