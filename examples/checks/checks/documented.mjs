import { readFile } from 'node:fs/promises';
import { defineCheck } from 'fanfold';
import { functionsOf } from './functions.mjs';

export default defineCheck({
  async check({ changedFiles }) {
    const found = [];
    for (const path of changedFiles) {
      for (const entry of functionsOf(await readFile(path, 'utf8'))) found.push({ ...entry, path });
    }
    const bare = found.filter(({ documented }) => !documented);
    return {
      score: found.length === 0 ? 1 : 1 - bare.length / found.length,
      evidence:
        bare.length === 0
          ? `all ${found.length} functions have a comment`
          : bare.map(({ path, line, name }) => `${path}:${line}: ${name} has no comment`).join('\n'),
    };
  },
});
