/** `npm run docs`: writes the tables of the README that are made from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withTables } from './docs/readme-tables.js';

const README = 'README.md';

const before = readFileSync(README, 'utf8');
const after = withTables(before);
if (after !== before) writeFileSync(README, after);
console.log(after === before ? `${README} is up to date.` : `${README} is written.`);
