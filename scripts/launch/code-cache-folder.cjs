/** Where compiled code is kept between starts, and whether it can be trusted. Called by load.cjs. */
'use strict';
const { lstatSync } = require('node:fs');
const { homedir } = require('node:os');
const { isAbsolute, join } = require('node:path');

/** Of one installation under one version of Node, in the user's cache folder; undefined where it is switched off. */
exports.cacheFolder = function cacheFolder(installation, role, environment = process.env) {
  if ((environment.NODE_DISABLE_COMPILE_CACHE ?? '') !== '') return undefined;
  const given = environment.XDG_CACHE_HOME ?? '';
  const base = isAbsolute(given) ? given : join(homedir(), '.cache');
  const place = installation.replace(/[^A-Za-z0-9]+/g, '-').slice(-150);
  return join(base, 'fanfold', 'code', `${process.version}-${process.arch}${place}`, role);
};

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
