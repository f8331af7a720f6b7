import { compilePattern, type Permissions } from '../../tasks/index.ts';

/**
 * Whether a specifier of a Read, Edit or Write rule covers a path (relative to the workspace, with `/`; `.` is its
 * root). Patterns follow gitignore: without a slash they match at any depth, with one they start at the workspace's
 * root, and what they match includes everything below. `~/…` and `//…` lie outside the workspace: they cover nothing.
 */
export function coversPath(specifier: string, path: string): boolean {
  if (specifier.startsWith('~') || specifier.startsWith('//')) return false;
  const pattern = specifier.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  if (pattern === '' || pattern === '.' || pattern === '**') return true;
  const rooted = specifier.startsWith('/') || specifier.startsWith('./') || pattern.includes('/');
  const globs = rooted ? [pattern] : [pattern, `**/${pattern}`];
  return globs.some((glob) => compilePattern(glob)(path) || compilePattern(`${glob}/**`)(path));
}

/** The same pattern for ripgrep's `--glob`, whose globs are those of gitignore. Undefined when it covers nothing. */
export function asIgnoreGlob(specifier: string): string | undefined {
  if (specifier.startsWith('~') || specifier.startsWith('//')) return undefined;
  const pattern = specifier.replace(/^(?:\.?\/)+/, '');
  const rooted = pattern !== specifier || pattern.replace(/\/+$/, '').includes('/');
  return rooted ? `/${pattern}` : pattern;
}

/** What a rule denies to read must not show up in searches of a folder above it. */
export function hiddenGlobs({ deny, ask }: Pick<Permissions, 'deny' | 'ask'>): string[] {
  const specifiers = [...deny, ...ask].flatMap((rule) => /^Read\((.+)\)$/s.exec(rule)?.[1] ?? []);
  return specifiers.flatMap((specifier) => asIgnoreGlob(specifier) ?? []);
}
