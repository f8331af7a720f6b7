import { type Budget, totalTokens, type Usage } from '../../tasks/index.ts';

/** `0.4s`, `12s`, `1m 05s`, `2h 03m`. */
export function formatDuration(milliseconds: number): string {
  const tenths = Math.max(0, Math.floor(milliseconds / 100));
  if (tenths < 100) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.floor(tenths / 10);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${twoDigits(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

/** A duration that is still growing: `0s`, `12s`, `1m 05s`. */
export function formatElapsed(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.max(0, Math.floor(milliseconds / 1_000))}s` : formatDuration(milliseconds);
}

/** `1,234`, `12.3k`, `4.5M`. */
export function formatAmount(amount: number): string {
  if (amount < 10_000) return amount.toLocaleString('en-US');
  if (amount < 999_950) return `${(amount / 1_000).toFixed(1)}k`;
  return `${(amount / 1_000_000).toFixed(1)}M`;
}

/** `512 B`, `12.3 kB`, `4.5 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  for (const unit of ['B', 'kB', 'MB']) {
    if (amount < 999.95) return unit === 'B' ? `${Math.round(amount)} B` : `${amount.toFixed(1)} ${unit}`;
    amount /= 1_000;
  }
  return `${amount.toFixed(1)} GB`;
}

/** `$0.12`; a fraction of a cent keeps two digits that say something: `$0.0034`. */
export function formatUsd(usd: number): string {
  if (usd > 0 && usd < 0.01) return `$${usd.toPrecision(2).includes('e') ? '0.0001' : usd.toPrecision(2)}`;
  return `$${usd.toFixed(2)}`;
}

/** `1 subtask`, `2 subtasks`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`;
}

/**
 * One phrase about what a model used, and of how much where that is limited; undefined when none ran. The cost is left out
 * where no price is known.
 */
export function formatUsage(usage: Usage, budget: Pick<Budget, 'usd' | 'tokens'> = {}): string | undefined {
  const total = totalTokens(usage);
  if (total === 0) return undefined;
  const read = total - usage.outputTokens;
  const cached = read === 0 ? 0 : Math.round((100 * usage.cacheReadTokens) / read);
  const cache = cached === 0 ? '' : ` (${cached}% from cache)`;
  const ofUsd = budget.usd === undefined ? '' : ` of ${formatUsd(budget.usd)}`;
  const cost = usage.usd > 0 || ofUsd !== '' ? `, ${formatUsd(usage.usd)}${ofUsd}` : '';
  const ofTokens =
    budget.tokens === undefined ? '' : `, ${formatAmount(total)} of ${formatAmount(budget.tokens)} tokens`;
  return `${formatAmount(read)} tokens in${cache}, ${formatAmount(usage.outputTokens)} out${cost}${ofTokens}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
