#!/usr/bin/env node
'use strict';
const { join } = require('node:path');
const { createLoader } = require('./load.cjs');

const runs = process.argv[2] === 'run' || process.argv[2] === 'resume';
const { load, keep } = createLoader(runs ? 'run' : 'command');
process.once('exit', keep);
load(join(__dirname, 'cli.cjs'));
