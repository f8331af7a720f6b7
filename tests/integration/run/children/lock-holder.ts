/** A process that takes the coordinator lock named by its argument, says `held`, and holds it until it is killed. */
import { takeCoordinatorLock } from '../../../../coordinator/run/coordinator-lock.ts';

await takeCoordinatorLock(process.argv[2] ?? '');
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
