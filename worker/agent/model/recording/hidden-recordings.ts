import { relative, sep } from 'node:path';

/**
 * Globs that keep recordings out of what agents find, in the syntax of gitignore: where the file lies must not decide
 * what is in it. `paths` are absolute; those outside the repository need none.
 */
export function hiddenRecordings(repository: string, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const inside = relative(repository, path);
    if (inside === '' || inside.startsWith('..')) return [];
    return [
      `/${inside
        .split(sep)
        .join('/')
        .replace(/[\\*?[\]{}!]/g, '\\$&')}`,
    ];
  });
}
