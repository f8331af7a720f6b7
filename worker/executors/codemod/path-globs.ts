/** Compiled `files` or `ignores` of a rule: whether a path matches any of the globs. */
export type PathGlobs = (path: string) => boolean;

export interface PathGlob {
  glob: string;
  caseInsensitive?: boolean | undefined;
}

/**
 * Globs as ast-grep reads them: `*` and `?` match `/` too, `**` stands for whole folders, `{a,b}` and `[!a-z]` work,
 * the whole path must match.
 * @throws SyntaxError when a glob is not well-formed
 */
export function compilePathGlobs(globs: readonly PathGlob[]): PathGlobs {
  const expressions = globs.map(
    ({ glob, caseInsensitive }) => new RegExp(`^(?:${expressionOf(glob)})$`, caseInsensitive === true ? 'isu' : 'su'),
  );
  return (path) => expressions.some((expression) => expression.test(path));
}

const tokens = /\/\*\*\/|^\*\*\/|\/\*\*$|\*+|\?|\[[!^]?\]?[^\]]*\]|\\.|[{},]|./gsu;

function expressionOf(glob: string): string {
  let depth = 0;
  const expression = glob.replace(tokens, (token) => {
    switch (token) {
      case '/**/':
        return '(?:/|/.*/)';
      case '**/':
        return '(?:/?|.*/)';
      case '/**':
        return '/.*';
      case '?':
        return '.';
      case '{':
        depth++;
        return '(?:';
      case '}':
        depth--;
        return ')';
      case ',':
        return depth > 0 ? '|' : ',';
      case '[':
        throw new SyntaxError(`"${glob}" has a [ without ]`);
      default:
        return plainToken(token);
    }
  });
  if (depth !== 0) {
    throw new SyntaxError(`"${glob}" has unbalanced { }`);
  }
  return expression;
}

function plainToken(token: string): string {
  if (token.startsWith('*')) {
    return '.*';
  }
  if (token.startsWith('[')) {
    const inner = token.slice(1, -1);
    const negated = /^[!^]/.test(inner);
    return `[${negated ? '^' : ''}${inner.slice(negated ? 1 : 0).replace(/[\\\][&|~^]/g, '\\$&')}]`;
  }
  const literal = token.length > 1 && token.startsWith('\\') ? token.slice(1) : token;
  return literal.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&');
}
