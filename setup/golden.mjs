// npm run golden: builds and writes the expected files of test/golden anew. Read their diff before committing it.
import { join } from 'node:path';
import { buildProbe, root, run, say } from './steps.mjs';

buildProbe();
const tests = ['golden.test.js', 'inside.test.js'].map((name) => join(root, 'dist', 'test', 'golden', name));
run(process.execPath, ['--test', ...tests], {
  env: { ...process.env, WEIR_GOLDEN: 'write' },
});
say('golden: written to test/golden');
