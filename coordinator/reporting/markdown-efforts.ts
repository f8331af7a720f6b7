import { totalTokens } from '../../tasks/index.ts';
import { formatScore } from './check-texts.ts';
import { candidateText } from './format-efforts.ts';
import { cellText, codeSpan } from './markdown.ts';
import type { Report } from './report.ts';

/** Sections of report.md: candidates, and work that was sent back; empty where there were none. */
export function markdownEfforts({ results }: Report): string[] {
  const repaired = results.filter(({ repairs }) => repairs !== undefined);
  const tried = results.filter(({ candidates }) => candidates !== undefined);
  return [
    ...(tried.length === 0
      ? []
      : [
          '## Candidates',
          '',
          '| subtask | candidate | result | score | tokens | USD | sent back |',
          '|---|--:|---|--:|--:|--:|--:|',
          ...tried.flatMap(({ id, candidates = [], candidate }) =>
            candidates.map((one) => {
              const { number, score, tokens, usd, repairs = 0 } = one;
              const chosen = number === candidate ? ' **(chosen)**' : '';
              const grade = score === undefined ? '' : formatScore(score);
              const { score: _, ...unscored } = one;
              return `| ${codeSpan(id)} | ${number}${chosen} | ${cellText(candidateText(unscored))} | ${grade} | ${tokens} | ${usd.toFixed(4)} | ${repairs} |`;
            }),
          ),
          '',
        ]),
    ...(repaired.length === 0
      ? []
      : [
          '## Sent back to their agents',
          '',
          '| subtask | rounds | tokens of all attempts |',
          '|---|--:|--:|',
          ...repaired.map(({ id, repairs, usage }) => `| ${codeSpan(id)} | ${repairs} | ${totalTokens(usage)} |`),
          '',
        ]),
  ];
}
