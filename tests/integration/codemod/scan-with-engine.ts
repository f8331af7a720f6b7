import { applyRules } from '../../../worker/executors/codemod/apply-rules.ts';
import { loadRules } from '../../../worker/executors/codemod/load-rules.ts';
import type { Files } from './scan-with-cli.ts';

/** Every file after the engine has applied the rules. */
export function scanWithEngine(rules: string, files: Files): Record<string, Buffer> {
  const loaded = loadRules([{ path: 'rules.yml', text: rules }]);
  const after = Object.entries(files).map(([path, content]) => {
    const source = Buffer.from(content);
    return [path, Buffer.from(applyRules(loaded, path, source).text ?? source)];
  });
  return Object.fromEntries(after);
}
