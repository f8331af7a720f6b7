import type { ProgressInput } from '../../tasks/index.ts';
import type { AgentLinks } from '../mail/agent-links.ts';

export interface SubtaskControl {
  /** Aborts on cancellation; its reason is the FanfoldError to report. */
  signal: AbortSignal;
  report: (event: ProgressInput) => void;
  links?: AgentLinks;
  /** See wait-at-most.ts. */
  graceMs?: number;
}
