/** Where compiled code is kept between starts, and whether it can be trusted. Called by load.cjs. */
'use strict';
const { createHash } = require('node:crypto');
const { lstatSync, mkdirSync } = require('node:fs');
const { homedir } = require('node:os');
const { dirname, isAbsolute, join } = require('node:path');

/** The user's cache folder, `fanfold`, `code`, the installation, the role. */
const levelsOfOurs = 5;

/**
 * Of one installation under one version of Node, in the user's cache folder; undefined where it is switched off and where
 * the user has none: a relative `HOME` would lead into the folder worked on.
 */
exports.cacheFolder = function cacheFolder(installation, role, environment = process.env) {
  if ((environment.NODE_DISABLE_COMPILE_CACHE ?? '') !== '') return undefined;
  const given = environment.XDG_CACHE_HOME ?? '';
  const base = isAbsolute(given) ? given : usualBase();
  if (base === undefined) return undefined;
  const place = createHash('sha1').update(installation).digest('hex').slice(0, 16);
  return join(base, 'fanfold', 'code', `${process.version}-${process.arch}-${place}`, role);
};

function usualBase() {
  try {
    const base = join(homedir(), '.cache');
    return isAbsolute(base) ? base : undefined;
  } catch {
    return undefined;
  }
}

/** Cached code runs as it is: it counts only where nobody else could have put it. */
exports.isOwn = function isOwn(folder) {
  try {
    const status = lstatSync(folder);
    if (!status.isDirectory()) return false;
    return process.getuid === undefined || (status.uid === process.getuid() && (status.mode & 0o022) === 0);
  } catch {
    return false;
  }
};

/**
 * Makes the folder, for its owner alone. Level by level: where a level above can't be made, `recursive` of Node 20 may try
 * for ever.
 */
exports.makeFolder = function makeFolder(folder) {
  const levels = [folder];
  while (levels.length < levelsOfOurs) levels.unshift(dirname(levels[0]));
  for (const level of levels) {
    try {
      mkdirSync(level, { mode: 0o700 });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
};
