import { stripControl } from '../../tasks/index.ts';
import { cutText } from '../processes/kept-text.ts';

export interface Verdict {
  passed: boolean;
  score?: number;
  evidence?: string;
}

const longestEvidence = 4_000;

/** What a function returned, by the rules of the task file; a value that is none does not pass, and is told why. */
export function readVerdict(value: unknown, minimum: number | undefined): Verdict {
  if (typeof value === 'boolean') return judged({ passed: value }, minimum);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(`it returned ${shown(value)}`);
  const { passed, score, evidence, ...rest } = value as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return invalid(`its result has the unknown key ${shown(unknown)}`);
  if (passed !== undefined && typeof passed !== 'boolean') return invalid(`its passed is ${shown(passed)}`);
  if (evidence !== undefined && typeof evidence !== 'string') return invalid(`its evidence is ${shown(evidence)}`);
  if (score !== undefined && !isScore(score)) return invalid(`its score is ${shown(score)}`);
  if (score === undefined && passed === undefined) return invalid('its result has neither passed nor score');
  return judged(
    {
      ...(passed === undefined ? {} : { passed }),
      ...(score === undefined ? {} : { score }),
      ...(evidence === undefined ? {} : { evidence: cutEvidence(evidence) }),
    },
    minimum,
  );
}

export function isScore(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** Safe to print. */
export function cutEvidence(text: string): string {
  return cutText(stripControl(text).trimEnd(), longestEvidence - 300, 200);
}

function judged(found: Partial<Verdict>, minimum: number | undefined): Verdict {
  const { passed = true, score } = found;
  if (minimum === undefined) return { ...found, passed };
  if (score !== undefined) return { ...found, passed: passed && score >= minimum };
  const owed = `It gave no score, and the task file wants at least ${minimum}.`;
  return { ...found, passed: false, evidence: [found.evidence, owed].filter(Boolean).join('\n') };
}

function invalid(what: string): Verdict {
  const allowed = 'allowed true, false, or { passed?: boolean, score?: 0 to 1, evidence?: string }';
  return { passed: false, evidence: `The check is not valid: ${what}; ${allowed}.` };
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}
