// What npm runs when it has installed the package weir-probe: it builds the addon for this machine, in the package's folder.
// In a checkout it does nothing, since npm start and npm test build there. Debian packages are installed only as root, and
// only when WEIR_INSTALL_PACKAGES=1 asks for it; else it says which are missing.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { buildNative, candidate, ensurePackages, missingPackages, packages, root, say } from './steps.mjs';

const less = [...packages.optional, ...packages.bpf];

function aptCommand(names) {
  return `apt-get install -y --no-install-recommends ${names.map(candidate).join(' ')}`;
}

function checkPackages() {
  if (process.env.WEIR_INSTALL_PACKAGES === '1' && process.getuid?.() === 0) {
    ensurePackages([...packages.build], { required: true });
    ensurePackages(less, { required: false });
  }
  const missing = missingPackages(packages.build) ?? []; // where there is no dpkg, CMake says what it does not find
  const missed = missingPackages(less) ?? [];
  if (missing.length > 0) {
    say('the addon is built on this machine, and these Debian packages are missing for that:');
    say(`  sudo ${aptCommand(missing)}`);
    say(`With all that weir can use: sudo ${aptCommand([...missing, ...missed])}`);
    say('Then install weir-probe again. As root, WEIR_INSTALL_PACKAGES=1 npm install ... installs them too.');
    process.exit(1);
  }
  if (missed.length > 0) {
    say(`built without ${missed.map(candidate).join(' ')}: weir does with less, and \`weir doctor\` says what that is`);
  }
}

/** npm may have put them beside the package or into it. */
function headers() {
  const resolve = createRequire(join(root, 'package.json')).resolve;
  return {
    WEIR_NODE_ADDON_API: dirname(resolve('node-addon-api/package.json')),
    WEIR_NODE_API_HEADERS: join(dirname(resolve('node-api-headers/package.json')), 'include'),
  };
}

function build() {
  checkPackages();
  const settings = Object.entries(headers()).map(([name, path]) => `-D${name}=${path}`);
  const folder = buildNative('native', ['weir'], settings);
  for (const name of readdirSync(folder)) {
    if (name !== 'weir.node') rmSync(join(folder, name), { recursive: true });
  }
  const cli = join(root, 'dist', 'src', 'cli.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'version'], { encoding: 'utf8' });
  if (status === 0 && !stdout.includes('no addon')) return;
  say(`the addon was built, but does not load: ${stdout}${stderr}`);
  spawnSync(process.execPath, [cli, 'doctor'], { stdio: ['ignore', 2, 2] });
  process.exit(1);
}

if (basename(dirname(root)) === 'node_modules') build();
