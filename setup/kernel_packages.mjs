// Debian's kernels for npm run test:kernels: found through apt in suites that this machine need not follow, unpacked into
// build/kernels and never installed. apt's lists of these suites are kept there too; the machine's own are not touched.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { output, root, say } from './steps.mjs';

/** The suites whose newest cloud kernel is tested: Debian 12 (6.1), 13 (6.12), and what is to be 14 (7.x). */
export const suites = ['bookworm', 'trixie', 'forky'];
const folder = join(root, 'build', 'kernels');
const image = 'linux-image-cloud-amd64';

/** The Debian mirror that this machine's own sources name. */
function mirror() {
  const lines = output('apt-get', ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)']).split('\n');
  const found = lines
    .map((line) => line.split('|'))
    .find(([origin, label]) => origin === 'Debian' && label === 'Debian');
  return found?.[2] ?? 'http://deb.debian.org/debian/';
}

/** apt as if the machine followed this suite alone. */
function aptOf(suite) {
  const state = join(folder, 'apt', suite);
  for (const part of ['lists/partial', 'archives/partial']) mkdirSync(join(state, part), { recursive: true });
  const sources = join(state, 'sources.list');
  if (!existsSync(sources))
    writeFileSync(
      sources,
      `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror()} ${suite} main\n`,
    );
  const options = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': state,
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return (command, ...args) => output(command, [...flags, ...args], { cwd: state });
}

const dependsOf = (apt, name) =>
  [...apt('apt-cache', 'depends', name).matchAll(/^\s*Depends: (\S+)/gm)].map((match) => match[1]);

/** The packages that hold the kernel and its modules: one, or since 7.x linux-binary-* and linux-modules-*. */
function packagesOf(apt) {
  const kernel = dependsOf(apt, image).find((name) => /^linux-image-\d/.test(name));
  if (!kernel) throw new Error(`${image} names no kernel`);
  return [kernel, ...dependsOf(apt, kernel).filter((name) => /^linux-(binary|modules)-\d/.test(name))];
}

function filesOf(tree) {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Modules that the tests need: veth pairs, and sock_diag of each protocol (inet_diag is the others' base). */
const wantedModule = /\/(veth|inet_diag|tcp_diag|udp_diag|raw_diag|mptcp_diag)\.ko(\.xz)?$/;

/** As plain .ko: what is compressed is unpacked here. */
function keepModules(files, into) {
  for (const file of files.filter((name) => wantedModule.test(name))) {
    const kept = join(into, basename(file));
    renameSync(file, kept);
    if (kept.endsWith('.xz')) output('xz', ['-d', kept]);
  }
}

function unpack(suite, into) {
  const apt = aptOf(suite);
  apt('apt-get', 'update', '-qq');
  const names = packagesOf(apt);
  say(`downloading ${names.join(' ')}`);
  apt('apt-get', 'download', '-qq', ...names);
  const tree = join(folder, `${suite}.tree`);
  rmSync(tree, { recursive: true, force: true });
  const state = join(folder, 'apt', suite);
  for (const deb of readdirSync(state).filter((name) => name.endsWith('.deb'))) {
    output('dpkg-deb', ['-x', join(state, deb), tree]);
    rmSync(join(state, deb));
  }
  mkdirSync(into, { recursive: true });
  const files = filesOf(tree);
  const kernel = files.find((name) => /\/vmlinuz(-[^/]*)?$/.test(name));
  if (!kernel) throw new Error(`no vmlinuz in ${names.join(' ')}`);
  renameSync(kernel, join(into, 'vmlinuz'));
  keepModules(files, into);
  rmSync(tree, { recursive: true });
  const name = names[0].replace('linux-image-', '').replace('-cloud-amd64', '');
  writeFileSync(join(into, 'name'), name);
}

/** The kernel of a suite: { suite, name, vmlinuz, modules }; downloaded once, again with `fresh`. */
export function kernelOf(suite, { fresh = false } = {}) {
  const into = join(folder, suite);
  if (fresh) rmSync(into, { recursive: true, force: true });
  if (!existsSync(join(into, 'name'))) unpack(suite, into);
  return {
    suite,
    name: readFileSync(join(into, 'name'), 'utf8'),
    vmlinuz: join(into, 'vmlinuz'),
    modules: readdirSync(into)
      .filter((name) => name.endsWith('.ko'))
      .map((name) => join(into, name)),
  };
}
