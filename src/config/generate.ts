// The program behind `npm run generate` for options: writes the generated files that differ. A test fails on drift.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTemplates } from '../fields/template.js';
import { writeGenerated } from '../fields/write_generated.js';
import { generatedFiles } from './reference.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)); // dist/src/config -> the package
const readme = join(root, 'README.md');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const templates = [...loadTemplates(join(root, 'templates')).values()];
const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
writeGenerated(root, generatedFiles(text, { version, templates }));
