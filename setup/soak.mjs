// npm run soak [-- --hours 6 --compress 60 --seed 1 --flows 120000 --only tcp,kafka --supervised]: compressed hours of traffic and
// faults in a network and mount namespace of its own (root). Ends by itself; what it found is in build/soak.md.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, buildTypeScript, ensureNpm, ensurePackages, packages, root, say } from './steps.mjs';

ensurePackages(packages.build, { required: true });
ensurePackages([...packages.optional, ...packages.bpf, ...packages.test], { required: false });
ensureNpm();
buildNative('native', ['all'], ['-DWEIR_TESTS=ON', '-DWEIR_BENCH=ON']);
buildTypeScript();
const report = join(root, 'build', 'soak.md');
mkdirSync(join(root, 'build'), { recursive: true });
const program = [process.execPath, join(root, 'dist', 'test', 'soak', 'main.js')];
const done = spawnSync('unshare', ['-n', '-m', ...program, '--report', report, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (done.error) say(`unshare: ${done.error.message}`);
process.exit(done.status ?? 1);
