import type { Plan } from '../../tasks/index.ts';

export interface TrafficNotice {
  level: 'info' | 'warning';
  message: string;
}

/** Recording and replaying as a run sees it: the work is the worker's, so the command line hands this in. */
export interface ModelTraffic {
  /** The file that all traffic of the run's models is recorded in, absolute. */
  record?: string;
  /** Called before anybody asks a model. FanfoldError `recording-invalid` when the file can't be made. */
  begin(): Promise<void>;
  /** Called when nobody asks any more, before the run's last event. Never rejects. */
  end(run: { folder: string; plan: Plan; settled: boolean }): Promise<TrafficNotice[]>;
}
