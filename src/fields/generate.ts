// The program behind `npm run generate`: writes the generated files that differ. A test fails on drift. Needs no addon.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './render.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)); // dist/src/fields -> the package
const written = generatedFiles().filter(({ path, content }) => {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return false;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return true;
});
const summary = written.length === 0 ? 'nothing changed' : `wrote ${written.map(({ path }) => path).join(', ')}`;
process.stderr.write(`generate: ${summary}\n`);
