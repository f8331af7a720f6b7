/**
 * The environment that commands of agents, subtasks and checks get: that of this process without anything that looks
 * like a secret, and without what would point git elsewhere. A name is dropped when it contains a word for a secret or
 * belongs to a cloud or model provider; a value is dropped when it is a dropped value under another name, looks like a
 * well-known token, or is a URL with a password. What a task file sets itself is passed as it is.
 */

type Environment = Readonly<Record<string, string | undefined>>;

const secretName = new RegExp(
  [
    'TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH(?!OR)|COOKIE|SESSION_KEY',
    '(?:^|_)(?:KEY|KEYS|PASS|PWD|PAT|PSK|DSN|CERT)$',
    '^(?:ANTHROPIC|CLAUDE|OPENAI|AWS|AZURE|ARM|GCP|GOOGLE|GCLOUD|CLOUDSDK|DOCKER_AUTH|VAULT|KUBECONFIG|GPG|SSH)(?:_|$)',
  ].join('|'),
  'i',
);
const secretValue =
  /^(?:sk-|rk_live_|sk_live_|gh[opsur]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|npm_|pypi-|eyJ[\w-]+\.eyJ|-----BEGIN)/;
const urlWithPassword = /:\/\/[^\s/@:]*:[^\s/@]+@/;
/** Names that would match and are no secrets; shells keep PWD themselves. */
const harmless = new Set(['PWD', 'OLDPWD']);
const shortestSecret = 8;

/** `extra` wins and is not filtered; undefined values are left out. */
export function commandEnvironment(
  source: Environment,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const secrets = new Set(secretsIn(source).map(({ value }) => value));
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || harmless.has(name) || /^GIT_/i.test(name)) continue;
    if (!isSecret(name, value) && !secrets.has(value)) result[name] = value;
  }
  // A command that asks for a password would wait for ever.
  result['GIT_TERMINAL_PROMPT'] = '0';
  return { ...result, ...extra };
}

/** The values of the environment that must not appear in files, with their names; short values would match by chance. */
export function secretsIn(source: Environment): { name: string; value: string }[] {
  const found: { name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || value.length < shortestSecret || harmless.has(name)) continue;
    if (isSecret(name, value)) found.push({ name, value });
  }
  return found;
}

function isSecret(name: string, value: string): boolean {
  return secretName.test(name) || secretValue.test(value) || urlWithPassword.test(value);
}
