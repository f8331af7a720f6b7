/** What commands print differently each time, in the order it is looked for. */
const volatile: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?/g, '{{time}}'],
  [
    /\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +\d\d:\d\d(?::\d\d)?(?: \d{4})?(?: [+-]\d{4})?/g,
    '{{time}}',
  ],
  [/(?<![\d:.])\d\d?:\d\d:\d\d(?:[.,]\d+)?(?![\d:])/g, '{{time}}'],
  [/\b\d+m ?\d+(?:\.\d+)?s\b/g, '{{duration}}'],
  [/\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|secs?|seconds?|minutes?)\b/g, '{{duration}}'],
  [/\b(duration|elapsed|took|time)((?:_?ms)?["']?[ :=]+)\d+(?:\.\d+)?/gi, '$1$2{{duration}}'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/g, '{{id}}'],
  [/(?<![\w./-])\/(?:private\/)?(?:tmp|var\/folders)\/[^\s'"`:,;)\]}]+/g, '{{temporary}}'],
  [/\b\d+ characters\b/g, '{{count}} characters'],
];

/**
 * The output of a command without dates, times, durations, commit ids and temporary paths, so that the same outcome is
 * the same text. For comparing only.
 */
export function withoutVolatile(text: string): string {
  return volatile.reduce((result, [pattern, by]) => result.replace(pattern, by), text);
}
