import type { SimpleCommand } from './shell-command.ts';

/**
 * Whether a specifier of a Bash rule covers a simple command. `npm test` is exactly that, `npm run *` everything that
 * starts so, a `*` anywhere stands for any text, and `npm run test:*` is the older way to write `npm run test *`.
 * A ` *` at the end also covers the command without arguments; `ls *` does not cover `lsof`.
 */
export function coversCommand(specifier: string, command: string): boolean {
  return patternOf(specifier).test(command);
}

/** Programs that run their arguments as a command. */
const wrappers = new Set(
  'sudo doas env command exec nohup nice ionice time timeout stdbuf setsid xargs busybox npx bunx'.split(' '),
);

/**
 * The same for deny and ask rules, which must not be dodged: quotes, escapes, the program's folder and wrapping
 * programs make no difference. It may cover a little too much, never too little of what it understands.
 */
export function mentionsCommand(specifier: string, { text, words }: SimpleCommand): boolean {
  const pattern = patternOf(specifier);
  if (pattern.test(text)) return true;
  for (let start = 0; start < words.length; start += 1) {
    const program = words[start] ?? '';
    const name = program.slice(program.lastIndexOf('/') + 1);
    const rest = words.slice(start + 1);
    if (pattern.test([program, ...rest].join(' ')) || pattern.test([name, ...rest].join(' '))) return true;
    if (start === 0 && !wrappers.has(name)) return false;
  }
  return false;
}

/** Shells that take a command line as an argument: what they run can't be judged by words. */
export function runsCommandLine({ words }: SimpleCommand): boolean {
  return words.some((word, index) => {
    const name = word.slice(word.lastIndexOf('/') + 1);
    return /^(?:ba|da|z|k|a)?sh$/.test(name) && words.slice(index + 1).some((next) => /^-[a-z]*c/.test(next));
  });
}

function patternOf(specifier: string): RegExp {
  const trimmed = specifier.trim().replace(/:\*$/, ' *');
  const optional = / \*$/.test(trimmed);
  const body = (optional ? trimmed.slice(0, -2) : trimmed).split('*').map(escapePattern).join('.*');
  return new RegExp(`^${body}${optional ? '(?: .*)?' : ''}$`, 's');
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
