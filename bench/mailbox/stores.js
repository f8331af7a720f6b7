// The queues that are compared, behind one interface:
//   publish(id, text), publishMany(ids, text)   resolve when the queue says that it has them
//   claim() → claim or undefined, complete(claim)
//   drain(until, now) → {count, endedAt}        claims and completes until nothing is left, the fastest usual way
//   consume(seen, signal, ready)                calls seen(id) as soon as a message is there, until the signal
//   connect()                                    whatever the first drain would wait for

/** The module of a place, `{kind, ...}`, with all that it imports: `open(place, queue)` costs no loading any more. */
export async function loadStore(place) {
  if (place.module !== undefined) await import(place.module);
  const modules = {
    fanfold: () => import('./fanfold-store.js'),
    bullmq: () => import('./bullmq-store.js'),
    sqlite: () => import('./sqlite-store.js'),
  };
  return modules[place.kind]();
}
