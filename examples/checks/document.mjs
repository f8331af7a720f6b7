// In the place of an agent: writes the comments that it knows above the functions they belong to.
import { readFileSync, writeFileSync } from 'node:fs';

const comments = {
  rectangleArea: 'The area of a rectangle, in the square of the unit of its sides.',
  circleArea: 'The area of a circle, in the square of the unit of its radius.',
  withTax: 'A net price with its tax; a rate of 0.19 is 19 %.',
};

const path = process.argv[2];
const text = readFileSync(path, 'utf8');
const documented = text.replace(/(?<!\*\/\n)^export function (\w+)/gm, (line, name) =>
  comments[name] === undefined ? line : `/** ${comments[name]} */\n${line}`,
);
writeFileSync(path, documented);
