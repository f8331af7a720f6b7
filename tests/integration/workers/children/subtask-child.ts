/** A worker that works on one assignment and prints its outcome; the parent kills it on the way. */
import { readFileSync } from 'node:fs';
import { assignmentSchema, openRepository } from '../../../../ipc/index.ts';
import { runSubtask } from '../../../../worker/attempt/run-subtask.ts';
import { createWorkerServices } from '../../../../worker/serving/services.ts';

const assignment = assignmentSchema.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
const folder = assignment.repository;
const repository = await openRepository(folder);
await using services = createWorkerServices({ folder, repository, run: assignment.run, worker: 'worker-1' });
const outcome = await runSubtask(assignment, services, { signal: new AbortController().signal, report: () => {} });
process.stdout.write(`${JSON.stringify(outcome)}\n`);
