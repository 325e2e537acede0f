// npm run golden: builds and writes the expected files of test/golden anew. Read their diff before committing it.
import { join } from 'node:path';
import { buildProbe, root, run, say } from './steps.mjs';

buildProbe();
run(process.execPath, ['--test', join(root, 'dist', 'test', 'golden', 'golden.test.js')], {
  env: { ...process.env, WEIR_GOLDEN: 'write' },
});
say('golden: written to test/golden');
