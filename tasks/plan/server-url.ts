/** The URL of a server that models are asked at, as it is written: in task files, settings, on the command line, in code. */
import { z } from 'zod';

const allowed = 'a URL that begins with http:// or https://';
const allowedUser =
  'a URL without a name and a password: it is shown and written down (ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN and ANTHROPIC_CUSTOM_HEADERS are for what is secret)';

export const serverUrlSchema = z
  .url({ protocol: /^https?$/, error: allowed })
  .refine((url) => !namesUser(url), { error: allowedUser });

function namesUser(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** What is shown of a text that may be meant as such a URL. */
export function withoutUser(text: string): string {
  return text.replace(/^(\s*https?:)[/\\]*.*@/is, '$1//…@');
}
