// Fanfold's own mailbox, durable as it is by default.
export async function open({ module, folder }, queue) {
  const { createFileMailbox } = await import(module);
  const mailbox = createFileMailbox({ folder });
  const worker = `worker-${process.pid}`;
  const envelope = (id, text) => ({ version: 1, id, kind: 'control', from: 'bench', to: queue, body: { text } });
  await mailbox.open(queue);
  return {
    publish: (id, text) => mailbox.publish(queue, envelope(id, text)),
    publishMany: (ids, text) =>
      mailbox.publishMany(
        queue,
        ids.map((id) => ({ envelope: envelope(id, text) })),
      ),
    claim: () => mailbox.claim(queue, worker),
    complete: (claim) => mailbox.complete(claim),
    async connect() {},
    async drain(until, now) {
      let count = 0;
      let endedAt = now();
      while (endedAt < until) {
        const claim = await mailbox.claim(queue, worker);
        if (claim === undefined) break;
        if (await mailbox.complete(claim)) count += 1;
        endedAt = now();
      }
      return { count, endedAt };
    },
    async consume(seen, signal, ready) {
      ready();
      while (!signal.aborted) {
        const claim = await mailbox.claim(queue, worker);
        if (claim === undefined) {
          await mailbox.watch(queue, signal);
          continue;
        }
        seen(claim.envelope.id);
        await mailbox.complete(claim);
      }
    },
    close: () => mailbox.close(),
  };
}
