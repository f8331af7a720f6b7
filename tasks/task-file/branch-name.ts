const forbidden = /[\u0000-\u0020\u007f~^:?*[\\]/;

/**
 * True for a short branch name that git accepts (the rules of `git check-ref-format --branch`), without `refs/`.
 * Pure, so that a task file is judged before git is asked anything.
 */
export function isBranchName(name: string): boolean {
  if (name === '' || name === '@' || name === 'HEAD' || name.startsWith('-') || name.startsWith('refs/')) return false;
  if (forbidden.test(name) || name.includes('..') || name.includes('@{') || name.endsWith('.')) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}
