/**
 * Which variables of the environment a subtask's result depends on, as a digest. Called by the coordinator for the key of
 * a result, and by the worker for what its commands really saw: a worker process beside the run may have been started
 * with other values. Promise: pure; values can't be read from it.
 */
import { createHash } from 'node:crypto';
import type { Subtask } from '../../tasks/index.ts';
import { runnerVariable, runVariable } from './run-marks.ts';

/** What compilers, interpreters and common tools are steered by, and what hardly differs between one's terminals. */
const usualNames = new Set(
  `CI NODE_ENV NODE_OPTIONS NODE_PATH LANG LANGUAGE TZ SOURCE_DATE_EPOCH SHELLOPTS BASH_ENV ENV
  CC CXX CPP LD AR CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CPATH LIBRARY_PATH LD_LIBRARY_PATH LD_PRELOAD PKG_CONFIG_PATH
  MAKEFLAGS MAKEFILES CMAKE_BUILD_TYPE CMAKE_PREFIX_PATH RUSTC RUSTFLAGS RUSTUP_TOOLCHAIN CARGO_BUILD_TARGET
  CARGO_ENCODED_RUSTFLAGS GOFLAGS GOOS GOARCH GOAMD64 GOARM GOTOOLCHAIN GOPATH CGO_ENABLED CGO_CFLAGS CGO_LDFLAGS
  JAVA_HOME JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS MAVEN_OPTS MAVEN_ARGS GRADLE_OPTS CLASSPATH PYTHONPATH PYTHONHOME
  PYTHONHASHSEED PYTHONOPTIMIZE PYTHONUTF8 VIRTUAL_ENV CONDA_PREFIX RUBYOPT RUBYLIB BUNDLE_GEMFILE RAILS_ENV RACK_ENV
  PERL5LIB PERL5OPT PHPRC MIX_ENV DOTNET_ENVIRONMENT ASPNETCORE_ENVIRONMENT DJANGO_SETTINGS_MODULE FLASK_ENV APP_ENV
  BABEL_ENV BROWSERSLIST BROWSERSLIST_ENV`.split(/\s+/),
);
const usualPrefixes = ['LC_', 'NEXT_PUBLIC_', 'VITE_', 'REACT_APP_'];

type Dependent = Pick<Subtask, 'executor' | 'checks' | 'permissions' | 'environment' | 'inputVariables'>;

/**
 * `visible`: what commands get of a process's environment, see commandEnvironment. Counted are the usual variables,
 * those that the subtask declares, and those whose names stand in its commands. Undefined for a subtask without commands.
 */
export function inputVariablesDigest(
  subtask: Dependent,
  visible: Readonly<Record<string, string>>,
): string | undefined {
  const commands = commandsOf(subtask);
  if (commands === undefined) return undefined;
  const named = new Set(commands.flatMap((command) => command.match(/[A-Za-z_]\w*/g) ?? []));
  const declared = subtask.inputVariables ?? [];
  const counts = (name: string): boolean =>
    named.has(name) ||
    usualNames.has(name) ||
    usualPrefixes.some((prefix) => name.startsWith(prefix)) ||
    declared.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
  const entries = Object.entries(visible)
    // What Fanfold sets itself is a part of the subtask, or differs from run to run.
    .filter(([name]) => !(name in subtask.environment) && name !== runVariable && name !== runnerVariable)
    .filter(([name]) => counts(name))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

/** Undefined where none can run; those of an agent are not known beforehand. */
function commandsOf({ executor, checks, permissions }: Dependent): string[] | undefined {
  const ownChecks = checks.filter((check) => check.on.includes('workspace') && !('judge' in check));
  const own = ownChecks.flatMap((check) => ('run' in check ? [check.run] : []));
  if (executor.kind === 'run') return [executor.command, ...own];
  const mayRun = executor.kind === 'prompt' && permissions.mode !== 'plan';
  return mayRun || ownChecks.length > 0 ? own : undefined;
}
