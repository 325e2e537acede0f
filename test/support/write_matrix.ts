// `npm run generate`, last part: the collector matrix in README.md, from the table that drives the tests.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';
import { matrixMarkdown } from './collector_matrix.js';

const file = join(packageRoot(), 'README.md');
const readme = readFileSync(file, 'utf8');
const filled = readme.replace(
  /(<!-- collector-matrix -->\n)[\s\S]*?(<!-- \/collector-matrix -->)/,
  (_, begin: string, end: string) => `${begin}\n${matrixMarkdown()}\n${end}`,
);
if (filled !== readme) writeFileSync(file, filled);
