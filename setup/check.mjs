// npm run check: types, style, generated files. Changes nothing.
import { join } from 'node:path';
import { buildTypeScript, ensureNpm, root, run, say } from './steps.mjs';

ensureNpm();
buildTypeScript();
run(join(root, 'node_modules', '.bin', 'biome'), ['check', 'src', 'test', 'examples', 'setup']);
run(
  process.execPath,
  [
    '--test',
    ...['fields/generate', 'config/print', 'service/units'].map((name) =>
      join(root, 'dist', 'test', 'unit', `${name}.test.js`),
    ),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
say('check: clean');
