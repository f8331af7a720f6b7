/**
 * Takes the place of the package in the bundle. Importing that builds segmenters and tables of emoji, 25 ms; yargs
 * measures plain words only, unless somebody asks for help in a language that needs more.
 */
const plain = /^[\x20-\x7e]*$/;
let whole;

export default function stringWidth(text, options) {
  if (plain.test(text)) return text.length;
  whole ??= require('string-width').default;
  return whole(text, options);
}
