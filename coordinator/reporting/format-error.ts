import { type ErrorRecord, oneLine, stripControl, toErrorRecord } from '../../tasks/index.ts';
import { createPaint } from './paint.ts';

export interface FormatErrorOptions {
  color?: boolean;
}

const maximumListItems = 12;
const maximumOutputLines = 20;

/**
 * How the command line prints an error on standard error: what happened, the details the message does not name yet,
 * its cause, what to do next. The stack is shown for defects (code `internal`) only. No newline at the end.
 */
export function formatError(error: ErrorRecord | Error, { color = false }: FormatErrorOptions = {}): string {
  const record = isErrorRecord(error) ? error : toErrorRecord(error);
  const paint = createPaint(color);
  const message = stripControl(record.message).trimEnd();
  const lines = [
    `${paint('red', 'fanfold:')} ${message.replaceAll('\n', '\n  ')}`,
    ...formatDetails(record, message),
    ...formatCauses(record, message),
    `${paint('bold', 'next:')} ${stripControl(record.next)}`,
    ...formatStack(record),
  ];
  return lines.join('\n');
}

/** The details of an error as indented lines; those that the message names already are left out. */
function formatDetails({ code, data }: ErrorRecord, message: string): string[] {
  if (data === undefined) return [];
  return Object.entries(data)
    .filter(([name]) => !(code === 'internal' && name === 'stack'))
    .flatMap(([name, value]) => formatDetail(oneLine(name, 80), value, message));
}

function formatDetail(name: string, value: unknown, message: string): string[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return formatList(name, value, message);
  const text = stripControl(typeof value === 'string' ? value : JSON.stringify(value)).trimEnd();
  if (!text.includes('\n')) return names(message, text) ? [] : [`  ${name}: ${oneLine(text, 2_000)}`];
  const lines = text.split('\n');
  const shown = lines.slice(-maximumOutputLines).map((line) => `    ${line}`);
  const left = lines.length - shown.length;
  return [`  ${name}:`, ...(left > 0 ? [`    … ${left} lines before`] : []), ...shown];
}

function formatList(name: string, values: readonly unknown[], message: string): string[] {
  const items = values.map((value) => oneLine(textOf(value), 500));
  // A message that names one of them lists them itself, as far as it makes sense.
  if (items.length === 0 || items.some((item) => names(message, item))) return [];
  const rest = items.length - maximumListItems;
  const shown = [...items.slice(0, maximumListItems), ...(rest > 0 ? [`… and ${rest} more`] : [])];
  const joined = shown.join(', ');
  return joined.length <= 100 ? [`  ${name}: ${joined}`] : [`  ${name}:`, ...shown.map((item) => `    ${item}`)];
}

/** Problems of a task file and the like have a message of their own. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : undefined;
  return typeof message === 'string' ? message : JSON.stringify(value);
}

function formatCauses(record: ErrorRecord, message: string): string[] {
  const lines: string[] = [];
  for (let cause = record.cause; cause !== undefined; cause = 'cause' in cause ? cause.cause : undefined) {
    const text = oneLine(cause.message, 500);
    if (text !== '' && !message.includes(text)) lines.push(`  because: ${text}`);
  }
  return lines;
}

function formatStack({ code, data }: ErrorRecord): string[] {
  const stack = data?.['stack'];
  return code === 'internal' && typeof stack === 'string' ? ['', stripControl(stack)] : [];
}

function names(message: string, text: string): boolean {
  const position = message.indexOf(text);
  if (position === -1) return false;
  const around = `${message[position - 1] ?? ' '}${message[position + text.length] ?? ' '}`;
  return !/[\p{L}\p{N}]/u.test(around);
}

function isErrorRecord(error: ErrorRecord | Error): error is ErrorRecord {
  return !(error instanceof Error);
}
