// The program behind `npm run generate`: writes the generated files that differ. A test fails on drift. Needs no addon.
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './render.js';
import { writeGenerated } from './write_generated.js';

writeGenerated(fileURLToPath(new URL('../../..', import.meta.url)), generatedFiles()); // dist/src/fields -> the package
