import { describe, expect, it } from 'vitest';
import { readShellCommand } from '../../../../worker/permissions/shell-command.ts';

describe('readShellCommand', () => {
  it.each([
    ['npm test', ['npm test']],
    ['  npm   test  ', ['npm test']],
    ['a && b || c; d | e & f', ['a', 'b', 'c', 'd', 'e', 'f']],
    ['a\nb', ['a', 'b']],
    ['a |& b', ['a', 'b']],
    ["echo 'a && b'", ["echo 'a && b'"]],
    ['echo "a; b"', ['echo "a; b"']],
    ['npm test 2>&1', ['npm test']],
    ['npm test > /dev/null 2>&1', ['npm test']],
    ['npm test >/dev/null', ['npm test']],
    ['cat < /dev/null', ['cat']],
    ['ls *.js src/[ab]?.ts', ['ls *.js src/[ab]?.ts']],
    ['echo a\\;b', ['echo a\\;b']],
  ])('splits %j', (line, expected) => {
    const reading = readShellCommand(line);
    expect(reading.ok && reading.commands.map(({ text }) => text)).toEqual(expected);
  });

  it('takes quotes and escapes off words', () => {
    const reading = readShellCommand(`r\\m "-r"'f' "a \\"b\\""`);
    expect(reading.ok && reading.commands[0]?.words).toEqual(['rm', '-rf', 'a "b"']);
  });

  it.each([
    'echo $(rm -rf .)',
    'echo `rm -rf .`',
    'echo "$(rm)"',
    'echo "`rm`"',
    'echo $HOME',
    'echo "$HOME"',
    'echo ${IFS}',
    '(rm a)',
    'f() { rm a; }',
    '{ rm a; }',
    'npm test > out.txt',
    'npm test >> out.txt',
    'npm test >/dev/null/../x',
    'npm test>out',
    'npm test <(ls)',
    'cat << EOF\nx\nEOF',
    'cat < secret',
    'if true; then rm a; fi',
    'for x in a; do rm $x; done',
    'while :; do :; done',
    '! npm test',
    'time npm test',
    'eval rm a',
    'source x.sh',
    '. ./x.sh',
    'PATH=. npm test',
    'X+=1 npm test',
    '*/npm test',
    '{rm,-rf,.}',
    'npm test # comment',
    "echo 'unclosed",
    'echo "unclosed',
    'npm test \\\n && rm a',
    'npm test\\',
    'echo a\r\nrm b',
    'echo é',
    '',
    '   ',
    ';',
  ])('does not claim to understand %j', (line) => {
    expect(readShellCommand(line).ok).toBe(false);
  });
});
