// The npm package: what the tarball holds, what its install says where something is missing, and that an ordinary user who
// installs it has a weir that meters.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot, packageVersion } from '../../src/native/load.js';
import { flowsOf } from '../support/live_weir.js';
import { withoutAny } from '../support/nobody.js';
import { temporaryFolder } from '../support/weir.js';

/** What npm gives to its scripts would steer another npm. */
const plainEnvironment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
const isRoot = process.getuid?.() === 0;

function must(command: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): string {
  const [name, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(name!, args, {
    encoding: 'utf8',
    env: plainEnvironment,
    maxBuffer: 1 << 26,
    ...options,
  });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

/** The tarball that npm makes of this folder. */
function pack(folder: string): string {
  must(['npm', 'pack', '--pack-destination', folder], { cwd: packageRoot() });
  const file = join(folder, `weir-probe-${packageVersion()}.tgz`);
  chmodSync(file, 0o644);
  return file;
}

/** Unpacked as npm unpacks it. */
function unpack(file: string, folder: string): string {
  const place = join(folder, 'node_modules', 'weir-probe');
  mkdirSync(place, { recursive: true });
  must(['tar', '-xzf', file, '-C', place, '--strip-components=1']);
  return place;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}

test('the tarball has what an install needs, and nothing of this machine', (t) => {
  const place = unpack(pack(temporaryFolder(t)), temporaryFolder(t));
  const files = filesOf(place);
  const needed = ['dist/src/cli.js', 'native/CMakeLists.txt', 'native/ebpf/sockets.bpf.c', 'templates/default.tmpl'];
  const more = ['setup/install.mjs', 'src/identity/runtime_v1.proto', 'LICENSE', 'README.md', 'config/weir.yaml'];
  for (const name of [...needed, ...more]) assert.ok(files.includes(name), name);
  const foreign =
    /\.(?:pcap|pcapng|log|o|a|node|tsbuildinfo|map|tgz|deb)$|^(?:build|test|node_modules|dist\/test)\/|^\.(?:git|ci)/;
  assert.deepEqual(
    files.filter((name) => foreign.test(name)),
    [],
  );
  const names = files.filter((name) => readFileSync(join(place, name), 'utf8').includes(packageRoot()));
  assert.deepEqual(names, []);
  const sources = new Set(filesOf(join(packageRoot(), 'src')).map((name) => name.replace(/\.tsx?$/, '')));
  const outputs = files
    .filter((name) => name.startsWith('dist/src/'))
    .map((name) => name.replace(/^dist\/src\/|\.(?:d\.ts|js)$/g, ''));
  assert.deepEqual(
    outputs.filter((name) => !sources.has(name)),
    [],
    'of sources that are gone',
  );
});

test('the install script says which Debian packages are missing, and does nothing in a checkout', (t) => {
  const folder = temporaryFolder(t);
  const place = unpack(pack(folder), folder);
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'dpkg-query'), '#!/bin/sh\necho "cmake installed"\n', { mode: 0o755 });
  const { WEIR_INSTALL_PACKAGES: _, ...env } = plainEnvironment;
  const install = (root: string) =>
    spawnSync(process.execPath, [join(root, 'setup', 'install.mjs')], {
      encoding: 'utf8',
      env: { ...env, PATH: `${programs}:${process.env.PATH}` },
    });
  const missing = install(place);
  assert.equal(missing.status, 1);
  assert.match(
    missing.stderr,
    /^weir: {3}sudo apt-get install -y --no-install-recommends g\+\+ ninja-build .*libgcrypt20-dev$/m,
  );
  assert.match(missing.stderr, /WEIR_INSTALL_PACKAGES=1/);
  assert.equal(existsSync(join(place, 'build')), false);
  const here = install(packageRoot());
  assert.deepEqual([here.status, here.stdout, here.stderr], [0, '', '']);
});

/** A home, with the settings and the cache that npm has here, and what is in front of a command so that its user is not root. */
function ordinaryUser(t: TestContext): { home: string; prefix: readonly string[] } {
  const home = temporaryFolder(t);
  const cache = must(['npm', 'config', 'get', 'cache']).trim();
  if (existsSync(join(cache, '_cacache')))
    cpSync(join(cache, '_cacache'), join(home, '.npm', '_cacache'), { recursive: true });
  if (existsSync(join(homedir(), '.npmrc'))) copyFileSync(join(homedir(), '.npmrc'), join(home, '.npmrc'));
  if (isRoot) must(['chown', '-R', 'nobody:nogroup', home]);
  const environment = ['env', `HOME=${home}`, `npm_config_cache=${join(home, '.npm')}`];
  return { home, prefix: [...(isRoot ? withoutAny : []), ...environment] };
}

test('npm install -g by an ordinary user builds a weir that meters', { timeout: 2_400_000 }, async (t) => {
  const { home, prefix } = ordinaryUser(t);
  const file = pack(temporaryFolder(t));
  copyFileSync(file, join(home, 'weir-probe.tgz'));
  const installed = join(home, 'prefix');
  const from = { cwd: home };
  must([...prefix, 'npm', 'install', '-g', '--prefix', installed, '--prefer-offline', './weir-probe.tgz'], from);
  const place = join(installed, 'lib', 'node_modules', 'weir-probe');
  assert.deepEqual(readdirSync(join(place, 'build', 'native')), ['weir.node']);

  const weir = join(installed, 'bin', 'weir');
  assert.match(must([...prefix, weir, 'version'], from), new RegExp(`^weir ${packageVersion()} \\(.*libpcap`));
  const { selfMadeCapture } = (await import(join(packageRoot(), 'setup', 'self_made_capture.mjs'))) as {
    selfMadeCapture(): Buffer;
  };
  const capture = join(home, 'self-made.pcap');
  writeFileSync(capture, selfMadeCapture());
  const flows = flowsOf(must([...prefix, weir, '-r', capture], from));
  assert.deepEqual(flows.map((flow) => flow.protocolIdentifier).sort(), [17, 6]);
});
