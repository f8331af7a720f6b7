import { type CanaryChoice, FanfoldError, type Forecast, type Plan, type RunState } from '../../tasks/index.ts';
import { chooseCanary } from './choose-canary.ts';

/**
 * Who says whether a run goes on after its canary: `true` is yes without asking; `elsewhere` waits for `fanfold continue`
 * or `fanfold cancel`; a function is asked beside these, and its signal aborts when one of them was quicker or the run
 * ends. It resolves with undefined when nobody can be asked after all.
 */
export type GoOn = true | 'elsewhere' | ((forecast: Forecast, signal: AbortSignal) => Promise<boolean | undefined>);

/** Some subtasks first, then a forecast, then the others if somebody says so. */
export interface CanarySettings {
  /** How many go first, from 1. Of a run that is resumed, its journal knows. */
  subtasks?: number;
  /** Above 0 and at most 1: where fewer of them pass, the run does not go on whoever says so. */
  minimum?: number;
  /** Without it nobody is there: the run ends after its canary, and goes on when it is resumed. */
  goOn?: GoOn;
}

/** FanfoldError `usage` where a canary can't be what it says. */
export function checkCanary({
  subtasks,
  minimum,
}: {
  subtasks?: number | undefined;
  minimum?: number | undefined;
}): void {
  if (subtasks !== undefined && !(Number.isSafeInteger(subtasks) && subtasks >= 1)) {
    throw new FanfoldError({
      code: 'usage',
      message: `A canary is a whole number of subtasks from 1, not ${subtasks}.`,
      next: 'Give --canary the number of subtasks that go first, for instance 3.',
    });
  }
  if (minimum === undefined) return;
  if (!(minimum > 0 && minimum <= 1)) {
    throw new FanfoldError({
      code: 'usage',
      message: `--canary-minimum takes a part above 0 and at most 1, not ${minimum}.`,
      next: 'Write 0.8 where at least 80 % of the canary must pass.',
    });
  }
  if (subtasks === undefined) {
    throw new FanfoldError({
      code: 'usage',
      message: '--canary-minimum says how many of a canary must pass, and there is none.',
      next: 'Give --canary too, for instance `--canary 5 --canary-minimum 0.8`.',
    });
  }
}

/** Which subtasks go first: of a new run by its settings, of one that is resumed by its journal, until it was decided. */
export function canaryOf(
  { subtasks }: Pick<Plan, 'subtasks'>,
  settings: CanarySettings | undefined,
  earlier: Pick<RunState, 'canary'> | undefined,
): CanaryChoice | undefined {
  if (earlier !== undefined) {
    const { canary } = earlier;
    if (canary === undefined || canary.decision !== undefined || canary.goesOnAt !== undefined) return undefined;
    return choice(canary.subtasks, canary.minimum);
  }
  const count = settings?.subtasks;
  if (count === undefined || count >= subtasks.length) return undefined;
  return choice(chooseCanary(subtasks, count), settings?.minimum);
}

function choice(subtasks: string[], minimum: number | undefined): CanaryChoice {
  return { subtasks, ...(minimum === undefined ? {} : { minimum }) };
}
