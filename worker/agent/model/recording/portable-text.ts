/**
 * Text of a conversation without what differs from machine to machine and from run to run: paths of the workspace, the
 * run and the repository become names, values of secrets are taken out. Called on all that is recorded or compared.
 * Promise: `localise` gives what `portable` took, but for secrets, which are gone.
 */
import type { ModelUse } from './model-use.ts';

type Secrets = readonly { name: string; value: string }[];

export interface PortableText {
  /** For replies: as they are acted on. */
  portable(text: string): string;
  /** For requests: also without what only looks like a secret. */
  comparable(text: string): string;
  localise(text: string): string;
}

/** A line of a secret that has several is one too, since files are shown line by line. */
const shortestLine = 16;

/** Formats of well-known tokens, private keys, and headers that carry credentials. */
const tokens =
  /\b(?:sk-ant-[\w-]{16,}|gh[opsur]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{18,}|xox[abprs]-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|npm_\w{36}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)/g;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const header =
  /\b((?:proxy-)?authorization|x-api-key)(["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token)\s+)?)[\w+/=.~-]{16,}/gi;

export function createPortableText(use: ModelUse | undefined, secrets: Secrets): PortableText {
  const values = valuesOf(secrets);
  const places = placesOf(use);
  const portable = (text: string): string => {
    let result = text;
    for (const { value, by } of values) if (result.includes(value)) result = result.replaceAll(value, () => by);
    for (const { start, pattern, name } of places)
      if (result.includes(start)) result = result.replace(pattern, () => name);
    return result;
  };
  return {
    portable,
    comparable: (text) =>
      portable(text)
        .replace(privateKey, '{{fanfold:secret}}')
        .replace(tokens, '{{fanfold:secret}}')
        .replace(header, '$1$2{{fanfold:secret}}'),
    localise(text) {
      if (!text.includes('{{fanfold:')) return text;
      return places.reduce((result, { path, name }) => result.replaceAll(name, () => path), text);
    },
  };
}

function valuesOf(secrets: Secrets): { value: string; by: string }[] {
  const values = secrets.flatMap(({ name, value }) => {
    const lines = value.includes('\n') ? value.split('\n').filter((line) => line.trim().length >= shortestLine) : [];
    return [value, ...lines.map((line) => line.trim())].map((part) => ({ value: part, by: `[value of ${name}]` }));
  });
  // Where one begins with another, the longer one is looked for first.
  return values.sort((left, right) => right.value.length - left.value.length);
}

interface Place {
  path: string;
  /** What all that the pattern finds begins with: to look for it is cheaper. */
  start: string;
  pattern: RegExp;
  name: string;
}

function placesOf(use: ModelUse | undefined): Place[] {
  if (use === undefined) return [];
  const named = [
    { path: use.root, name: '{{fanfold:workspace}}' },
    { path: use.runFolder, name: '{{fanfold:run-folder}}' },
    { path: use.repository, name: '{{fanfold:repository}}' },
    { path: use.run, name: '{{fanfold:run}}' },
  ];
  const places = named.filter(
    ({ path }, index) => path.length > 1 && named.findIndex((other) => other.path === path) === index,
  );
  // The one inside another comes first.
  places.sort((left, right) => right.path.length - left.path.length);
  return places.map((place) => ({ ...place, start: startOf(place.path), pattern: wholePath(place.path) }));
}

const workspaces = '/.fanfold/workspaces/';

function startOf(path: string): string {
  const end = path.indexOf(workspaces);
  return end < 0 ? path : path.slice(0, end + workspaces.length);
}

/**
 * `/app` is found in `/app/x.js` and `file:///app`, not in `src/app` or `/apple`. A conversation that was gone on with
 * may name the workspace of an earlier worker: one is found as well as another.
 */
function wholePath(path: string): RegExp {
  const start = startOf(path);
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const rest = start === path ? '' : path.slice(start.length).replace(/^[^/]+/, '');
  const pattern = literal(start) + (start === path ? '' : `[\\w-]+${literal(rest)}`);
  return new RegExp(`(?<=^|file://|[^\\w./~-])${pattern}(?![\\w-]|\\.\\w)`, 'g');
}
