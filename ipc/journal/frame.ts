/**
 * The text of a journal: a header line with the version, then one line per event,
 *   {"seq":1,"crc":"9ae0daaf","event":{…}}
 * `seq` counts from 1 without gaps; `crc` is the CRC-32 of `<seq>:<event>`, the event's JSON exactly as it stands in
 * the line. Covering the number too, a line that was lost, doubled or moved is noticed like one that was changed.
 */
import { crc32 } from 'node:zlib';
import type { FanfoldEvent } from '../../tasks/index.ts';

export const journalVersion = 1;

export const journalHeader = `{"journal":"fanfold","version":${journalVersion}}\n`;

export interface Frame {
  sequence: number;
  event: FanfoldEvent;
}

export function encodeFrame(sequence: number, event: FanfoldEvent): string {
  const text = JSON.stringify(event);
  return `{"seq":${sequence},"crc":"${checksum(sequence, text)}","event":${text}}\n`;
}

/** A line without its newline, or undefined when it is not whole. */
export function decodeFrame(line: string): Frame | undefined {
  const [, sequence, crc, text] = framePattern.exec(line) ?? [];
  if (sequence === undefined || text === undefined || checksum(Number(sequence), text) !== crc) return undefined;
  return { sequence: Number(sequence), event: JSON.parse(text) as FanfoldEvent };
}

/** The version that a header line names, or undefined when it is no header. */
export function decodeHeader(line: string): number | undefined {
  const version = /^\{"journal":"fanfold","version":(\d{1,6})\}$/.exec(line)?.[1];
  return version === undefined ? undefined : Number(version);
}

const framePattern = /^\{"seq":(\d{1,15}),"crc":"([0-9a-f]{8})","event":(.*)\}$/s;

function checksum(sequence: number, text: string): string {
  return crc32(`${sequence}:${text}`).toString(16).padStart(8, '0');
}
