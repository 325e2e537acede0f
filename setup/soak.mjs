// npm run soak [-- --hours 6 --compress 60 --seed 1 --flows 120000 --only tcp,kafka --supervised]: compressed hours of traffic and
// faults in a network and mount namespace of its own (root), then two under --supervise with a child that crashes; with
// --supervised those alone. Ends by itself; what it found is in build/soak.md and build/soak-supervised.md.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, buildTypeScript, ensureNpm, ensurePackages, packages, root, say } from './steps.mjs';

const supervisedHours = 2;
ensurePackages(packages.build, { required: true });
ensurePackages([...packages.optional, ...packages.bpf, ...packages.test], { required: false });
ensureNpm();
buildNative('native', ['all'], ['-DWEIR_TESTS=ON', '-DWEIR_BENCH=ON']);
buildTypeScript();
mkdirSync(join(root, 'build'), { recursive: true });
const args = process.argv.slice(2);
const hours = Number(args[args.indexOf('--hours') + 1]) || 6;

/** Exit status of one soak. */
function soak(report, more) {
  const program = [process.execPath, join(root, 'dist', 'test', 'soak', 'main.js')];
  const place = ['unshare', '-n', '-m'];
  const given = ['--report', join(root, 'build', report), ...args, ...more];
  const done = spawnSync(place[0], [...place.slice(1), ...program, ...given], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (done.error) say(`unshare: ${done.error.message}`);
  return done.status ?? 1;
}

const supervised = () =>
  soak('soak-supervised.md', ['--supervised', '--hours', String(Math.min(hours, supervisedHours))]);
if (args.includes('--supervised')) process.exit(soak('soak-supervised.md', []));
const status = soak('soak.md', []);
process.exit(supervised() || status);
