/** What Piscina loads in a thread. */
'use strict';
const { join } = require('node:path');
const { createLoader } = require('./load.cjs');

const { load, keep } = createLoader('worker');
const main = load(join(__dirname, 'worker.cjs'));
module.exports = async (input) => {
  await main(input);
  keep();
};
