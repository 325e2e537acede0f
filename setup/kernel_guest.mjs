// The initial file system of a guest: node, weir as built here, its tests of BPF, the workloads, iproute2 and busybox, with the shared
// libraries that they name. One archive for all kernels; the modules of each kernel are a second one behind it.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { output, root } from './steps.mjs';

const folder = join(root, 'build', 'kernels');
const tree = join(folder, 'guest');

/** Switches come on the kernel's command line; what the guest says reaches the console. */
const init = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run/netns /bin
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/bin HOME=/tmp NODE_OPTIONS=--max-old-space-size=640
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/netns
if grep -q weir.cgroup=v1 /proc/cmdline; then
  mount -t tmpfs tmpfs /sys/fs/cgroup
  for controller in cpu,cpuacct memory pids devices; do
    mkdir /sys/fs/cgroup/$controller
    mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller || rmdir /sys/fs/cgroup/$controller
  done
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mount -t bpf bpf /sys/fs/bpf
mount -t securityfs securityfs /sys/kernel/security
ulimit -n 20000
ip link set lo up
for module in /modules/*.ko; do insmod $module; done
grep -q weir.hidebtf=1 /proc/cmdline && mount -t tmpfs tmpfs /sys/kernel/btf
echo "WEIR-GUEST $(uname -r) lockdown $(cat /sys/kernel/security/lockdown 2>/dev/null) btf $(ls /sys/kernel/btf | wc -l) cgroups $(awk '$3 ~ /^cgroup/ { print $3 ":" $2 }' /proc/mounts | tr '\\n' ' ')"
/weir/build/native/test_attribution --source-file=*bpf_programs_test.cc --no-colors --no-intro
echo "WEIR-PROGRAMS $?"
/usr/bin/node /weir/dist/test/kernels/guest.js
echo "WEIR-END $?"
poweroff -f
`;

/** A program or library at the same path in the guest, and every library that it names. */
function addBinary(file, at = file) {
  mkdirSync(join(tree, dirname(at)), { recursive: true });
  copyFileSync(realpathSync(file), join(tree, at));
  for (const [, library] of spawnSync('ldd', [file], { encoding: 'utf8' }).stdout.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(tree, dirname(library)), { recursive: true });
    copyFileSync(realpathSync(library), join(tree, library));
  }
}

/** npm packages that weir needs when it runs. */
function runtimePackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.keys(packages).filter((name) => name !== '' && !packages[name].dev);
}

function addWeir() {
  const weir = join(tree, 'weir');
  const parts = [
    'package.json',
    'dist/src',
    'dist/test/support',
    'dist/test/kernels',
    'templates',
    ...runtimePackages(),
  ];
  for (const part of parts)
    cpSync(join(root, part), join(weir, part), { recursive: true, filter: (name) => !/\.(d\.ts|map)$/.test(name) });
  for (const binary of ['weir.node', 'workloads', 'test_attribution'])
    addBinary(join(root, 'build', 'native', binary), join('/weir/build/native', binary));
}

function archive(from, to) {
  const names = output('find', ['.'], { cwd: from });
  const done = spawnSync('sh', ['-c', 'exec cpio -o -H newc --quiet > "$0"', to], { cwd: from, input: names });
  if (done.status !== 0) throw new Error(`cpio: ${done.stderr}`);
}

/** Writes build/kernels/guest.cpio from what is built now; not compressed, since unpacking is slow in an emulated guest. */
export function makeGuest() {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'bin'), { recursive: true });
  copyFileSync(realpathSync('/bin/busybox'), join(tree, 'bin/busybox'));
  addBinary(process.execPath, '/usr/bin/node');
  addBinary(output('sh', ['-c', 'command -v ip']).trim(), '/usr/sbin/ip');
  addWeir();
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/sh\n');
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\nnobody:x:65533:\n');
  writeFileSync(join(tree, 'init'), init);
  chmodSync(join(tree, 'init'), 0o755);
  const file = join(folder, 'guest.cpio');
  archive(tree, file);
  return file;
}

/** The guest's archive with the modules of this kernel. */
export function initrdFor(kernel, guest) {
  const modules = join(folder, kernel.suite, 'tree');
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(join(modules, 'modules'), { recursive: true });
  for (const module of kernel.modules) copyFileSync(module, join(modules, 'modules', basename(module)));
  const added = join(folder, kernel.suite, 'modules.cpio');
  archive(modules, added);
  const file = join(folder, kernel.suite, 'initrd');
  output('sh', ['-c', 'cat "$0" "$1" > "$2"', guest, added, file]);
  return file;
}
