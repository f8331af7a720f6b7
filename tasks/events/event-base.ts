/** What every event has. */
export interface EventBase {
  time: string;
  run: string;
}
