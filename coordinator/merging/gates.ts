import {
  type BasePlace,
  baseCheckKey,
  comparedWithBase,
  type GateRequest,
  type GateResult,
  isExcused,
  type Mailbox,
  recipients,
  runVariable,
  tellsOfBase,
} from '../../ipc/index.ts';
import {
  type Check,
  type CheckResult,
  type CommandCheck,
  type EventInput,
  FanfoldError,
  fromErrorRecord,
  noUsage,
  totalTokens,
} from '../../tasks/index.ts';
import { blocks } from './merge-queue.ts';

export interface GatesOptions {
  run: string;
  /** How often a coordinator has taken up the run: questions of an earlier one have other names. */
  session: number;
  mailbox: Mailbox;
  repository: string;
  runFolder: string;
  /** Commit the run started from; absent outside git. */
  base: string | undefined;
  environment: Record<string, string>;
  /** Of the run, for judges. */
  goal: string | undefined;
  emit: (event: EventInput) => void;
}

export interface Gates {
  /** Judge a merged commit (outside git: the folder). What failed on the base already is marked so. */
  judge(checks: readonly Check[], commit: string | undefined, subtasks: readonly string[]): Promise<CheckResult[]>;
  /** Mark those of a worker's failed checks that its base excuses; without one, that of the run. */
  compareWithBase(
    checks: readonly Check[],
    results: readonly CheckResult[],
    work: Pick<BasePlace, 'environment'> & { base: string | undefined },
  ): Promise<CheckResult[]>;
  /** An answer has arrived; false when nobody asked. */
  answered(result: GateResult): boolean;
  /** The question or its answer was buried: nobody will answer it. */
  buried(gate: string, reason: string): void;
  /** Nobody is to wait any more: reject all who do or will ask. What answers that still come have used is told. */
  abort(reason: FanfoldError): void;
}

interface Asked {
  resolve: (result: GateResult) => void;
  reject: (reason: unknown) => void;
}

/** Gates run in workers, on commits of the coordinator's making; question and answer travel by mailbox. */
export function createGates(options: GatesOptions): Gates {
  const asked = new Map<string, Asked>();
  const onBase = new Map<string, Promise<CheckResult | undefined>>();
  /** Asked for, but nobody waits any more. */
  const forsaken = new Set<string>();
  let count = 0;
  let aborted: FanfoldError | undefined;

  async function ask(
    checks: readonly Check[],
    commit: string | undefined,
    environment = options.environment,
  ): Promise<GateResult> {
    if (aborted !== undefined) throw aborted;
    count += 1;
    const gate = options.session === 1 ? `gate-${count}` : `gate-s${options.session}-${count}`;
    const answer = new Promise<GateResult>((resolve, reject) => asked.set(gate, { resolve, reject }));
    // It may be given up before anybody waits for it.
    answer.catch(() => {});
    const body: GateRequest = {
      run: options.run,
      gate,
      repository: options.repository,
      runFolder: options.runFolder,
      ...(commit === undefined ? {} : { commit }),
      ...(commit === undefined || options.base === undefined ? {} : { base: options.base }),
      ...(options.goal === undefined ? {} : { goal: options.goal }),
      checks: [...checks],
      environment,
    };
    const envelope = {
      version: 1,
      id: gate,
      kind: 'gate-request',
      from: recipients.coordinator,
      to: recipients.gates,
    } as const;
    await options.mailbox.publish(recipients.gates, { ...envelope, body });
    return await answer;
  }

  /** What a check says of the base; asked once per check, base and variables, and only when it failed elsewhere. */
  function lookAtBase(check: CommandCheck, place: BasePlace): Promise<CheckResult | undefined> {
    const key = baseCheckKey(check, place);
    const known = onBase.get(key);
    if (known !== undefined) return known;
    const mark = options.environment[runVariable];
    const environment = { ...place.environment, ...(mark === undefined ? {} : { [runVariable]: mark }) };
    const answer = ask([check], place.base, environment).then(({ checks: [result], error }) => {
      if (error !== undefined) throw fromErrorRecord(error);
      if (result === undefined || !tellsOfBase(result)) onBase.delete(key);
      return result;
    });
    onBase.set(key, answer);
    // What could not be asked may be asked again.
    answer.catch(() => onBase.delete(key));
    return answer;
  }

  const compareWithBase: Gates['compareWithBase'] = async (checks, results, { environment, base = options.base }) => {
    const compared: CheckResult[] = [];
    for (const result of results) {
      const check = options.base !== undefined && blocks(result) ? comparedWithBase(checks, result) : undefined;
      const found =
        check === undefined || base === undefined ? undefined : await lookAtBase(check, { base, environment });
      compared.push(found !== undefined && isExcused(result, found) ? { ...result, failedOnBase: true } : result);
    }
    return compared;
  };

  /** A gate that could not be judged has no end of its own, but its judges are to be paid for. */
  function payFor({ usage = noUsage() }: GateResult): void {
    const message = 'A gate was given up after its judge had been asked.';
    if (totalTokens(usage) > 0) options.emit({ type: 'notice', level: 'warning', message, usage });
  }

  return {
    async judge(checks, commit, subtasks) {
      if (checks.length === 0) return [];
      const answer = await ask(checks, commit);
      if (answer.error !== undefined) {
        payFor(answer);
        throw fromErrorRecord(answer.error);
      }
      const { base, environment } = options;
      const comparing = compareWithBase(checks, answer.checks, { base, environment });
      const results = await comparing.catch((error: unknown) => {
        payFor(answer);
        throw error;
      });
      for (const [index, check] of results.entries()) {
        const usage = index === 0 && answer.usage !== undefined ? { usage: answer.usage } : {};
        options.emit({ type: 'gate-end', subtasks: [...subtasks], check, ...usage });
      }
      return results;
    },
    compareWithBase,
    answered(result) {
      const waiting = asked.get(result.gate);
      asked.delete(result.gate);
      if (forsaken.delete(result.gate)) payFor(result);
      waiting?.resolve(result);
      return waiting !== undefined;
    },
    buried(gate, reason) {
      asked.get(gate)?.reject(
        new FanfoldError({
          code: 'worker-lost',
          message: `The gate ${gate} was given up: ${reason}.`,
          next: 'Look at its last lines in the run folder, below gates/; it may use too much memory or end its worker.',
        }),
      );
      asked.delete(gate);
    },
    abort(reason) {
      aborted = reason;
      for (const [gate, { reject }] of asked) {
        forsaken.add(gate);
        reject(reason);
      }
      asked.clear();
    },
  };
}
