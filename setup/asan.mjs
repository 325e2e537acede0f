// npm run asan: the native tests under AddressSanitizer and UndefinedBehaviorSanitizer.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, ensurePackages, packages, root, run, say } from './steps.mjs';

ensurePackages([...packages.build, 'doctest-dev'], { required: true });
ensurePackages(packages.bpf, { required: false });
const folder = buildNative('asan', ['all'], ['-DWEIR_ASAN=ON', '-DWEIR_TESTS=ON', '-DCMAKE_BUILD_TYPE=RelWithDebInfo']);
for (const program of readdirSync(folder)
  .filter((name) => /^test_\w+$/.test(name))
  .sort()) {
  run(join(folder, program), ['--no-intro', '--no-version'], { cwd: root });
}
say('asan: clean');
