/**
 * What is wrong with a command line, in words that name the part at fault. Called by command-line.ts, which gives what
 * yargs says and the instance that said it.
 */
import type { Argv } from 'yargs';
import { FanfoldError, nearMatches, oneLine } from '../../tasks/index.ts';

/** What yargs knows of the command that it stopped at; its types leave these out. */
interface YargsInside {
  getOptions(): { key: Record<string, unknown>; number: string[] };
  getInternalMethods(): {
    /** As declared, for instance `logs <run> [subtask]`, the innermost last. */
    getContext(): { fullCommands: string[] };
    getCommandInstance(): { getCommands(): string[] };
    getUsageInstance(): { getDescriptions(): Record<string, string | undefined> };
  };
}

const longestWord = 200;

/** FanfoldError `usage`. */
export function explainUsage(message: string, args: readonly string[], y: Argv): FanfoldError {
  const { key } = inside(y).getOptions();
  const methods = inside(y).getInternalMethods();
  const declared = methods.getContext().fullCommands;
  const command = ['fanfold', ...declared.map((text) => text.split(' ')[0])].join(' ');
  const help = `See \`${command} --help\`.`;

  const [, unknown] = /^Unknown (?:arguments?|commands?): (.*)$/s.exec(message) ?? [];
  if (unknown !== undefined) {
    const words = unknown.split(', ');
    const option = words.flatMap((word) => writtenOption(word, args) ?? [])[0];
    if (option !== undefined) {
      const names = Object.keys(key).filter((name) => name.length > 1);
      const near = nearMatches(option.replace(/^-+/, ''), names, 1)[0];
      return usage(
        `${command} has no option ${option}.`,
        near === undefined ? help : `Did you mean --${near}? ${help}`,
      );
    }
    const word = oneLine(words[0] ?? '', longestWord);
    const commands = methods.getCommandInstance().getCommands();
    if (commands.length === 0) return usage(`${command} can't do anything with ${JSON.stringify(word)}.`, help);
    const near = nearMatches(word, commands, 1)[0];
    return usage(
      `There is no command \`${command} ${word}\`.`,
      near === undefined ? `\`${command} --help\` lists the commands.` : `Did you mean \`${command} ${near}\`? ${help}`,
    );
  }

  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  if (got !== undefined) {
    const form = declared.at(-1) ?? '';
    const required = [...form.matchAll(/<([\w-]+)(?:\.\.)?>/g)].map(([, name = '']) => name);
    const missing = required[Number(got)] ?? required.at(-1) ?? '';
    const description = methods.getUsageInstance().getDescriptions()[missing]?.replace('__yargsString__:', '');
    const what = description === undefined ? '' : `, ${description}`;
    const whole = `${command}${form.slice(form.indexOf(' '))}`;
    return usage(`${command} needs <${missing}>${what}.`, `Write \`${whole}\`. ${help}`);
  }

  const [, empty] = /^Not enough arguments following: (.*)$/s.exec(message) ?? [];
  if (empty !== undefined) return usage(`--${empty} needs a value.`, help);
  return usage(message, help);
}

/** FanfoldError `usage` for options that take a number and were given something else. */
export function refuseWords(given: Readonly<Record<string, unknown>>, args: readonly string[], y: Argv): void {
  for (const name of inside(y).getOptions().number) {
    if (!Number.isNaN(given[name])) continue;
    const written = writtenValue(name, args);
    if (written === undefined) continue;
    throw usage(
      `--${name} takes a number, not ${JSON.stringify(oneLine(written, longestWord))}.`,
      `Give a number, for instance --${name} 10.`,
    );
  }
}

/** An argument that is the option, with its dashes; undefined where the word was written without. */
function writtenOption(word: string, args: readonly string[]): string | undefined {
  const written = args.find((arg) => arg.startsWith('-') && arg.replace(/^-+/, '').split('=')[0] === word);
  if (written !== undefined) return oneLine(written.split('=')[0] ?? '', longestWord);
  // One of several short options in one word.
  return word.length === 1 && args.some((arg) => /^-\w+$/.test(arg) && arg.includes(word)) ? `-${word}` : undefined;
}

function writtenValue(name: string, args: readonly string[]): string | undefined {
  const position = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const [, value] = args[position]?.match(/^[^=]*=(.*)$/s) ?? [];
  return value ?? args[position + 1];
}

function inside(y: Argv): YargsInside {
  return y as unknown as YargsInside;
}

function usage(message: string, next: string): FanfoldError {
  return new FanfoldError({ code: 'usage', message, next });
}
