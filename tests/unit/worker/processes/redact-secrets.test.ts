import { expect, test } from 'vitest';
import { createRedactor } from '../../../../worker/processes/redact-secrets.ts';

const secrets = [
  { name: 'API_KEY', value: 'sk-aaab-secret' },
  { name: 'TOKEN', value: 'gëheim-123' },
  // Begins with another, and ends with the beginning of another.
  { name: 'LONG', value: 'sk-aaab-secret-and-more-sk' },
];

function redact(text: string, size: number): string {
  const redactor = createRedactor(secrets);
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size)
    parts.push(redactor.write(bytes.subarray(start, start + size)));
  parts.push(redactor.end());
  return Buffer.concat(parts).toString();
}

test.each([1, 2, 3, 5, 7, 100])('secrets are taken out however the bytes arrive (%i at a time)', (size) => {
  const text =
    'x sk-aaab-secret y sk-aaab-secre z gëheim-123sk-aaab-secret ünï sk-aaaaab-secret sk-aaab-secret-and-more-sk sk-aaab-secret-and sk-';
  expect(redact(text, size)).toBe(
    'x [API_KEY] y sk-aaab-secre z [TOKEN][API_KEY] ünï sk-aaaaab-secret [LONG] [API_KEY]-and sk-',
  );
});

test('without secrets bytes pass as they are, at once', () => {
  const bytes = Buffer.from([0, 255, 10]);
  expect(createRedactor([]).write(bytes)).toBe(bytes);
});
