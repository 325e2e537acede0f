// npm run check: types, style, generated files. Changes nothing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildTypeScript, ensureNpm, root, run, say } from './steps.mjs';

ensureNpm();
buildTypeScript();
run(join(root, 'node_modules', '.bin', 'biome'), ['check', 'src', 'test', 'setup']);
const drift = spawnSync(process.execPath, [join(root, 'dist', 'src', 'fields', 'generate.js'), '--check'], { stdio: 'inherit' });
if (drift.status !== 0) {
  say('generated files differ from the catalogue: npm run generate');
  process.exit(1);
}
say('check: clean');
