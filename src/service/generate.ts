// The program behind `npm run generate` for the systemd units: they follow the table of capabilities. A test fails on drift.
import { fileURLToPath } from 'node:url';
import { writeGenerated } from '../fields/write_generated.js';
import { unitFiles } from './units.js';

writeGenerated(fileURLToPath(new URL('../../..', import.meta.url)), unitFiles()); // dist/src/service -> the package
