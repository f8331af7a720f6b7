import type { Files } from './scan-with-cli.ts';

export interface ParityCase {
  name: string;
  rules: string;
  files: Files;
  /** Files that stay as they are; all others must change, so that no case passes by doing nothing. */
  unchanged?: string[];
}

const rule = (fields: string, language = 'JavaScript', id = 'test') => `id: ${id}\nlanguage: ${language}\n${fields}\n`;

export const parityCases: ParityCase[] = [
  {
    name: 'a pattern with a single meta variable, nested matches skipped',
    rules: rule('rule: { pattern: "Some($A)" }\nfix: $A'),
    files: {
      'a.js': 'x = Some(Some(1)) + Some(2);\n',
      'b/c.mjs': 'Some(a,)',
      'd.cjs': 'f(Some(x))\n',
      'e.jsx': '<a b={Some(1)} />',
    },
  },
  {
    name: '$$$ARGS with separators and comments between',
    rules: rule('rule: { pattern: "foo($$$ARGS)" }\nfix: bar($$$ARGS, [$$$ARGS])'),
    files: {
      'a.js': 'foo(1,  2 /* two */, three);\nfoo();\nfoo(x)\nfoo(1,\n    2,\n    3)\n  foo(\n    a,\n    b,\n  )\n',
    },
  },
  {
    name: '$$$ between statements',
    rules: rule('rule: { pattern: "if (a) { $$$BODY }" }\nfix: |-\n  while (b) {\n    $$$BODY\n  }'),
    files: {
      'a.js':
        'if (a) {\n  one();\n\n  two();\n}\n\n  if (a) {\n      deep(\n        x,\n      );\n      more();\n  }\nif (a) {}\n',
    },
  },
  {
    name: 'multi-line meta variables are re-indented',
    rules: rule('rule: { pattern: "a($B)" }\nfix: |-\n  c(\n    $B\n  )'),
    files: {
      'a.js': 'if (true) {\n  a(\n    1\n      + 2\n      + 3\n  )\n}\n',
      'b.js': '        a(function () {\n          return `\n  raw`;\n\n        })\n',
      'c.js': '\tif (x) {\n\t\ta({\n\t\t\tb: 1,\n\t\t});\n\t}\n',
      'd.js': `${'x'.repeat(600)}; a([\n  1,\n]); if (1) { ${'y + '.repeat(200)} a([\n    2]) }\n`,
      'e.js': `  /* ${'é'.repeat(300)} */ a([\n  1,\n])\n`,
      'f.js': `  /* ${'é'.repeat(240)} */ a([\n    1,\n  ])\n`,
    },
  },
  {
    name: 'code before the match on its line, templates with deeper indentation',
    rules: rule('rule: { pattern: "const $N = () => $B" }\nfix: |\n  function $N() {\n        return $B;\n  }'),
    files: { 'a.js': 'export const f = () => ({\n  a,\n  b: {\n    c },\n})\n  const g = () => [\n    1,\n  ];\n' },
  },
  {
    name: 'odd dollars in the fix',
    rules: rule('rule: { pattern: "f($A, $$$REST)" }\nfix: "$ $a $$a $$A $$$$A $$$REST$A$ ${$A} US$.$$"'),
    files: { 'a.js': 'f(1, 2, 3)\n' },
  },
  {
    name: 'transformations',
    rules: rule(`rule: { pattern: 'foo($A, $B, $$$C)' }
transform:
  UP: { convert: { source: $A, toCase: upperCase } }
  SNAKE: { convert: { source: $A, toCase: snakeCase, separatedBy: [caseChange] } }
  CUT: { substring: { source: $B, startChar: 1, endChar: -1 } }
  SHORT: replace($B, replace='[aeiou]+', by='_')
  TWICE: { replace: { source: $UP, replace: O, by: "00" } }
  ALL: { replace: { source: $$$C, replace: ", ", by: "; " } }
fix: bar($UP, $SNAKE, $CUT, $SHORT, $TWICE, "$ALL")`),
    files: {
      'a.js': 'foo(fooBarBaz, "héllo wörld 🎉", c, d, e)\nif (x) {\n  foo(oOo, [\n    1,\n  ], {\n    y,\n  }, 2)\n}\n',
    },
  },
  {
    name: 'a transformed variable in an indented template line',
    rules: rule(`rule: { pattern: 'wrap($A)' }
transform: { T: { replace: { source: $A, replace: a, by: b } } }
fix: |-
  out(
      $T
  )`),
    files: { 'a.js': '  if (1) {\n    wrap({\n      a: 1,\n        aa: [\n      2],\n    });\n  }\n' },
  },
  {
    name: 'expandEnd takes the comma, expandStart the one before',
    rules: `${rule("rule: { kind: pair, has: { field: key, regex: '^gone$' } }\nfix: { template: '', expandEnd: { regex: ',' } }", 'JavaScript', 'a')}---\n${rule("rule: { kind: pair, has: { field: key, regex: '^last$' } }\nfix: { template: '', expandStart: { regex: ',' } }", 'JavaScript', 'b')}`,
    files: {
      'a.js':
        'x = { gone: 1, b: 2, gone: 3 }\ny = { a, last: 1 }\nz = { gone: 1 };\nw = { gone: 1 /* c */ , b, last: 2 }\n',
    },
  },
  {
    name: 'expansions with stopBy, kinds and meta variables of the match',
    rules: rule(`rule: { kind: identifier, pattern: $A, inside: { kind: array } }
fix:
  template: "<$A>"
  expandStart: { kind: number, stopBy: end }
  expandEnd: { pattern: $A, stopBy: { kind: string } }`),
    files: { 'a.js': 'x = [1, 2, a, 3, a, "s", a, b];\ny = [b]\nz = [a, "s", a]\n' },
  },
  {
    name: 'a list of fixes applies the first',
    rules: rule(
      'rule: { pattern: "$A == $B" }\nfix:\n  - { title: strict, template: $A === $B }\n  - { title: is, template: "Object.is($A, $B)" }',
    ),
    files: { 'a.js': 'a == b == c; x != y\n' },
  },
  {
    name: 'an empty fix deletes',
    rules: rule('rule: { pattern: "debugger" }\nfix: ""'),
    files: { 'a.js': 'a();\ndebugger;\nb();\n' },
  },
  {
    name: 'several rules at one node and overlapping ones: by id, parents first',
    rules: [
      rule('rule: { pattern: "f($$$A)" }\nfix: zz($$$A)', 'JavaScript', 'zz'),
      rule('rule: { pattern: "f($A)" }\nfix: aa($A)', 'JavaScript', 'aa'),
      rule('rule: { kind: number }\nfix: N', 'JavaScript', 'mm'),
      rule('rule: { kind: expression_statement, regex: "^g" }\nfix: G', 'JavaScript', 'b'),
      rule('rule: { pattern: "g($A)" }\nfix: g2', 'JavaScript', 'a'),
      rule('rule: { kind: identifier, regex: "^h$" }\nfix: H', 'JavaScript', 'c'),
    ].join('---\n'),
    files: { 'a.js': 'f(1); f(1, 2); x = f(f(3)); g(1)\ng(h);\nh;\nx = [1, 2, f(h)]\n' },
  },
  {
    name: 'severity off, constraints, utils, files and ignores',
    rules: [
      rule('severity: off\nrule: { pattern: a }\nfix: OFF', 'JavaScript', 'off'),
      rule(
        'rule: { pattern: "f($A)" }\nconstraints: { A: { any: [{ kind: number }, { regex: "^x" }] } }\nfix: g($A)',
        'JavaScript',
        'c',
      ),
      rule(
        'utils: { lit: { any: [{ kind: string }, { kind: number }] } }\nrule: { pattern: "[$A]", has: { matches: lit } }\nfix: ($A)',
        'JavaScript',
        'u',
      ),
      rule(
        "files: ['src/*.js', { glob: '**/UP.JS', caseInsensitive: true }]\nrule: { pattern: a }\nfix: IN",
        'JavaScript',
        'files',
      ),
      rule("ignores: ['src/**', 'lib/{x,y}.js']\nrule: { pattern: b }\nfix: OUT", 'JavaScript', 'ignores'),
    ].join('---\n'),
    files: {
      'src/one.js': 'a; b; f(1); f(x1); f(y); [1]; [y]',
      'src/deep/two.js': 'a; b',
      'lib/x.js': 'a; b; f(2)',
      'lib/z.js': 'a; b',
      'up.js': 'a; b',
      'src.js': 'a; b;',
    },
  },
  {
    name: 'suppression comments',
    rules: `${rule('rule: { pattern: "f($A)" }\nfix: g($A)', 'JavaScript', 'one')}---\n${rule('rule: { pattern: "h($A)" }\nfix: i($A)', 'JavaScript', 'two')}`,
    files: {
      'next.js':
        'a();\n// ast-grep-ignore\nf(1);\nf(2);\n// ast-grep-ignore: one\nf(3); h(3);\n// ast-grep-ignore: two, one\nf(4); h(4)\n// ast-grep-ignore: other\nf(5)\n',
      'same.js': 'f(1); // ast-grep-ignore\nf(2);\nf(3); h(3) // ast-grep-ignore: two\nf(4)\n',
      'multi.js': 'f(\n  1\n); // ast-grep-ignore\nf(2)\n',
      'block.js':
        'x;\n/* ast-grep-ignore: one */\nf(1); h(1);\n/* ast-grep-ignore */ f(2);\nf(3);\n/*\n * ast-grep-ignore\n */\nf(4);\nf(5)\n',
      'file-one.js': '// ast-grep-ignore: one\n\nf(1); h(1);\nf(2)\n',
      'first-line.js': '// ast-grep-ignore\nf(1);\nf(2);\n',
      'text.js': 'x = "ast-grep-ignore";\nf(1)\n// see ast-grep-ignore here: one\nf(2)\n',
      'file-all.js': '// ast-grep-ignore\n\nf(1); h(1);\nf(2)\n',
      'only.js': '// ast-grep-ignore: one\n\n\nf(1)\n',
      'forms.js': [
        '// - ast-grep-ignore',
        '//! @ast-grep-ignore: one',
        '// éast-grep-ignore',
        '// ast-grep-ignore two: one',
        '// ast-grep-ignore : two: one',
        '// ast-grep-ignore: two , one',
        '// ast-grep-ignore: one because',
        '// ast-grep-ignore: one.',
        '// ast-grep-ignore: two one',
        '// ast-grep-ignore: one\tx',
        '// ast-grep-ignored',
        '/* ast-grep-ignore: one*/',
        '/* ast-grep-ignore: one */',
        '/** ast-grep-ignore */',
        '// ast-grep-ignore:',
        '// ast-grep-ignore: One',
        '// ²ast-grep-ignore',
        '// see ast-grep-ignore',
      ]
        .flatMap((comment, index) => [comment, `f(${index});`, `f('next'); ${comment}`, `f('${index}');`])
        .join('\n'),
      'neighbours.js': '/* x */ // ast-grep-ignore\n\n\nf(2)\n/* y\n */ // ast-grep-ignore\nf(3)\n',
      'second-line.js': '// ast-grep-ignore: one\n/* c\n*/\nf(2)',
      'bom.js': '\uFEFF// ast-grep-ignore: one\n\nf(2); h(2)',
    },
    unchanged: ['file-all.js', 'only.js'],
  },
  {
    name: 'bytes: BOM, CRLF, emoji, CJK, NUL, no last line end',
    rules: rule('rule: { pattern: "f($A)" }\nfix: |-\n  g(\n    $A,\n  )'),
    files: {
      'bom.js': '\uFEFFf(1)\n',
      'bom-line.js': '\uFEFFx;\n  f({\n    a,\n  })\n',
      'crlf.js': 'a;\r\n  f({\r\n    b,\r\n  });\r\nf(2);\r\n',
      'cr.js': 'a;\rf(1)\r',
      'emoji.js': '"🎉🎉"; f("🙂"); /* 漢字 */ f(漢字); f(𝒳)\n',
      'nul.js': 'x = "\0"; f(1)',
      'separator.js': 'x = "\u2028"; f(1)\u2028f(2)\n',
      'tab.js': '\tf({\n\t\ta,\n\t})',
    },
  },
  {
    name: 'empty, blank and unreadable files',
    rules: rule('rule: { pattern: "f($A)" }\nfix: g($A)'),
    files: {
      'empty.js': '',
      'blank.js': '\n\n',
      'latin1.js': Buffer.from('f("caf\xe9")', 'latin1'),
      'utf16.js': Buffer.from('f(1)', 'utf16le'),
      'surrogate.js': Buffer.from([0x66, 0x28, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x29]),
      'other.txt': 'f(1)',
      '.js': 'f(1)',
      'a.JS': 'f(1)',
      'a.js.bak': 'f(1)',
      'ok.js': 'f(1)',
    },
    unchanged: [
      'empty.js',
      'blank.js',
      'latin1.js',
      'utf16.js',
      'surrogate.js',
      'other.txt',
      '.js',
      'a.JS',
      'a.js.bak',
    ],
  },
  {
    name: 'syntax errors',
    rules: `${rule('rule: { pattern: "f($A)" }\nfix: g($A)')}---\n${rule('rule: { kind: identifier, regex: "^q$" }\nfix: Q', 'JavaScript', 'q')}`,
    files: {
      'a.js': 'f(1) }}} f(2); function ( { q f(3)\n',
      'b.js': 'class { f(q); \n var = f(4',
      'c.js': '<<<<<<< HEAD\nf(1)\n=======\nf(2)\n>>>>>>> other\n',
    },
  },
  {
    name: 'TypeScript, TSX and CSS have their own files',
    rules: [
      rule('rule: { kind: predefined_type, regex: any }\nfix: unknown', 'TypeScript', 'ts'),
      rule('rule: { kind: predefined_type, regex: any }\nfix: never', 'Tsx', 'tsx'),
      rule('rule: { kind: color_value, regex: "#fff" }\nfix: white', 'css', 'css'),
      rule('rule: { pattern: "var $A = $B" }\nfix: let $A = $B', 'js', 'js'),
    ].join('---\n'),
    files: {
      'a.ts': 'let a: any = <any>b; var c = 1\n',
      'a.mts': 'type A = any',
      'a.cts': 'type A = any',
      'a.d.ts': 'declare const a: any;',
      'a.tsx': 'let a: any = <B<any> />;\n',
      'a.css': 'a { color: #fff }\n',
      'a.scss': 'a { color: #fff }\n',
      'a.js': 'var a = 1;\nvar b = 2, c\n',
    },
  },
  {
    name: 'HTML elements, and scripts inside',
    rules: `${rule('rule: { kind: attribute_value, regex: "^old$" }\nfix: new', 'html', 'html')}---\n${rule('rule: { pattern: "f($A)" }\nfix: |-\n  g(\n    $A\n  )', 'js', 'script')}---\n${rule('rule: { pattern: "f($A as $B)" }\nfix: h($A)', 'ts', 'ts')}`,
    files: {
      'a.html': '<html><body class="old">\n  <p id=old>é</p></body></html>\n',
      'script.html': '<p>🎉 f(0)</p>\n  <script>\n    f({\n      a,\n    })\n  </script>\n',
      'inline.htm': '<p>漢字</p><script type="module">f([\n  1,\n])</script>\n',
      'ts.xhtml': '<p>x</p><script lang="ts">f(a as b)</script>',
      'ignored.html': '<b class="old"></b><script lang="coffee">f(1)</script>',
      'suppressed.html': '<script>\n  // ast-grep-ignore\n  f(1)\n  f(2)\n</script>',
    },
  },
  {
    name: 'a style element',
    rules: rule('rule: { kind: plain_value, regex: "^red$" }\nfix: blue', 'css'),
    files: { 'a.html': '<style>\n  a { color: red }\n</style>\n', 'b.css': 'a { color: red }' },
  },
  {
    name: 'pattern objects, strictness, nthChild, range and relations',
    rules: [
      rule(
        'rule: { pattern: { context: "class A { $F = $V }", selector: field_definition } }\nfix: static $F = $V',
        'JavaScript',
        'field',
      ),
      rule('rule: { pattern: { context: "foo()", strictness: relaxed } }\nfix: relaxed()', 'JavaScript', 'relaxed'),
      rule(
        'rule: { kind: number, nthChild: { position: 2n+1, reverse: true }, inside: { kind: array } }\nfix: N',
        'JavaScript',
        'nth',
      ),
      rule(
        'rule: { kind: identifier, range: { start: { line: 0, column: 0 }, end: { line: 0, column: 3 } } }\nfix: first',
        'JavaScript',
        'range',
      ),
      rule(
        'rule: { pattern: await $P, inside: { any: [{ kind: for_statement }, { kind: while_statement }], stopBy: end }, not: { has: { kind: string, stopBy: end } } }\nfix: slow($P)',
        'JavaScript',
        'await',
      ),
      rule(
        'rule: { kind: string, follows: { kind: number, stopBy: end }, precedes: { regex: "[)]" } }\nfix: S',
        'JavaScript',
        'between',
      ),
      rule('rule: { kind: "array > null, undefined" }\nfix: nothing', 'JavaScript', 'selector'),
    ].join('---\n'),
    files: {
      'a.js':
        'abc; class B { x = 1; y = [1, 2, 3] }\nfoo(/* c */)\nwhile (1) { await a; await b("s") }\nf(1, 2, "a")\nf("b")\nx = [null, undefined, 4]\n',
    },
  },
  {
    name: 'a keyword alone',
    rules: rule('rule: { pattern: var, inside: { kind: variable_declaration } }\nfix: let'),
    files: { 'a.js': 'var a = 1, b; for (var i in {}) { var c = "var" }\n' },
  },
  {
    name: 'rules without an id, labels, metadata, notes and aliases',
    rules: `language: JavaScript
message: Call g with $A
note: why
url: https://example.com
metadata: { a: [1, { b: c }] }
labels: { A: { style: primary, message: this } }
utils: { n: &n { kind: number } }
rule: { pattern: f($A), has: { kind: arguments, has: *n } }
fix: g($A)
---
language: js
rule: { pattern: h }
fix: H`,
    files: { 'a.js': 'f(1); f(x); h\n' },
  },
];
