/** The door to the worker: what the command line composes with. The thread's own entry is main.ts. */
export { checkRules } from './executors/check-rules.ts';
export { runCommand } from './processes/run-command.ts';
export { beginRecording, checkRecording, checkRecordTarget, tidyRecording, unusedTurns } from './recordings.ts';
export { diskFiles } from './workspace/disk-files.ts';
