/**
 * How many requests may be under way at once at a server that refuses some: additive increase, multiplicative
 * decrease, judged by the share that was refused lately and not by one refusal, since a server that refuses one in
 * five whatever one does would otherwise be asked by nobody in the end. Used by lane.ts.
 */

export interface Window {
  /** At least 1; not a whole number. */
  readonly size: number;
  /** Requests that were under way before they were counted here. */
  widen(count: number): void;
  /** A request was answered or refused; `sequence` grows from request to request. */
  note(refused: boolean, sequence: number, newest: number): void;
}

/** Above it the window is halved; it shrinks slowly down to the second, below which it grows. */
const crowdedShare = 0.5;
const tolerableShare = 0.1;
/** Requests that are judged together. */
const fewest = 4;
const most = 64;

export function createWindow(initial: number): Window {
  let size = Math.max(1, initial);
  let step = 1;
  let answered = 0;
  let refusals = 0;
  /** Requests up to this one were sent under an earlier size and say nothing about the present one. */
  let changedAt = 0;

  const change = (next: number, newest: number): void => {
    size = Math.max(1, next);
    [answered, refusals, changedAt] = [0, 0, newest];
  };

  return {
    get size() {
      return size;
    },
    widen(count) {
      size += count;
    },
    note(refused, sequence, newest) {
      if (sequence <= changedAt && changedAt > 0) return;
      if (refused) refusals += 1;
      else answered += 1;
      const count = refusals + answered;
      if (count < Math.min(most, Math.max(fewest, size))) return;
      const share = refusals / count;
      if (share > crowdedShare) {
        change(size / 2, newest);
        step = Math.max(1, size / 8);
      } else if (share > tolerableShare) {
        change(size - Math.max(1, (size * share) / 16), newest);
      } else change(size + step, newest);
    },
  };
}
