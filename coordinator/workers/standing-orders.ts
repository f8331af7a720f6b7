import type { Control } from '../../ipc/index.ts';

/** Orders that count for workers that come later too. */
export interface StandingOrders {
  note(control: Control): void;
  all(): Control[];
}

export function createStandingOrders(): StandingOrders {
  let pause: Control | undefined;
  const cancels = new Map<string, Control>();
  return {
    note(control) {
      if (control.action === 'pause') pause = control;
      if (control.action === 'continue') pause = undefined;
      if (control.action === 'cancel' && control.subtask !== undefined) cancels.set(control.subtask, control);
    },
    all: () => [...(pause === undefined ? [] : [pause]), ...cancels.values()],
  };
}
