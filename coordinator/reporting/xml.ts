/** Everything that XML 1.0 does not allow in a document, escaped or not. */
const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for the content of an element. */
export function xmlText(text: string): string {
  return text.replace(illegal, '').replace(/[&<>]/g, (character) => entities[character] ?? '');
}

/** Attributes of a start tag, each with a space before it; undefined ones are left out. */
export function xmlAttributes(attributes: Record<string, string | number | undefined>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${xmlAttribute(String(value))}"`))
    .join('');
}

/** White space other than a blank is written as a reference, since parsers turn it into blanks otherwise. */
function xmlAttribute(text: string): string {
  return text
    .replace(illegal, '')
    .replace(/[&<>"]/g, (character) => entities[character] ?? '')
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
