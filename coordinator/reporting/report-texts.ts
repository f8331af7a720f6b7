import { countOf } from './amounts.ts';
import { isAccepted, type Report, type SubtaskReport } from './report.ts';

const mostPlaces = 3;

/** `10 of 12 subtasks done: 8 landed, 2 unchanged; 1 failed, 1 cancelled`. */
export function countsText({ subtasks, results }: Pick<Report, 'subtasks' | 'results'>): string {
  const { total, landed, unchanged, cached, failed, conflicted, cancelled } = subtasks;
  const unfinished = results.filter(({ status }) => status === 'unfinished').length;
  const good = phrases([landed, 'landed'], [cached, 'cached'], [unchanged, 'unchanged']);
  const bad = phrases(
    [failed, 'failed'],
    [conflicted, 'in conflict'],
    [cancelled, 'cancelled'],
    [unfinished, 'unfinished'],
  );
  const done = landed + unchanged + cached;
  const head =
    done === total
      ? `${countOf(total, 'subtask')} done`
      : `${done.toLocaleString('en-US')} of ${countOf(total, 'subtask')} done`;
  return [good === '' ? head : `${head}: ${good}`, bad].filter((part) => part !== '').join('; ');
}

/** What happened to a subtask that did not land, in a word for the start of a line. */
export function failureWord({ status, error }: SubtaskReport): string {
  if (error?.code === 'dependency-failed') return 'NOT STARTED';
  return { failed: 'FAILED', conflicted: 'CONFLICT', cancelled: 'CANCELLED', unfinished: 'UNFINISHED' }[
    status as 'failed' | 'conflicted' | 'cancelled' | 'unfinished'
  ];
}

/** How the run ended, as a sentence without a full stop. */
export function statusText({ status, error, results, canary }: Report): string {
  if (status === 'succeeded') return 'succeeded';
  if (status === 'interrupted' && canary?.decision?.goesOn === false && canary.actual === undefined) {
    return 'ended after its canary; what was finished is kept';
  }
  if (status === 'interrupted') return 'interrupted; what was finished is kept';
  if (status === 'cancelled') return 'cancelled; what was finished is kept';
  if (status === 'unfinished') return 'not finished';
  return error === undefined && results.some(isAccepted) ? 'failed in part' : 'failed';
}

/** What goes on with the run, where something is left to do. */
export function resumeCommand({ run, results }: Pick<Report, 'run' | 'results'>): string | undefined {
  if (results.some(({ status }) => status === 'cancelled' || status === 'unfinished')) return `fanfold resume ${run}`;
  if (results.some((result) => !isAccepted(result))) return `fanfold resume ${run} --failed`;
  return undefined;
}

export function denialsText({ denials, results }: Pick<Report, 'denials' | 'results'>): string | undefined {
  if (denials === 0) return undefined;
  const were = denials === 1 ? 'was' : 'were';
  const them = denials === 1 ? 'it' : 'them';
  return (
    `${countOf(denials, 'permission request')} ${were} denied because nobody was there to answer: ` +
    `allow ${them} with a rule in permissions.allow, for instance Bash(npm test *).${placesText(results, denials)}`
  );
}

/** ` It was in a.`, ` They were in a (2 of them), b and 3 other subtasks.`; empty where nothing tells. */
function placesText(results: readonly SubtaskReport[], denials: number): string {
  const places = results.filter((result) => result.denials > 0);
  if (places.length === 0) return '';
  const named = places
    .slice(0, mostPlaces)
    .map(({ id, denials: here }) =>
      here === 1 || here === denials ? id : `${id} (${here.toLocaleString('en-US')} of them)`,
    );
  const left = places.length - named.length;
  const others = left > 0 ? ` and ${countOf(left, 'other subtask')}` : '';
  return ` ${denials === 1 ? 'It was' : 'They were'} in ${named.join(', ')}${others}: \`fanfold logs\` shows what was asked.`;
}

function phrases(...parts: readonly (readonly [count: number, word: string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count.toLocaleString('en-US')} ${word}`)
    .join(', ');
}
