// The program behind `npm run generate` for options: writes the generated files that differ. A test fails on drift.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTemplates } from '../fields/template.js';
import { generatedFiles } from './reference.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)); // dist/src/config -> the package
const readme = join(root, 'README.md');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const templates = [...loadTemplates(join(root, 'templates')).values()];
const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
for (const { path, content } of generatedFiles(text, { version, templates })) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  process.stderr.write(`generate: wrote ${path}\n`);
}
