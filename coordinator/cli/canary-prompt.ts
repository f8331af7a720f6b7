import type { GoOn } from '../canary/canary-settings.ts';
import type { Attendance } from '../dispatch/mail-permissions.ts';
import { askYesOrNo, type Terminal } from './ask-yes-or-no.ts';

/**
 * Who says whether a run goes on after its canary: --yes, or whoever can be asked for leave too. Undefined where nobody
 * is there.
 */
export function goOnOf(yes: boolean, attendance: Attendance | undefined, terminal: Terminal): GoOn | undefined {
  if (yes) return true;
  if (attendance === undefined) return undefined;
  if (attendance.person === undefined) return 'elsewhere';
  return async ({ rest }, signal) => {
    const others = rest === 1 ? 'other one' : `other ${rest.toLocaleString('en-US')}`;
    try {
      return await askYesOrNo(`Go on with the ${others}?`, terminal, signal, { takesLines: true });
    } catch (error) {
      if (signal.aborted) throw error;
      // The terminal is gone, and nobody else was told of the question.
      return undefined;
    }
  };
}
