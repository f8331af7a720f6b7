// BullMQ. Draining uses its Worker with several jobs at once, as its makers advise for jobs that wait.
import { Queue, Worker } from 'bullmq';

const concurrency = 16;

export async function open({ socket }, name) {
  const connection = { path: socket, maxRetriesPerRequest: null };
  const queue = new Queue(name, { connection });
  const workers = new Map();
  const workerOf = (role, processor, options) => {
    if (!workers.has(role)) {
      const worker = new Worker(name, processor, { connection, autorun: false, ...options });
      worker.on('error', (error) => console.error(error));
      workers.set(role, worker);
    }
    return workers.get(role);
  };
  const claimer = () => workerOf('claimer', null, {});
  const drainer = () => workerOf('drainer', async () => {}, { concurrency });
  await queue.waitUntilReady();
  return {
    publish: (id, text) => queue.add('job', { text }, { jobId: id }),
    publishMany: (ids, text) => queue.addBulk(ids.map((id) => ({ name: 'job', data: { text }, opts: { jobId: id } }))),
    claim: () => claimer().getNextJob('bench', { block: false }),
    complete: (job) => job.moveToCompleted('', 'bench', false),
    connect: () => drainer().waitUntilReady(),
    async drain(until, now) {
      const worker = drainer();
      let count = 0;
      let endedAt = now();
      await new Promise((resolve) => {
        worker.on('completed', () => {
          count += 1;
          endedAt = now();
          if (endedAt >= until) resolve();
        });
        worker.on('drained', resolve);
        worker.run();
      });
      await worker.close();
      return { count, endedAt };
    },
    async consume(seen, signal, ready) {
      const worker = workerOf('consumer', async ({ id }) => seen(id), {});
      await worker.waitUntilReady();
      worker.run();
      ready();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await worker.close();
    },
    async close() {
      await Promise.all([...workers.values()].map((worker) => worker.close(true)));
      await queue.close();
    },
  };
}
