/**
 * Languages from `@ast-grep/lang-*` packages. The binding takes one registration for the life of the process, shared
 * by all threads, ignores later ones, and aborts the process when a parser cannot be loaded. So every installed
 * language is registered at the first need, after a trial in a child process.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { kind, registerDynamicLanguage } from '@ast-grep/napi';
import { FanfoldError } from '../../../tasks/index.ts';
import { type Language, languages } from './languages.ts';

interface Registration {
  libraryPath: string;
  extensions: string[];
  languageSymbol?: string;
  metaVarChar?: string;
  expandoChar?: string;
}

const trialTimeoutMs = 20_000;

/**
 * Makes a language usable in this process.
 * @param resolveFrom folders to look for packages in, before the current folder and Fanfold's own
 * @throws FanfoldError `codemod-language-missing`
 */
export function ensureLanguage(language: Language, resolveFrom: readonly string[]): void {
  if (isUsable(language)) {
    return;
  }
  const found = installedLanguages(resolveFrom);
  const own = found[language.name];
  if (own === undefined) {
    throw missing(language, `Rules for ${language.name} need the package @ast-grep/lang-${language.name}.`);
  }
  const loadable = [found, { [language.name]: own }].find(loads);
  if (loadable === undefined) {
    throw missing(language, `The parser of @ast-grep/lang-${language.name} cannot be loaded on this machine.`);
  }
  registerDynamicLanguage(loadable);
  if (!isUsable(language)) {
    throw new FanfoldError({
      code: 'codemod-language-missing',
      message: `@ast-grep/lang-${language.name} was installed after this process had loaded its languages.`,
      next: 'Start the run again.',
    });
  }
}

/** The character that starts a meta variable in rules for a language. */
export function metaCharacterOf(language: Language, resolveFrom: readonly string[]): string {
  return (language.builtIn ? undefined : registrationOf(language, resolveFrom)?.metaVarChar) ?? '$';
}

function isUsable({ name }: Language): boolean {
  try {
    kind(name, 'ERROR');
    return true;
  } catch {
    return false;
  }
}

function installedLanguages(resolveFrom: readonly string[]): Record<string, Registration> {
  const found: Record<string, Registration> = {};
  for (const language of languages.filter(({ builtIn }) => !builtIn)) {
    const registration = registrationOf(language, resolveFrom);
    if (registration !== undefined) {
      found[language.name] = registration;
    }
  }
  return found;
}

function registrationOf({ name, extensions }: Language, resolveFrom: readonly string[]): Registration | undefined {
  const bases = [...resolveFrom, process.cwd()].map((folder) => join(folder, 'package.json'));
  for (const base of [...bases, import.meta.url]) {
    try {
      const registration = createRequire(base)(`@ast-grep/lang-${name}`) as Registration;
      const { libraryPath, languageSymbol, metaVarChar, expandoChar } = registration;
      if (existsSync(libraryPath)) {
        return {
          libraryPath,
          extensions: [...extensions],
          ...(languageSymbol === undefined ? {} : { languageSymbol }),
          ...(metaVarChar === undefined ? {} : { metaVarChar }),
          ...(expandoChar === undefined ? {} : { expandoChar }),
        };
      }
    } catch {
      // Not installed below this base, or without a parser for this platform: the next base may have it.
    }
  }
  return undefined;
}

function loads(registrations: Record<string, Registration>): boolean {
  const binding = createRequire(import.meta.url).resolve('@ast-grep/napi');
  const trial = 'require(process.argv[1]).registerDynamicLanguage(JSON.parse(process.argv[2]))';
  const { status } = spawnSync(process.execPath, ['-e', trial, binding, JSON.stringify(registrations)], {
    timeout: trialTimeoutMs,
    stdio: 'ignore',
  });
  return status === 0;
}

function missing({ name }: Language, message: string): FanfoldError {
  return new FanfoldError({
    code: 'codemod-language-missing',
    message,
    next: `Run "npm install @ast-grep/lang-${name}" in this project and start again.`,
  });
}
