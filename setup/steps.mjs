// The set-up that both README commands share: system packages, npm packages, native build, TypeScript build.
// Plain JavaScript without dependencies, since it runs before anything is installed. Each step is quick when done already.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Debian packages by what needs them; 'a | b' is the first of them that there is. */
export const packages = {
  build: ['g++', 'cmake', 'ninja-build', 'pkg-config', 'libpcap-dev', 'zlib1g-dev', 'libgcrypt20-dev'],
  /** weir builds and runs without them, with less: librdkafka-dev is the fast Kafka client, libndpi-dev names applications. */
  optional: ['librdkafka-dev', 'libndpi-dev'],
  /** Likewise: without them ends of flows are named by sock_diag and /proc alone. */
  bpf: ['clang', 'llvm', 'libbpf-dev', 'bpftool | linux-tools-generic'], // Debian | Ubuntu
  test: [
    'doctest-dev',
    'tshark',
    'nfdump',
    'pmacct',
    'libfixbuf-tools',
    'softflowd',
    'tcpreplay',
    'iproute2',
    'ethtool',
    'python3',
    'python3-prometheus-client',
    'clickhouse-tools',
    'tcpdump',
    'libcap2-bin',
    'default-jre-headless',
    'maven',
    'kcat',
    'openssl',
    // container runtimes (test/support/containers.ts)
    'podman',
    'docker.io',
    'containerd',
    'runc',
    'containernetworking-plugins',
    'netavark',
    'aardvark-dns',
    'iptables',
    'busybox-static',
    'liburing-dev',
    'curl',
    'tmux', // weir top in a real terminal
    'libfaketime', // clock steps of the soak
    'systemd', // systemd-analyze
    // the package (test/system/package_deb.test.ts)
    'dpkg-dev',
    'lintian',
    'mmdebstrap',
    'chromium',
    // manual page and shell completion
    'mandoc',
    'man-db',
    'zsh',
    'fish',
    'bsdutils', // script(1)
  ],
  /** Real servers for tests: only where installing them does not start them (no systemd). */
  servers: existsSync('/run/systemd/system') ? [] : ['nginx', 'redis-server', 'openssh-server', 'prometheus'],
  /** For the pictures of docs/ (setup/screens.mjs). */
  screens: ['chromium', 'prometheus', 'fonts-dejavu-core', 'openssl', 'curl', 'python3', 'iproute2', 'tmux'],
  /** Who talks in the pictures of weir top. */
  screenTop: [
    'nginx-light | nginx',
    'redis-server',
    'redis-tools',
    'openssh-server',
    'openssh-client',
    'iperf3',
    'wget',
  ],
  /** For npm run test:service. */
  service: ['qemu-system-x86', 'mmdebstrap', 'e2fsprogs'],
  kernels: ['qemu-system-x86', 'cpio', 'busybox-static', 'xz-utils'],
  /** What npm run deb needs beside build, optional and bpf. */
  deb: ['dpkg-dev', 'binutils'],
  fuzz: ['clang', 'libclang-rt-dev'],
  bench: ['softflowd', 'pmacct', 'nfdump', 'util-linux', 'time'],
  /** For ndpiReader of libndpi-dev's doc folder (setup/ndpi_reader.mjs). */
  ndpiReader: ['libndpi-dev', 'libpcap-dev', 'uthash-dev', 'gcc'],
};

export function say(text) {
  process.stderr.write(`weir: ${text}\n`);
}

/** Runs a command with its output shown; ends the process when it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (done.error || done.status !== 0) {
    say(
      `'${command} ${args.join(' ')}' failed${done.error ? `: ${done.error.message}` : ` with status ${done.status}`}`,
    );
    process.exit(1);
  }
}

/** What the command says; throws when it fails. */
export function output(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (done.error || done.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? done.stderr.trim()}`);
  return done.stdout;
}

const alternatives = (name) => name.split(' | ');

/** The alternative to install: the first that apt knows. */
export function candidate(name) {
  const known = (one) => spawnSync('apt-cache', ['show', one], { encoding: 'utf8' }).stdout?.includes('Package: ');
  const names = alternatives(name);
  return names.length === 1 ? name : (names.find(known) ?? names[0]);
}

/** Of these packages those that dpkg has not installed; undefined where there is no dpkg. */
export function missingPackages(names) {
  const all = names.flatMap(alternatives);
  const asked = spawnSync('dpkg-query', ['-W', `-f=\${Package} \${db:Status-Status}\n`, ...all], { encoding: 'utf8' });
  if (asked.error) return undefined;
  const installed = new Set(
    asked.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !alternatives(name).some((one) => installed.has(one)));
}

/**
 * Installs Debian packages as root or by sudo without a password.
 * Returns the packages that are still missing; `required` ones end the process with what to install.
 */
export function ensurePackages(names, { required }) {
  const missing = missingPackages(names);
  if (missing === undefined) {
    say(`this is no Debian or Ubuntu: make sure these are installed: ${names.join(' ')}`);
    return [];
  }
  if (missing.length === 0) return [];
  const isRoot = process.getuid?.() === 0;
  const sudo = !isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  if (isRoot || sudo) {
    say(`installing ${missing.join(' ')}`);
    const apt = (...args) =>
      spawnSync(sudo ? 'sudo' : 'apt-get', sudo ? ['-n', 'apt-get', ...args] : args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    const install = (list) => apt('install', '-y', '--no-install-recommends', ...list.map(candidate));
    if (!install(missing)) {
      apt('update');
      if (!install(missing)) for (const name of missing) install([name]); // one unknown name must not hold up the others
    }
  }
  const left = missingPackages(missing);
  if (left.length > 0 && required) {
    say(`these packages are needed: sudo apt-get install -y ${left.map(candidate).join(' ')}`);
    process.exit(1);
  }
  return left;
}

/** Asked for once each time the list changes: a host that does not have them is not asked at each start. */
function ensureOptional() {
  const names = [...packages.optional, ...packages.bpf];
  const stamp = join(root, 'build', '.optional');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === names.join(' ')) return;
  const left = ensurePackages(names, { required: false });
  if (left.length > 0) say(`not installed, weir does with less: ${left.join(' ')}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, names.join(' '));
}

/** npm packages as package-lock.json says; again only when it changed. */
export function ensureNpm() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.weir-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing npm packages');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

/** Whether build/NAME is configured with these -DNAME=VALUE; another command may have configured it without. */
function isConfigured(folder, settings) {
  if (!existsSync(join(folder, 'build.ninja'))) return false;
  const cache = readFileSync(join(folder, 'CMakeCache.txt'), 'utf8').split('\n');
  return settings.every((setting) => {
    const [variable, value] = setting.slice(2).split('=');
    return cache.some((line) => line.startsWith(`${variable}:`) && line.endsWith(`=${value}`));
  });
}

/** What native/CMakeLists.txt found missing that the build can do without. */
function sayNotices(output) {
  for (const [line] of output.matchAll(/^weir: .*$/gm)) process.stderr.write(`${line}\n`);
}

/** Configures and builds CMake targets in build/NAME. */
export function buildNative(name, targets, settings = []) {
  const folder = join(root, 'build', name);
  if (!isConfigured(folder, settings)) {
    mkdirSync(folder, { recursive: true });
    const done = spawnSync('cmake', ['-G', 'Ninja', '-S', join(root, 'native'), '-B', folder, ...settings], {
      encoding: 'utf8',
    });
    if (done.status !== 0) {
      process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
      say('cmake failed');
      process.exit(1);
    }
    sayNotices(done.stderr);
  }
  // Not by `ninja -n`, which takes a tree whose folders are looked through anew for one that has changed.
  const log = join(folder, '.ninja_log');
  const built = existsSync(log) ? statSync(log).mtimeMs : 0;
  if (newest(join(root, 'native'), ['.cc', '.c', '.h', '.def', '.txt']) > built)
    say('compiling C++: minutes the first time');
  // On a terminal ninja counts the files itself, on one line.
  const counts = process.stderr.isTTY === true;
  const done = spawnSync('ninja', ['-C', folder, ...targets], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: counts ? ['ignore', 2, 2] : 'pipe',
  });
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
    say('the native build failed');
    process.exit(1);
  }
  sayNotices(done.stdout ?? ''); // of a CMake that ninja ran again
  return folder;
}

function newest(folder, endings) {
  let time = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !endings.some((ending) => entry.name.endsWith(ending))) continue;
    time = Math.max(time, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return time;
}

/** TypeScript to dist/, again only when a source is newer. */
export function buildTypeScript() {
  const stamp = join(root, 'dist', '.built');
  const sources = Math.max(
    newest(join(root, 'src'), ['.ts', '.tsx']),
    newest(join(root, 'test'), ['.ts', '.tsx']),
    newest(join(root, 'examples'), ['.ts']),
    statSync(join(root, 'tsconfig.json')).mtimeMs,
  );
  if (existsSync(stamp) && statSync(stamp).mtimeMs > sources) return;
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
  writeFileSync(stamp, '');
}

function mayWrite(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** True for a user who may not build here but finds all of it built. That it is out of date is said, not hidden. */
function builtByAnother() {
  const addon = join(root, 'build', 'native', 'weir.node');
  const compiled = join(root, 'dist', '.tsbuildinfo');
  if (!existsSync(addon) || !existsSync(compiled)) return false;
  if (mayWrite(dirname(addon)) && mayWrite(dirname(compiled))) return false;
  const old =
    newest(join(root, 'native', 'src'), ['.cc', '.h', '.def']) > statSync(addon).mtimeMs ||
    newest(join(root, 'native', 'ebpf'), ['.c', '.h']) > statSync(addon).mtimeMs ||
    newest(join(root, 'src'), ['.ts', '.tsx']) > statSync(compiled).mtimeMs;
  if (old) say(`sources are newer than what is built, and only the owner of ${root} can build: npm run build`);
  return true;
}

/** Debian 12 and Ubuntu 24.04 have Node.js 18: said first, not by the failure of a package later. */
function ensureNode() {
  const needed = Number(/\d+/.exec(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node)[0]);
  if (Number.parseInt(process.versions.node, 10) >= needed) return;
  say(`Node.js ${needed} or later is needed, this is ${process.version}: https://nodejs.org/en/download`);
  process.exit(1);
}

/** Everything that `weir` needs to run. */
export function buildProbe() {
  ensureNode();
  if (builtByAnother()) return;
  ensurePackages(packages.build, { required: true });
  ensureOptional();
  ensureNpm();
  buildNative('native', ['weir']);
  buildTypeScript();
}
