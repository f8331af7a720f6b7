import { parentPort, workerData } from 'node:worker_threads';
import { observe } from './observe.js';

// The same chances for every copy.
let seed = 42;
Math.random = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

parentPort.postMessage(await observe(workerData));
