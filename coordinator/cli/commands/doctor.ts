import type { CommandHandler } from '../command-context.ts';
import { diagnose } from '../diagnose.ts';
import { findWorkplace } from '../workplace.ts';

/** `fanfold doctor`: what is missing on this machine, and how to get it. Exit code 1 when something needed is. */
export const doctor: CommandHandler<{ repo: string | undefined; json: boolean }> = async (options, context) => {
  const { folder, repository } = await findWorkplace(options.repo, context.folder).catch(() => ({
    folder: context.folder,
    repository: undefined,
  }));
  const findings = await diagnose(folder, repository, context);
  if (options.json) context.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  else {
    const marks = { ok: 'ok     ', warning: 'warning', missing: 'MISSING' };
    for (const { subject, state, found, next } of findings) {
      context.stdout.write(
        `${marks[state]}  ${subject}: ${found}\n${next === undefined ? '' : `         → ${next}\n`}`,
      );
    }
  }
  return findings.some(({ state }) => state === 'missing') ? 1 : 0;
};
