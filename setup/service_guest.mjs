// npm run test:service [-- --fresh | -- FILE.deb]: weir's Debian package under a real systemd, in a guest of QEMU (with KVM
// where this host has it). test/service/guest.sh is what happens there; its lines are printed, all that it says is in
// build/service/proof, the guest's console beside it. Needs root; downloads some 200 MB the first time.
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { diskOf, folder, guestFor } from './service_image.mjs';
import { ensurePackages, packages, root, run, say } from './steps.mjs';

const limitMinutes = 180; // emulated on a busy machine

if (process.getuid() !== 0) {
  say('npm run test:service needs root: sudo npm run test:service');
  process.exit(2);
}
const argv = process.argv.slice(2);
if (argv.includes('--fresh')) rmSync(folder, { recursive: true, force: true });
ensurePackages(packages.service, { required: true });
mkdirSync(folder, { recursive: true });

function packageFile() {
  const given = argv.find((word) => word.endsWith('.deb'));
  if (given !== undefined) return given;
  run(process.execPath, [join(root, 'setup', 'deb.mjs')]);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const name = readdirSync(join(root, 'build')).find(
    (one) => one.startsWith(`weir_${version}_`) && one.endsWith('.deb'),
  );
  return join(root, 'build', name);
}

/** KVM by the processor's own means. By others, such as kvm_pvm inside a virtual machine, a Debian kernel does not get to its start. */
function hasKvm() {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return process.arch !== 'x64' || ['kvm_intel', 'kvm_amd'].some((name) => existsSync(`/sys/module/${name}`));
  } catch {
    return false;
  }
}

/** The block of README that lets weir into other namespaces. */
function namespacesDropIn() {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ini\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  return blocks.find((text) => text.includes('@netns:'));
}

function payload(deb, kvm) {
  const tree = join(folder, 'payload');
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree);
  copyFileSync(deb, join(tree, 'weir.deb'));
  copyFileSync(join(root, 'test', 'service', 'guest.sh'), join(tree, 'guest.sh'));
  writeFileSync(join(tree, 'namespaces.conf'), namespacesDropIn());
  // Looking costs an emulated processor much.
  writeFileSync(join(tree, 'patience'), kvm ? '0.2 450\n' : '3 200\n');
  const disk = join(folder, 'payload.disk');
  diskOf(tree, disk, '96M');
  return disk;
}

const kvm = hasKvm();
const deb = packageFile();
const { disk, kernel, initrd } = guestFor(deb);
// Emulated as in kernels.mjs: QEMU 7.2 does cmpxchg16b wrongly.
const accelerator = kvm
  ? ['-accel', 'kvm', '-cpu', 'host', '-smp', '2']
  : ['-accel', 'tcg', '-cpu', 'max,-cx16', '-smp', '2'];
say(`booting${kvm ? '' : ', emulated, which takes long: KVM cannot be used here'}`);
const drive = (file, options) => ['-drive', `file=${file},format=raw,if=virtio,${options}`];
const qemu = spawn(
  'qemu-system-x86_64',
  [
    ...accelerator,
    ...['-m', '2048', '-nodefaults', '-nographic', '-no-reboot', '-nic', 'none'],
    ...[
      '-kernel',
      kernel,
      '-initrd',
      initrd,
      '-append',
      'root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off random.trust_cpu=on systemd.show_status=0',
    ],
    ...['-serial', `file:${join(folder, 'console')}`, '-serial', 'stdio'],
    ...drive(disk, 'snapshot=on'),
    ...drive(payload(deb, kvm), 'readonly=on'),
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const timer = setTimeout(() => qemu.kill('SIGKILL'), limitMinutes * 60_000);
const log = createWriteStream(join(folder, 'proof'));
const counts = { ok: 0, failed: 0 };
let ended = false;
createInterface({ input: qemu.stdout }).on('line', (line) => {
  log.write(`${line}\n`);
  const [, word, rest = ''] = /PROOF (ok|failed|guest|end) ?(.*?)\r?$/.exec(line) ?? [];
  if (word === undefined) return;
  if (word === 'end') ended = true;
  else process.stdout.write(word === 'guest' ? `${rest}\n` : `${word === 'ok' ? 'ok    ' : 'FAILED'} ${rest}\n`);
  if (word in counts) counts[word]++;
});
qemu.on('close', () => {
  clearTimeout(timer);
  const good = ended && counts.failed === 0 && counts.ok > 0;
  say(
    `${counts.ok} ok, ${counts.failed} failed${ended ? '' : ', and it did not get to its end'}; more in build/service/proof and console`,
  );
  process.exit(good ? 0 : 1);
});
