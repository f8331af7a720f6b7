import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fewArguments, internalArguments, publicArguments } from './arguments.js';
import { describe } from './describe.js';

/** Functions whose results depend on time, chance, or the order of other calls. */
const unpredictable = new Set(
  'now random sample sampleSize shuffle uniqueId delay defer debounce throttle runInContext noConflict mixin _baseDelay'.split(
    ' ',
  ),
);
/** Characters of an outcome that are kept, to show what differs. */
const exampleSize = 300;

/** `{ name: { calls, digest, examples } }` for every function of every build in the folder. */
export async function observe(root) {
  freezeTimeAndChance();
  const require = createRequire(join(root, 'package.json'));
  const found = {};
  const isModule = (name) => name.endsWith('.js') && !name.endsWith('.min.js');
  const modules = readdirSync(root).filter(
    (name) => isModule(name) && !['lodash.js', 'core.js', 'index.js', 'fp.js'].includes(name),
  );
  for (const name of modules.sort()) {
    record(found, `lodash/${basename(name, '.js')}`, () => require(join(root, name)));
  }
  for (const build of ['lodash.js', 'core.js', 'fp.js'].filter((name) => existsSync(join(root, name)))) {
    const lodash = load(() => require(join(root, build)));
    const names =
      lodash.value === undefined
        ? []
        : Object.keys(lodash.value).filter((name) => typeof lodash.value[name] === 'function');
    found[build] = { calls: 1, digest: digest([lodash.error ?? names.sort()]), examples: {} };
    for (const name of names) {
      record(found, `${build} ${name}`, () => lodash.value[name], lodash.value);
    }
    if (lodash.value?.prototype !== undefined && build !== 'fp.js') {
      for (const name of Object.keys(lodash.value.prototype).sort()) {
        recordChain(found, `${build} chain.${name}`, lodash.value, name);
      }
    }
  }
  await recordTimers(found, require, root);
  return found;
}

function load(read) {
  try {
    return { value: read() };
  } catch (error) {
    return { error: `cannot be loaded: ${error.name}: ${error.message}` };
  }
}

function record(found, name, read, lodash) {
  const { value, error } = load(read);
  const plain = name.split(/[/ ]/).at(-1);
  if (error !== undefined || typeof value !== 'function' || unpredictable.has(plain)) {
    found[name] = {
      calls: 1,
      digest: digest([error ?? describe(unpredictable.has(plain) ? typeof value : value)]),
      examples: {},
    };
    return;
  }
  const rows = plain.startsWith('_') ? internalArguments : lodash === undefined ? publicArguments : fewArguments;
  found[name] = summary(rows.map(({ label, make }) => [label, call(value, lodash, make())]));
}

function recordChain(found, name, lodash, method) {
  if (unpredictable.has(method)) {
    return;
  }
  const chained = (wrapped, ...parameters) => {
    const result = lodash(wrapped)[method](...parameters);
    return typeof result?.value === 'function' ? result.value() : result;
  };
  found[name] = summary(fewArguments.map(({ label, make }) => [label, call(chained, undefined, make())]));
}

/** Functions that wait, with real timers: the order and number of calls must stay, not the times. */
async function recordTimers(found, require, root) {
  for (const build of ['lodash.js', 'debounce.js', 'throttle.js', 'defer.js', 'delay.js'].filter((name) =>
    existsSync(join(root, name)),
  )) {
    const { value, error } = load(() => require(join(root, build)));
    if (error !== undefined) {
      continue;
    }
    const plain = basename(build, '.js');
    const timers =
      plain === 'lodash'
        ? ['debounce', 'throttle', 'defer', 'delay'].map((name) => [name, value[name]])
        : [[plain, value]];
    for (const [name, timer] of timers) {
      const log = [];
      const spy = (...parameters) => log.push(parameters) && parameters[0];
      if (name === 'defer') {
        timer(spy, 1, 2);
      } else if (name === 'delay') {
        timer(spy, 1, 'a', 'b');
      } else {
        for (const options of [
          undefined,
          { leading: true, trailing: true },
          { leading: false, trailing: true },
          { leading: true, trailing: false },
        ]) {
          const waiting = timer(spy, 5, options);
          log.push(
            describe(waiting(1)),
            describe(waiting(2)),
            describe(waiting.flush()),
            describe(waiting(3)),
            waiting.cancel(),
          );
        }
      }
      await sleep(15);
      found[`timers ${build} ${name}`] = summary([['calls', describe(log)]]);
    }
  }
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

function summary(results) {
  const examples = Object.fromEntries(
    results.map(([label, outcome]) => [label, `${digest([outcome]).slice(0, 8)} ${outcome.slice(0, exampleSize)}`]),
  );
  return { calls: results.length, digest: digest(results), examples };
}

function digest(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

function freezeTimeAndChance() {
  const instant = Date.UTC(2020, 1, 29, 12);
  let seed = 42;
  Date.now = () => instant;
  Math.random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
}
