import { defineCheck } from 'fanfold';

export default defineCheck({
  async check({ diff }) {
    const lines = (await diff()).split('\n').filter((line) => /^[+-](?![+-]{2} )/.test(line));
    const code = lines.filter((line) => !/^\+\s*(?:\/?\*|$)/.test(line));
    return { passed: code.length === 0, evidence: code.slice(0, 20).join('\n') || 'only comments were added' };
  },
});
