import { PassThrough } from 'node:stream';
import { displayWidth } from '../../../../coordinator/reporting/display-width.ts';

/** A terminal of the sequences that the live view may write; any other one is an error. Wraps and scrolls. */
export class Screen {
  readonly stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  readonly writes: string[] = [];
  cursorVisible = true;
  private lines: string[] = [''];
  private row = 0;
  private column = 0;
  private wraps = true;

  constructor(columns = 80, rows = 24) {
    Object.assign(this.stream, { columns, rows });
    this.stream.on('data', (chunk: Buffer) => {
      this.writes.push(String(chunk));
      this.take(String(chunk));
    });
  }

  /** All lines from the beginning, scrolled out or not, without blanks at their ends. */
  text(): string[] {
    const lines = this.lines.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  private take(text: string): void {
    for (const [token] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[^\u001b]/gu)) {
      if (token === '\n') this.newLine();
      else if (token === '\r') this.column = 0;
      else if (token.startsWith('\u001b')) this.control(token.slice(2));
      else this.put(token);
    }
  }

  private control(sequence: string): void {
    if (/^\d+A$/.test(sequence)) this.row = Math.max(this.top(), this.row - Number.parseInt(sequence, 10));
    else if (sequence === 'K') this.setLine(this.row, this.line().slice(0, this.column));
    else if (sequence === 'J') {
      this.setLine(this.row, this.line().slice(0, this.column));
      this.lines.length = this.row + 1;
    } else if (sequence === '?25l' || sequence === '?25h') this.cursorVisible = sequence === '?25h';
    else if (sequence === '?7l' || sequence === '?7h') this.wraps = sequence === '?7h';
    else if (!/^(\?2026[hl]|[\d;]*m)$/.test(sequence)) throw new Error(`unexpected sequence ${sequence}`);
  }

  /** Lines are kept by column: a wide character takes its column and an empty one. */
  private put(character: string): void {
    const width = displayWidth(character);
    if (this.column + width > this.stream.columns) {
      if (!this.wraps) return;
      this.newLine();
    }
    const padded = this.line().padEnd(this.column);
    this.setLine(this.row, padded.slice(0, this.column) + character + padded.slice(this.column + character.length));
    this.column += character.length;
  }

  private newLine(): void {
    this.row += 1;
    this.column = 0;
    if (this.row >= this.lines.length) this.lines.push('');
  }

  private top(): number {
    return Math.max(0, this.lines.length - this.stream.rows);
  }

  private line(): string {
    return this.lines[this.row] ?? '';
  }

  private setLine(row: number, line: string): void {
    this.lines[row] = line;
  }
}
