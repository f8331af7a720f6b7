import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellPlacements } from '../../../../tasks/expansion/shell-placement.ts';
import { parseTemplate, type Template } from '../../../../tasks/expansion/template.ts';
import { shellQuote } from '../../../../tasks/index.ts';
import { seededRandom } from '../../../support/random.ts';

const shells = ['/bin/sh', '/bin/bash'].filter((shell) => existsSync(shell));

function template(text: string): Template {
  const result = parseTemplate(text);
  if ('problem' in result) throw new Error(result.problem);
  return result.template;
}

describe('shellQuote', () => {
  it('passes any text through a shell unchanged', () => {
    const random = seededRandom(1);
    const characters = [...' \t\n\'"\\$`!*?[]{}()<>|&;#~=%^-@:,.aZ0äß日🙂\r\u0001\u007f'];
    const texts = Array.from({ length: 2000 }, () =>
      Array.from({ length: random.below(12) }, () => random.pick(characters)).join(''),
    );
    texts.push('', '-n', "''", "'\\''", '$(id)', '`id`', '${HOME}', '~', '*', '!!', '\\', "a'b'c");
    for (const shell of shells) {
      const command = `printf '%s\\0' ${texts.map(shellQuote).join(' ')}`;
      const { stdout, status } = spawnSync(shell, ['-c', command], { encoding: 'utf8' });
      expect(status).toBe(0);
      expect(stdout.split('\0').slice(0, -1)).toEqual(texts);
    }
  });
});

describe('shellPlacements', () => {
  it.each([
    ['node x.js ${{ item.path }}'],
    ['cd "$(git rev-parse --show-toplevel)" && node x ${{ item.path }}'],
    ['A="${HOME}/x" B=\'it"s\' x ${{ item.path }} > out/${{ item.name }}.txt'],
    ['x=$(cat ${{ item.path }} | wc -l); echo "$x"'],
    ["# the's comment\necho ${{ item.path }}"],
    ['echo a#b ${{ item.path }} "${x:-y}" ${#x} $# ${{ item.name }}'],
    ['echo \\" ${{ item.path }} \\\\${{ item.name }}'],
    ['a \\\n  ${{ item.path }}'],
  ])('allows %j', (text) => {
    expect(shellPlacements(template(text)).every((refused) => refused === undefined)).toBe(true);
  });

  it.each([
    ['echo "${{ item.path }}"', 'double quotes'],
    ["echo '${{ item.path }}'", 'single quotes'],
    ['node -e \'require("./${{ item.path }}")\'', 'single quotes'],
    ['echo "$(cat "${{ item.path }}")"', 'or after a nested'],
    ['echo `cat ${{ item.path }}`', 'or after backquotes'],
    ['true # ${{ item.path }}', 'a comment'],
    ['cat <<EOF\n${{ item.path }}\nEOF', 'or after a here-document'],
    ['echo $((${{ item.x }} + 1))', 'or after an arithmetic'],
    ['echo $[${{ item.x }}]', 'or after an arithmetic'],
    ['(( ${{ item.x }} ))', 'or after an arithmetic'],
    ["echo $'a\\'b' ${{ item.x }}", "or after $'"],
    ['echo ${x:-${{ item.x }}}', 'or after a nested'],
    ['echo \\${{ item.x }}', 'the reach of a backslash'],
  ])('refuses %j', (text, place) => {
    expect(shellPlacements(template(text))[0]).toContain(place);
  });

  describe('with hostile values', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'fanfold-shell-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('lets no value run a command, wherever it is accepted', { timeout: 120_000 }, () => {
      const random = seededRandom(20);
      const hole = '${{ item.x }}';
      const pieces = [
        hole,
        hole,
        hole,
        'true ',
        ' ',
        '"',
        "'",
        '\\',
        '\n',
        '# ',
        ';',
        '$(',
        '(',
        ')',
        '`',
        '"$(',
        ')"',
        '${x:-',
        '}',
        '$((',
        '))',
        '<<E\n',
        'E\n',
        "$'",
        'case a in a) ',
        ' esac',
        '&& ',
        'x=',
        '$"',
        '[[ ',
        '|',
      ];
      const marker = join(folder, 'executed');
      const payload = `touch ${marker}`;
      const values = [
        `$(${payload})`,
        `\`${payload}\``,
        `'; ${payload}; '`,
        `"; ${payload}; "`,
        `\n${payload}\n`,
        `\nE\n${payload}\n`,
        `) ${payload} (`,
        `a[$(${payload})]`,
        `\\'; ${payload} #`,
      ];
      let accepted = 0;
      for (let round = 0; round < 6000 && accepted < 250; round += 1) {
        const text = Array.from({ length: 2 + random.below(9) }, () => random.pick(pieces)).join('');
        const parts = template(text);
        if (!text.includes(hole) || shellPlacements(parts).some((refused) => refused !== undefined)) continue;
        if (parts.length < 3) continue;
        accepted += 1;
        const value = random.pick(values);
        const command = parts.map((part) => (typeof part === 'string' ? part : shellQuote(value))).join('');
        for (const shell of shells) {
          spawnSync(shell, ['-c', command], { cwd: folder, timeout: 5000, stdio: 'ignore' });
          expect({ text, value, executed: existsSync(marker) }).toEqual({ text, value, executed: false });
        }
      }
      expect(accepted).toBe(250);
    });
  });
});
