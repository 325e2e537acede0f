// The guest of npm run test:service: this host's release of Debian with systemd and a kernel, and what the package depends on.
// Made once by mmdebstrap from the sources that apt has here; kept in build/service by the names of what is in it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, root, run, say } from './steps.mjs';

export const folder = join(root, 'build', 'service');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Not kill(1), not dbus: the units must do without. */
const wanted = ['systemd-sysv', 'udev', 'kmod', 'initramfs-tools', 'iproute2', 'curl', 'busybox'];

/** What starts the proof: /mnt has the package and the script. It orders itself, behind the boot; the first port is the console. */
const proof = `[Unit]
Description=what the package has to stand
[Service]
Type=simple
ExecStart=/bin/sh -c 'mount -o ro /dev/vdb /mnt && exec /bin/bash /mnt/guest.sh'
ExecStopPost=/bin/systemctl poweroff --no-block
StandardOutput=file:/dev/ttyS1
StandardError=inherit
[Install]
WantedBy=multi-user.target
`;

/** apt's Debian sources here, one line each. */
function sources() {
  const format = '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(CREATED_BY)';
  const lines = output('apt-get', ['indextargets', '--format', format])
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([origin, , , , kind]) => origin === 'Debian' && kind === 'Packages')
    .map(([, uri, suite, component]) => `deb [signed-by=${keyring}] ${uri} ${suite} ${component}`);
  if (lines.length === 0) throw new Error('apt has no Debian sources here: apt-get update, on a Debian');
  return [...new Set(lines)];
}

function release() {
  return /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];
}

/** Names of the packages that this one depends on. */
function dependencies(deb) {
  return output('dpkg-deb', ['-f', deb, 'Depends'])
    .split(',')
    .map((one) => one.trim().split(/[ :]/)[0])
    .filter(Boolean);
}

function makeTree(tree, names) {
  const list = `${tree}.list`;
  writeFileSync(list, `${sources().join('\n')}\n`);
  say(`building a guest of Debian ${release()}: some 200 MB to download`);
  run('mmdebstrap', ['--variant=minbase', '--quiet', `--include=${names.join(',')}`, release(), tree, list]);
  writeFileSync(join(tree, 'etc/fstab'), '/dev/vda / ext4 rw 0 1\n');
  writeFileSync(join(tree, 'etc/hostname'), 'weir-guest\n');
  writeFileSync(join(tree, 'etc/systemd/system/proof.service'), proof);
  run('chroot', [tree, 'systemctl', 'enable', '--quiet', 'proof.service']);
}

/** { disk, kernel, initrd } of a guest in which this package can be installed. */
export function guestFor(deb) {
  const architecture = output('dpkg', ['--print-architecture']).trim();
  const names = [...wanted, `linux-image-cloud-${architecture}`, ...dependencies(deb)].sort();
  const key = createHash('sha256')
    .update([release(), proof, ...names].join('\n'))
    .digest('hex')
    .slice(0, 12);
  const place = join(folder, `guest-${key}`);
  const files = ['disk', 'kernel', 'initrd'].map((name) => join(place, name));
  if (!files.every((file) => existsSync(file))) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const tree = join(place, 'tree');
    makeTree(tree, names);
    const boot = (prefix) =>
      join(
        tree,
        'boot',
        readdirSync(join(tree, 'boot')).find((name) => name.startsWith(prefix)),
      );
    renameSync(boot('vmlinuz-'), join(place, 'kernel'));
    renameSync(boot('initrd.img-'), join(place, 'initrd'));
    diskOf(tree, join(place, 'disk'), '3G');
    rmSync(tree, { recursive: true });
  }
  const [disk, kernel, initrd] = files;
  return { disk, kernel, initrd };
}

/** An ext4 image with what is in the folder; written whole or not at all. */
export function diskOf(tree, file, size) {
  const part = `${file}.part`;
  rmSync(part, { force: true });
  run('truncate', ['-s', size, part]);
  run('mke2fs', ['-q', '-t', 'ext4', '-E', 'root_owner=0:0', '-d', tree, part]);
  renameSync(part, file);
}
