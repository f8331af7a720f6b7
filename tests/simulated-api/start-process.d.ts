import type { Totals } from './types.d.ts';

export interface SimulatedApiProcess extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly pid: number;
  /** ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY for a client. */
  readonly environment: Record<string, string>;
  /** Totals, open problems of the script, CPU time in µs, memory in bytes. */
  stats(): Promise<Totals & { problems: string[]; cpu: NodeJS.CpuUsage; memory: NodeJS.MemoryUsage }>;
  /** Starts totals, attempts and the prompt cache anew. */
  reset(): Promise<void>;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

/** Runs main.js in a process of its own that ends with this one. Throws when it does not come to listen. */
export declare function startSimulatedApiProcess(args?: string[]): Promise<SimulatedApiProcess>;
