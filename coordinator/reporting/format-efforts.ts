/** How often work was sent back, and how candidates did: one line a subtask, for the screen and for logs. */
import { type CandidateResult, oneLine } from '../../tasks/index.ts';
import { alignColumns } from './align-columns.ts';
import { countOf } from './amounts.ts';
import { formatScore } from './check-texts.ts';
import { cutToWidth } from './display-width.ts';
import type { Paint } from './paint.ts';
import type { Report, SubtaskReport } from './report.ts';

export type Effort = Pick<SubtaskReport, 'repairs' | 'candidates' | 'candidate'>;

const maximumListed = 15;

/** A section of the report; empty where every agent worked alone and nothing was sent back. */
export function formatEfforts({ results }: Report, columns: number, paint: Paint): string[] {
  const told = results.flatMap((result) => {
    const text = effortText(result);
    return text === undefined ? [] : [[`  ${result.id}`, text]];
  });
  const left = told.length - maximumListed;
  if (told.length === 0) return [];
  return [
    paint('bold', 'Repairs and candidates'),
    ...alignColumns(told.slice(0, maximumListed)).map((line) => cutToWidth(line, columns)),
    ...(left > 0 ? [`  … and ${left.toLocaleString('en-US')} more`] : []),
  ];
}

/** `candidate 2 of 3 (1: failed, 2: 0.9, 3: 0.7); sent back 1 time`. */
export function effortText({ repairs, candidates, candidate }: Effort): string | undefined {
  const parts = [
    ...(candidates === undefined ? [] : [`candidate ${candidate} of ${candidates.length} (${listOf(candidates)})`]),
    ...(repairs === undefined ? [] : [`sent back ${countOf(repairs, 'time')}`]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

export function candidateText({ passed, score, error }: CandidateResult): string {
  const how = error === undefined ? (passed ? 'passed' : 'gates failed') : oneLine(error.code, 64);
  return score === undefined ? how : `${how}, ${formatScore(score)}`;
}

function listOf(candidates: readonly CandidateResult[]): string {
  return candidates.map((one) => `${one.number}: ${candidateText(one)}`).join('; ');
}
