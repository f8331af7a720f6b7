import { type GateRequest, type GateResult, type Mailbox, recipients } from '../../ipc/index.ts';
import {
  type Check,
  type CheckResult,
  type CommandCheck,
  type EventInput,
  FanfoldError,
  fromErrorRecord,
  noUsage,
  totalTokens,
  type Usage,
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
  /** Mark those of a worker's failed checks that fail on the base too. */
  compareWithBase(checks: readonly Check[], results: readonly CheckResult[]): Promise<CheckResult[]>;
  /** An answer has arrived; false when nobody asked. */
  answered(result: GateResult): boolean;
  /** The question or its answer was buried: nobody will answer it. */
  buried(gate: string, reason: string): void;
  /** No answer will come any more: reject all who wait or will ask. */
  abort(reason: FanfoldError): void;
}

interface Asked {
  resolve: (result: GateResult) => void;
  reject: (reason: unknown) => void;
}

/** Gates run in workers, on commits of the coordinator's making; question and answer travel by mailbox. */
export function createGates(options: GatesOptions): Gates {
  const asked = new Map<string, Asked>();
  const onBase = new Map<string, Promise<boolean>>();
  let count = 0;
  let aborted: FanfoldError | undefined;

  async function ask(checks: readonly Check[], commit: string | undefined): Promise<GateResult> {
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
      environment: options.environment,
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

  /** Whether a check passes on the base; asked once per check and only when it failed elsewhere. */
  function passesOnBase(check: CommandCheck): Promise<boolean> {
    const key = `${check.name}\0${check.run}`;
    const known = onBase.get(key);
    if (known !== undefined) return known;
    const answer = ask([check], options.base).then(({ checks, error }) => {
      if (error !== undefined) throw fromErrorRecord(error);
      return checks[0]?.passed ?? true;
    });
    onBase.set(key, answer);
    // What could not be asked may be asked again.
    answer.catch(() => onBase.delete(key));
    return answer;
  }

  async function compareWithBase(checks: readonly Check[], results: readonly CheckResult[]): Promise<CheckResult[]> {
    const compared: CheckResult[] = [];
    for (const result of results) {
      const check = checks.find(({ name }) => name === result.name);
      const onBaseToo =
        options.base !== undefined &&
        check !== undefined &&
        // The others judge what was changed, and on the base nothing was.
        'run' in check &&
        blocks(result) &&
        !(await passesOnBase(check));
      compared.push(onBaseToo ? { ...result, failedOnBase: true } : result);
    }
    return compared;
  }

  return {
    async judge(checks, commit, subtasks) {
      if (checks.length === 0) return [];
      const answer = await ask(checks, commit);
      if (answer.error !== undefined) {
        if (totalTokens(answer.usage ?? noUsage()) > 0) options.emit(wasted(answer.usage ?? noUsage()));
        throw fromErrorRecord(answer.error);
      }
      const results = await compareWithBase(checks, answer.checks);
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
      for (const { reject } of asked.values()) reject(reason);
      asked.clear();
    },
  };
}

/** A gate that could not be judged has no end of its own, but its judges are to be paid for. */
function wasted(usage: Usage): EventInput {
  return { type: 'notice', level: 'warning', message: 'A gate was given up after its judge had been asked.', usage };
}
