// One thread of the ledger's bench: so many agents that set aside 1,000 tokens each and give them back unspent.
import { parentPort, workerData } from 'node:worker_threads';

const { module, memory, name, agents, count } = workerData;
const { joinLedger } = await import(module);
const ledger = joinLedger(memory, name);
const ask = { prompt: { tokens: 900, money: 10 }, outputPrice: 1, outputTokens: 100, leastOutputTokens: 100 };
const reserved = { tokens: 1_000, money: 110 };
const nothing = { tokens: 0, money: 0 };
const { signal } = new AbortController();

// A port that is listened to keeps the thread, as that of a worker does: waiting for the ledger alone does not.
parentPort.on('message', async () => {
  if (agents === 1) for (let take = 0; take < count; take += 1) once(ledger.take(ask, signal));
  else await Promise.all(Array.from({ length: agents }, () => work(count / agents)));
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');

async function work(times) {
  for (let take = 0; take < times; take += 1) {
    const granted = await ledger.take(ask, signal);
    // As a request would, it lets others go.
    await new Promise((resolve) => setImmediate(resolve));
    once(granted);
  }
}

function once(granted) {
  if (granted !== 100) throw new Error(`granted ${granted}`);
  ledger.settle(reserved, nothing);
}
