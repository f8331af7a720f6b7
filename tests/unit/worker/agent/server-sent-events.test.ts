import { expect, it } from 'vitest';
import { createEventParser } from '../../../../worker/agent/model/server-sent-events.ts';

function parse(text: string, size: number): string[] {
  const found: string[] = [];
  const parser = createEventParser((data) => found.push(data));
  for (let at = 0; at < text.length; at += size) parser.push(text.slice(at, at + size));
  return found;
}

const stream =
  ': comment\n\nevent: ping\ndata: {"type":"ping"}\n\nevent: a\ndata: one\ndata: two\n\ndata:three\n\ndata: cut';

it.each([1, 2, 3, 5, 1000])('gives the data of whole events, in pieces of %i', (size) => {
  expect(parse(stream, size)).toEqual(['{"type":"ping"}', 'one\ntwo', 'three']);
  expect(parse(stream.replaceAll('\n', '\r\n'), size)).toEqual(['{"type":"ping"}', 'one\ntwo', 'three']);
});
