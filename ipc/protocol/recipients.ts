/** The mailboxes of a run. */
export const recipients = {
  /** Assignments, for whichever worker claims them. */
  workers: 'workers',
  /** Gate requests, in a box of their own so that long subtasks never keep the merge queue waiting. */
  gates: 'gates',
  /** Outcomes, gate results and control messages, for the run's coordinator. */
  coordinator: 'coordinator',
} as const;
