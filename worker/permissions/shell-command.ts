/**
 * A conservative reader of shell command lines: it splits a line into its simple commands, or says why it does not
 * understand it. Called by decide.ts. Promise: when it returns commands, a POSIX shell or bash runs exactly these and
 * nothing else; expansions, substitutions, redirections to files, subshells and keywords are not understood.
 */

export interface SimpleCommand {
  /** As written, white space outside quotes folded. */
  text: string;
  /** Its words without quotes. */
  words: string[];
}

export type ShellReading = { ok: true; commands: SimpleCommand[] } | { ok: false; reason: string };

const keywords = new Set(
  'if then else elif fi for while until do done case esac in function select time coproc { } ! [[ ]]'.split(' '),
);
/** Words that run their arguments as a command line in ways that words alone don't show. */
const interpreters = new Set(['eval', 'source', '.', 'trap', 'alias']);
const operators = ['&&', '||', ';', '|&', '|', '&', '\n'];
/** A copied file descriptor, or output to nowhere. */
const harmlessRedirection = /^(?:[12]?>&[12]|(?:[12]|&)?>>?[ \t]*\/dev\/null|<[ \t]*\/dev\/null)(?=[\s;|&]|$)/;
const plainCharacter = /[A-Za-z0-9_\-./:=,@%+^?*[\]{}~!]/;
const refused: Readonly<Record<string, string>> = {
  $: 'it expands a variable or a command',
  '`': 'it runs a command inside a word',
  '(': 'it opens a subshell',
  ')': 'it closes a subshell',
  '>': 'it redirects output',
  '<': 'it redirects input',
  '#': 'it has a comment',
};

export function readShellCommand(line: string): ShellReading {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let text = '';
  let word: string | undefined;
  let written = '';
  let at = 0;

  const endWord = (): void => {
    if (word === undefined) return;
    words.push(word);
    text += text === '' ? written : ` ${written}`;
    word = undefined;
    written = '';
  };
  const endCommand = (): string | undefined => {
    endWord();
    const command = { text, words };
    words = [];
    text = '';
    if (command.words.length === 0) return undefined;
    commands.push(command);
    return objectionTo(command);
  };
  const add = (value: string, source: string): void => {
    word = (word ?? '') + value;
    written += source;
    at += source.length;
  };

  while (at < line.length) {
    const rest = line.slice(at);
    const character = line.charAt(at);
    const operator = operators.find((candidate) => rest.startsWith(candidate));
    const redirection = word === undefined ? harmlessRedirection.exec(rest)?.[0] : undefined;
    if (redirection !== undefined) {
      at += redirection.length;
    } else if (operator !== undefined) {
      const objection = endCommand();
      if (objection !== undefined) return { ok: false, reason: objection };
      at += operator.length;
    } else if (character === ' ' || character === '\t') {
      endWord();
      at += 1;
    } else if (character === "'") {
      const end = line.indexOf("'", at + 1);
      if (end === -1) return { ok: false, reason: 'a quote is not closed' };
      add(line.slice(at + 1, end), line.slice(at, end + 1));
    } else if (character === '"') {
      const quoted = /^"((?:[^"\\$`!]|\\["\\])*)"/.exec(rest);
      if (quoted === null) return { ok: false, reason: 'it has an expansion or an escape inside double quotes' };
      add((quoted[1] ?? '').replace(/\\(["\\])/g, '$1'), quoted[0]);
    } else if (character === '\\') {
      const next = line.charAt(at + 1);
      if (next === '' || next === '\n' || next === '\r') return { ok: false, reason: 'it goes on after a backslash' };
      add(next, `\\${next}`);
    } else if (plainCharacter.test(character)) {
      add(character, character);
    } else {
      return { ok: false, reason: refused[character] ?? `it has the character ${JSON.stringify(character)}` };
    }
  }
  const objection = endCommand();
  if (objection !== undefined) return { ok: false, reason: objection };
  return commands.length === 0 ? { ok: false, reason: 'it is empty' } : { ok: true, commands };
}

function objectionTo({ words: [name = ''], text }: SimpleCommand): string | undefined {
  if (keywords.has(name)) return `it uses the shell keyword ${name}`;
  if (interpreters.has(name)) return `it runs other text as commands with ${name}`;
  if (/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(name)) return 'it sets a variable for the command';
  // What a pattern in the place of the program finds depends on the files there.
  if (/^[^\s'"\\]*[*?[\]{}~!]/.test(text)) return 'its program is a pattern';
  return undefined;
}
