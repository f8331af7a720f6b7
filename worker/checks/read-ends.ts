import { type FileHandle, open } from 'node:fs/promises';

/** The start and the end of a text file, with a line between them that says how much was left out. Sizes are bytes. */
export async function readEnds(path: string, { head, tail }: { head: number; tail: number }): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size <= head + tail) return await read(file, 0, size);
    const end = await read(file, size - tail, tail);
    return `${await read(file, 0, head)}\n… ${size - head - tail} bytes left out …\n${end}`;
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead).toString();
}
