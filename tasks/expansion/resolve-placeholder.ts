import { quote } from '../task-file/describe-value.ts';
import { nearMatches } from '../task-file/near-matches.ts';
import type { Field, Scope } from './field.ts';
import type { Placeholder } from './template.ts';

/** The value a placeholder names. An unknown name is reported with what there is, and is undefined. */
export function resolvePlaceholder(field: Field, { path, occurrence, source }: Placeholder, scope: Scope): unknown {
  let value: unknown = scope.variables;
  for (const [depth, part] of path.entries()) {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, part)) {
      value = (value as Record<string, unknown>)[part];
      continue;
    }
    const known = namesIn(value, path.slice(0, depth));
    const wanted = [...path.slice(0, depth), part].join('.');
    const near = nearMatches(wanted, known, 1)[0];
    const reason = path[0] === 'item' && depth === 0 ? ', but there is no forEach here' : '';
    scope.problems.add({
      path: field.path,
      occurrence,
      message: `found \${{ ${source} }}${reason}${near === undefined ? '' : `; did you mean ${near}?`}; allowed ${list(known)}`,
    });
    return undefined;
  }
  return value;
}

function namesIn(value: unknown, prefix: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [prefix.join('.')];
  return Object.keys(value).flatMap((key) => {
    if (prefix.length === 0 && key === 'run') return ['run.name'];
    const name = /^[A-Za-z_][\w-]*$|^\d+$/.test(key) ? `.${key}` : `[${quote(key).replaceAll('"', "'")}]`;
    return [`${prefix.join('.')}${name}`.replace(/^\./, '')];
  });
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 30).join(', ');
  return names.length > 30 ? `${shown} and ${names.length - 30} more` : shown;
}
