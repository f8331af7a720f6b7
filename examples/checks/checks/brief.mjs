// The share of lines that fit into 80 columns.
import { readdirSync, readFileSync } from 'node:fs';

const lines = readdirSync('src').flatMap((name) => readFileSync(`src/${name}`, 'utf8').split('\n'));
const long = lines.filter((line) => line.length > 80);
console.log(`${long.length} of ${lines.length} lines are longer than 80 columns`);
console.log(`score: ${(1 - long.length / lines.length).toFixed(3)}`);
