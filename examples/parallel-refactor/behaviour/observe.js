import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chainArguments, fewArguments, internalArguments, publicArguments } from './arguments.js';
import { describe } from './describe.js';

const builds = ['lodash.js', 'core.js', 'fp.js'];
/** Long enough that a busy machine does not stretch a row of calls beyond it. */
const waitMs = 150;
const timed = ['lodash.js', 'debounce.js', 'throttle.js', 'defer.js', 'delay.js'];
/** Functions whose results depend on time, chance, or the order of other calls, or that throw when nobody listens. */
const unpredictable = new Set(
  'now random sample sampleSize shuffle uniqueId delay defer debounce throttle runInContext noConflict mixin _baseDelay'.split(
    ' ',
  ),
);

/** What every function of every build of lodash in a folder does: `{ function: { call: outcome } }`. */
export async function observe(root) {
  const require = createRequire(join(root, 'package.json'));
  const behaviour = {};
  const modules = readdirSync(root).filter((name) => name.endsWith('.js') && !name.endsWith('.min.js'));
  for (const module of modules.filter((name) => !builds.includes(name)).sort()) {
    const name = basename(module, '.js');
    const rows = name.startsWith('_') ? internalArguments : publicArguments;
    behaviour[`lodash/${name}`] = loaded(
      () => require(join(root, module)),
      (exported) => callAll(name, exported, undefined, rows),
    );
  }
  for (const build of builds.filter((name) => existsSync(join(root, name)))) {
    behaviour[build] = loaded(
      () => require(join(root, build)),
      (lodash) => {
        const names = Object.keys(lodash).sort();
        for (const name of names) {
          behaviour[`${build} ${name}`] = callAll(name, lodash[name], lodash, fewArguments);
        }
        for (const name of build === 'fp.js' ? [] : Object.keys(lodash.prototype).sort()) {
          behaviour[`${build} chain.${name}`] = callAll(name, chained(lodash, name), undefined, chainArguments);
        }
        return { names: names.join() };
      },
    );
  }
  for (const build of timed.filter((name) => existsSync(join(root, name)))) {
    behaviour[`timers of ${build}`] = loaded(
      () => require(join(root, build)),
      (exported) => startTimers(basename(build, '.js'), exported),
    );
  }
  await sleep(3 * waitMs);
  return behaviour;
}

function loaded(load, observeExported) {
  let exported;
  try {
    exported = load();
  } catch (error) {
    // The first line: what follows names the folder, which differs between copies.
    return { load: `throws ${error.name}: ${error.message.split('\n', 1)[0]}` };
  }
  return observeExported(exported);
}

function callAll(name, target, self, rows) {
  if (typeof target !== 'function' || unpredictable.has(name)) {
    return { type: typeof target === 'function' ? 'function' : describe(target) };
  }
  return Object.fromEntries(rows.map(({ label, make }) => [label, call(target, self, make())]));
}

function chained(lodash, method) {
  return (wrapped, ...parameters) => {
    const result = lodash(wrapped)[method](...parameters);
    return typeof result?.value === 'function' ? result.value() : result;
  };
}

function call(target, self, parameters) {
  let outcome;
  try {
    outcome = `returns ${describe(target.apply(self, parameters))}`;
  } catch (error) {
    outcome = `throws ${error instanceof Error ? `${error.name}: ${error.message}` : describe(error)}`;
  }
  return `${outcome} leaving ${describe(parameters)}`;
}

/**
 * Functions that wait, with real timers: the number, order and arguments of their calls, not the times. The logs are
 * complete when all timers have run out.
 */
function startTimers(name, exported) {
  const timers = name === 'lodash' ? ['debounce', 'throttle', 'defer', 'delay'] : [name];
  const observed = {};
  for (const timer of timers) {
    const target = name === 'lodash' ? exported[timer] : exported;
    const log = [];
    Object.defineProperty(observed, timer, { enumerable: true, get: () => describe(log) });
    const spy = (...parameters) => log.push(parameters) && parameters[0];
    if (timer === 'defer' || timer === 'delay') {
      target?.(spy, 1, 'a', 'b');
    } else if (target !== undefined) {
      for (const options of [undefined, { leading: true }, { leading: false }, { leading: true, trailing: false }]) {
        const waiting = target(spy, waitMs, options);
        log.push([waiting(1), waiting(2), waiting.flush(), waiting(3), waiting.cancel(), waiting(4)]);
      }
    }
  }
  return observed;
}
