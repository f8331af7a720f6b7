/**
 * Decides where in a shell command a placeholder may stand. Values are put in as single-quoted words, which is safe
 * only where the shell reads plain words: not inside quotes, comments or here-documents, nor in constructs with rules
 * of their own. What can't be followed with certainty is refused, never guessed.
 */
import type { Template } from './template.ts';

type Mode =
  | 'plain'
  | 'single quotes'
  | 'double quotes'
  | 'a comment'
  | 'or after a here-document'
  | 'or after backquotes'
  | 'or after an arithmetic expression'
  | "or after $'…'"
  | 'or after a nested ${…} or $(…)';

interface State {
  mode: Mode;
  wordStart: boolean;
  /** The text so far ends in a backslash that would escape what comes next. */
  escaping: boolean;
}

const simpleVariable = /^\$\{[^{}'"`\\$()]*\}/;
const simpleSubstitution = /^\$\([^()'"`\\#<{]*\)/;

/** For each placeholder in order: the place that forbids it, in the words after "inside", or undefined. */
export function shellPlacements(template: Template): (string | undefined)[] {
  const state: State = { mode: 'plain', wordStart: true, escaping: false };
  const placements: (string | undefined)[] = [];
  for (const part of template) {
    if (typeof part === 'string') {
      scan(part, state);
      continue;
    }
    const refused = state.escaping ? 'the reach of a backslash' : state.mode === 'plain' ? undefined : state.mode;
    placements.push(refused);
    state.wordStart = false;
    state.escaping = false;
  }
  return placements;
}

function scan(text: string, state: State): void {
  let position = 0;
  while (position < text.length) {
    switch (state.mode) {
      case 'plain':
        position += scanPlain(text, position, state);
        break;
      case 'double quotes':
        position += scanDouble(text, position, state);
        break;
      case 'single quotes':
        if (text[position] === "'") state.mode = 'plain';
        position += 1;
        break;
      case 'a comment':
        if (text[position] === '\n') Object.assign(state, { mode: 'plain', wordStart: true });
        position += 1;
        break;
      default:
        return;
    }
  }
}

/** Reads one element outside quotes and returns its length. */
function scanPlain(text: string, position: number, state: State): number {
  const rest = text.slice(position, position + 4096);
  const character = rest.charAt(0);
  if (character === '\\') return scanEscape(rest, state);
  if (character === '#' && state.wordStart) state.mode = 'a comment';
  else if (character === "'") state.mode = 'single quotes';
  else if (character === '"') state.mode = 'double quotes';
  else if (character === '`') state.mode = 'or after backquotes';
  else if (rest.startsWith("$'")) state.mode = "or after $'…'";
  else if (rest.startsWith('<<')) state.mode = 'or after a here-document';
  else if (rest.startsWith('((') || rest.startsWith('$[')) state.mode = 'or after an arithmetic expression';
  else if (rest.startsWith('${')) return scanNested(rest, simpleVariable, state);
  state.wordStart = ' \t\n;&|()<>'.includes(character);
  return 1;
}

/** Reads one element inside double quotes and returns its length. */
function scanDouble(text: string, position: number, state: State): number {
  const rest = text.slice(position, position + 4096);
  const character = rest.charAt(0);
  if (character === '\\') return scanEscape(rest, state);
  if (character === '"') Object.assign(state, { mode: 'plain', wordStart: false });
  else if (character === '`') state.mode = 'or after backquotes';
  else if (rest.startsWith('${')) return scanNested(rest, simpleVariable, state);
  else if (rest.startsWith('$(')) return scanNested(rest, simpleSubstitution, state);
  return 1;
}

function scanEscape(rest: string, state: State): number {
  if (rest.length === 1) state.escaping = true;
  if (rest[1] !== '\n') state.wordStart = false;
  return 2;
}

function scanNested(rest: string, simple: RegExp, state: State): number {
  const length = simple.exec(rest)?.[0].length;
  if (length === undefined) state.mode = 'or after a nested ${…} or $(…)';
  state.wordStart = false;
  return length ?? 1;
}
