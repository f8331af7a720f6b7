/** A language that ast-grep knows, under the name its Node binding accepts. */
export interface Language {
  name: string;
  /** Names a rule file may use, compared without case. */
  aliases: readonly string[];
  /** File extensions without the dot, compared with case, as the ast-grep command line maps them. */
  extensions: readonly string[];
  /** Built into the binding; the others come from `@ast-grep/lang-<name>` packages. */
  builtIn: boolean;
}

/** Languages whose code the ast-grep command line also looks for inside HTML files. */
const embeddable = ['JavaScript', 'TypeScript', 'Tsx', 'Css'];

export const languages: readonly Language[] = [
  builtIn('JavaScript', 'javascript js jsx', 'cjs js mjs jsx'),
  builtIn('TypeScript', 'typescript ts', 'ts cts mts'),
  builtIn('Tsx', 'tsx', 'tsx'),
  builtIn('Html', 'html', 'html htm xhtml'),
  builtIn('Css', 'css', 'css scss'),
  packaged('bash', '', 'bash bats cgi command env fcgi ksh sh tmux tool zsh'),
  packaged('c', '', 'c h'),
  packaged('cpp', 'cc c++ cxx', 'cc hpp cpp c++ hh cxx cu ino'),
  packaged('csharp', 'cs', 'cs'),
  packaged('dart', '', 'dart'),
  packaged('elixir', 'ex', 'ex exs'),
  packaged('go', 'golang', 'go'),
  packaged('haskell', 'hs', 'hs'),
  packaged('java', '', 'java'),
  packaged('json', '', 'json'),
  packaged('kotlin', 'kt', 'kt ktm kts'),
  packaged('lua', '', 'lua'),
  packaged('markdown', 'md', 'markdown md'),
  packaged('php', '', 'php'),
  packaged('python', 'py', 'py py3 pyi bzl bazel'),
  packaged('ruby', 'rb', 'rb rbw gemspec'),
  packaged('rust', 'rs', 'rs'),
  packaged('scala', '', 'scala sc sbt'),
  packaged('sql', '', 'sql'),
  packaged('swift', '', 'swift'),
  packaged('toml', '', 'toml'),
  packaged('yaml', 'yml', 'yaml yml'),
];

/** The language a rule file means, or undefined. */
export function languageByName(name: string): Language | undefined {
  const wanted = name.toLowerCase();
  return languages.find(({ aliases }) => aliases.includes(wanted));
}

/** The language of a file by its extension, or undefined. Paths use `/`. */
export function languageByPath(path: string): Language | undefined {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const dot = file.lastIndexOf('.');
  if (dot < 1) {
    return undefined;
  }
  const extension = file.slice(dot + 1);
  return languages.find(({ extensions }) => extensions.includes(extension));
}

/** Whether rules of a language look at files of another: scripts and styles inside HTML. */
export function isEmbeddedIn(inner: Language, host: Language): boolean {
  return host.name === 'Html' && embeddable.includes(inner.name);
}

function builtIn(name: string, aliases: string, extensions: string): Language {
  return { name, aliases: aliases.split(' '), extensions: extensions.split(' '), builtIn: true };
}

function packaged(name: string, aliases: string, extensions: string): Language {
  const all = aliases === '' ? [name] : [name, ...aliases.split(' ')];
  return { name, aliases: all, extensions: extensions.split(' '), builtIn: false };
}
