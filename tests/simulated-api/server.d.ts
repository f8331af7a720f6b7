import type { SimulatedApi, SimulatedApiOptions } from './types.d.ts';

export type * from './types.d.ts';

/** Starts the server; it listens when the promise is fulfilled. Use `await using` or call `close()`. */
export declare function createSimulatedApi(options?: SimulatedApiOptions): Promise<SimulatedApi>;
