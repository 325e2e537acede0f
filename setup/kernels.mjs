// npm run test:kernels [-- SUITE ...] [--flows N] [--only WAY,WAY] [--fresh]: the matrix of attribution on Debian's
// kernels under QEMU, each also with lockdown=confidentiality, and once with BTF hidden (tier diag). Nothing is installed
// but QEMU; the kernels stay in build/kernels. Emulated (TCG, one processor), so minutes for each boot. Without cmpxchg16b:
// QEMU 7.2 emulates it wrongly, and 6.12's kmalloc, which uses it most, then panics in two of three boots.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initrdFor, makeGuest } from './kernel_guest.mjs';
import { kernelOf, suites } from './kernel_packages.mjs';
import { buildNative, buildProbe, buildTypeScript, ensurePackages, packages, root, say } from './steps.mjs';

const argv = process.argv.slice(2);
const option = (name, fallback) => {
  const at = argv.indexOf(name);
  return at < 0 ? fallback : argv.splice(at, 2)[1];
};
const flows = Number(option('--flows', '20000'));
const only = option('--only', '').split(',').filter(Boolean);
const minutes = Number(option('--minutes', '60')); // for one boot
const fresh = argv.includes('--fresh');
const wantedSuites = argv.filter((word) => suites.includes(word));

/** How each kernel is booted, its part of the flows, which tier must come of it, and what weir must say of it. */
const ways = [
  { name: 'bpf', part: 1, tier: 'bpf', words: [], says: /named by \d+ BPF programs/ },
  {
    name: 'confidential',
    part: 0.25,
    tier: 'bpf',
    words: ['lockdown=confidentiality'],
    says: /lockdown=confidentiality/,
  },
  { name: 'cgroup-v1', part: 0.1, tier: 'bpf', words: ['weir.cgroup=v1'], says: /no cgroup v2 hierarchy is mounted/ },
  {
    name: 'diag',
    part: 0.1,
    tier: 'diag',
    words: ['weir.hidebtf=1'],
    says: /named by sock_diag.*\(BTF\) cannot be read/,
    once: true,
  },
];

ensurePackages([...packages.build, ...packages.bpf, ...packages.kernels, 'doctest-dev', 'iproute2'], {
  required: true,
});
ensurePackages(['liburing-dev'], { required: false });
buildProbe();
buildNative('native', ['weir', 'workloads', 'test_attribution'], ['-DWEIR_TESTS=ON', '-DWEIR_BENCH=ON']);
buildTypeScript();

function boot(kernel, initrd, way) {
  const words = [
    'console=ttyS0',
    'panic=-1',
    'oops=panic',
    'quiet',
    'mitigations=off',
    'random.trust_cpu=on',
    ...way.words,
  ];
  const line = [...words, `weir.flows=${Math.round(flows * way.part)}`, `weir.tier=${way.tier}`].join(' ');
  return new Promise((resolve) => {
    const qemu = spawn(
      'qemu-system-x86_64',
      [
        ...['-accel', 'tcg,thread=single', '-smp', '1', '-cpu', 'max,-cx16', '-m', '2304', '-kernel', kernel.vmlinuz],
        ...['-initrd', initrd, '-append', line, '-nographic', '-no-reboot', '-nodefaults', '-serial', 'stdio'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    const timer = setTimeout(() => qemu.kill('SIGKILL'), minutes * 60_000);
    qemu.stdout.on('data', (chunk) => (said += chunk.toString()));
    qemu.on('close', () => {
      clearTimeout(timer);
      resolve(said);
    });
  });
}

/** What stands behind the prefix; the firmware's escape sequences stand before the first line. */
const lineOf = (said, prefix) => new RegExp(`${prefix} (.*?)\\r?$`, 'm').exec(said)?.[1];

const { table } = await import(join(root, 'dist/test/support/attribution_judge.js'));
const { missedBars } = await import(join(root, 'dist/test/support/attribution_bars.js'));
const byKernel = {};
let failed = 0;

function report(name, way, said, seconds) {
  writeFileSync(join(root, 'build', 'kernels', `${name.replaceAll(' ', '-')}.console`), said);
  const result = lineOf(said, 'WEIR-RESULT');
  say(`${name}: ${lineOf(said, 'WEIR-GUEST') ?? 'did not boot'}, ${seconds.toFixed(0)} s`);
  if (result === undefined) {
    failed++;
    process.stdout.write(`${name} failed:\n${lineOf(said, 'WEIR-FAILED') ?? said.slice(-3000)}\n`);
    return;
  }
  const { judgement: found, records, seconds: loadSeconds, status, log, meter } = JSON.parse(result);
  byKernel[name] = found;
  say(`${name}: ${records} records, workloads ${loadSeconds} s, ${JSON.stringify(meter)}`);
  for (const text of [...log, ...found.explained]) process.stdout.write(`${name}: ${text}\n`);
  for (const [skipped, why] of Object.entries(found.skipped)) say(`${name}: skipped: ${skipped}: ${why}`);
  const missed = missedBars(way.tier, found);
  if (lineOf(said, 'WEIR-PROGRAMS') !== '0') missed.push('tests of the BPF programs, see the console');
  if (status !== 0) missed.push(`weir ended with status ${status}`);
  if (!log.some((text) => way.says.test(text))) missed.push(`weir did not say ${way.says}`);
  for (const text of missed) say(`${name}: missed: ${text}`);
  if (missed.length > 0) failed++;
}

const guest = makeGuest();
for (const [index, suite] of (wantedSuites.length > 0 ? wantedSuites : suites).entries()) {
  const kernel = kernelOf(suite, { fresh });
  const initrd = initrdFor(kernel, guest);
  for (const way of ways) {
    if (only.length > 0 ? !only.includes(way.name) : way.once && index > 0) continue;
    const start = Date.now();
    const said = await boot(kernel, initrd, way);
    report(`${kernel.name} ${way.name}`, way, said, (Date.now() - start) / 1000);
  }
}
process.stdout.write(`\n${table(byKernel)}\n`);
say(failed === 0 ? 'all kernels as they should be' : `${failed} boots were not as they should be`);
process.exit(failed === 0 ? 0 : 1);
