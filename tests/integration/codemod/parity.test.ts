import { describe, expect, test } from 'vitest';
import { parityCases } from './parity-cases.ts';
import { scanWithCli } from './scan-with-cli.ts';
import { scanWithEngine } from './scan-with-engine.ts';

describe('the engine writes what "ast-grep scan --update-all" writes', () => {
  test.each(parityCases)('$name', ({ rules, files, unchanged }) => {
    const cli = scanWithCli(rules, files);
    expect(cli.output).not.toContain('Cannot parse rule');
    const engine = scanWithEngine(rules, files);
    for (const [path, content] of Object.entries(files)) {
      expect(engine[path]?.toString('latin1'), path).toBe(cli.files[path]?.toString('latin1'));
      if (unchanged?.includes(path)) {
        expect(engine[path]).toEqual(Buffer.from(content));
      } else {
        expect(engine[path], `${path} should change`).not.toEqual(Buffer.from(content));
      }
    }
  });
});
