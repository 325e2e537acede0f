// npm run bench -- dpi [--runs N] [--only PROGRAM,...] [--made] [--memory]: what looking into flows costs, on a trace of
// real payloads (flows of the captures at WEIR_DATA or ../shared/data, replayed; --made or without them: self-made ones).
// Beside weir run a loop that feeds libndpi alone, nDPI's own reader and suricata, all with one core, the same libndpi, its
// protos.txt and categories.txt and the same limits of packets. Wall time from start to exit; the loop's and the limit's
// begin when their tables are ready. --memory: peak memory with a million classified flows in the cache instead.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNdpiReader, rules } from './ndpi_reader.mjs';
import { execute, median, startReceiver, weirVoid } from './pinned_run.mjs';
import { buildNative, buildProbe, ensurePackages, packages, root, say } from './steps.mjs';

const argv = process.argv.slice(3);
const option = (name, fallback) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : fallback);
const runs = Number(option('--runs', '5'));
const only = option('--only', '').split(',').filter(Boolean);
const port = 24741;

buildProbe();
ensurePackages([...packages.bench, ...packages.ndpiReader], { required: false });
if (spawnSync('apt-cache', ['show', 'suricata'], { encoding: 'utf8' }).stdout?.includes('Package: '))
  ensurePackages(['suricata'], { required: false }); // Ubuntu has it, not each Debian
const native = buildNative(
  'native',
  ['bench_make_dpi_trace', 'bench_ndpi_loop', 'bench_limit', 'bench_receiver'],
  ['-DWEIR_BENCH=ON'],
);
const work = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const data = process.env.WEIR_DATA ?? join(root, '..', 'shared', 'data');
const captures = argv.includes('--made')
  ? []
  : ['ndpi-4.2/pcap', 'packets/zeek'].map((name) => join(data, name)).filter(existsSync);
const reader = buildNdpiReader();

function makeTrace(name, shape, from = captures) {
  const folder = process.env.WEIR_BENCH_TRACES ?? join(root, 'build', 'bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}${from.length > 0 ? '' : '-made'}.pcap`);
  if (!existsSync(file)) {
    say(`making trace ${file}`);
    const made = spawnSync(join(native, 'bench_make_dpi_trace'), [file, ...shape, ...from], { stdio: 'inherit' });
    if (made.status !== 0) throw new Error(`the trace could not be made: status ${made.status}`);
  }
  spawnSync('cat', [file], { stdio: 'ignore' }); // into the page cache
  return file;
}

const base =
  '%IPV4_SRC_ADDR %IPV4_DST_ADDR %IPV6_SRC_ADDR %IPV6_DST_ADDR %L4_SRC_PORT %L4_DST_PORT %PROTOCOL ' +
  '%IN_BYTES %IN_PKTS %OUT_BYTES %OUT_PKTS %FLOW_START_MILLISECONDS %FLOW_END_MILLISECONDS';
const lists = ['--dpi-protocols', join(rules, 'protos.txt'), '--dpi-categories', join(rules, 'categories.txt')];
const weir = (template, more) => (trace) => ({
  isWeir: true,
  command: [process.execPath, join(root, 'dist', 'src', 'cli.js'), '-r', trace, '-T', template].concat(
    ['--log-format', 'json', '--cache-size', '4194304', '--to', `udp://127.0.0.1:${port}?mtu=65507`],
    more,
  ),
});

const programs = {
  limit: (trace) => ({ ownClock: true, command: [join(native, 'bench_limit'), trace] }),
  'ndpi loop': (trace) => ({
    ownClock: true,
    command: [join(native, 'bench_ndpi_loop'), trace].concat(
      ['--protocols', join(rules, 'protos.txt')],
      ['--categories', join(rules, 'categories.txt')],
    ),
  }),
  'weir without': weir(base, ['--dpi', 'off']),
  'weir label': weir(`${base} %L7_PROTO %L7_PROTO_NAME`, lists),
  'weir risks': weir(`${base} %L7_PROTO %L7_PROTO_NAME %L7_PROTO_RISK`, lists),
  'weir dpi': weir('dpi', lists),
  ndpiReader:
    reader &&
    ((trace) => ({
      command: [reader, '-q', '-p', join(rules, 'protos.txt'), '-c', join(rules, 'categories.txt'), '-i', trace],
    })),
  suricata: (trace) => ({
    command: ['suricata', '-r', trace, '-l', work, '-k', 'none', '--runmode', 'single', '-S', '/dev/null'],
  }),
  softflowd: (trace) => ({
    command: ['softflowd', '-r', trace, '-n', `127.0.0.1:${port}`, '-v', '10', '-A', 'milli', '-d', '-a', '-6'].concat(
      ['-m', '8000000', '-p', join(work, 'softflowd.pid'), '-c', 'none'],
      ['tcp', 'tcp.rst', 'tcp.fin', 'udp', 'icmp', 'general'].flatMap((name) => ['-t', `${name}=15`]),
      ['-t', 'maxlife=60'],
    ),
  }),
  nfpcapd: (trace) => {
    const folder = join(work, 'nfpcapd');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    return { command: ['nfpcapd', '-r', trace, '-w', folder, '-e', '60,15', '-B', '2097152'] };
  },
};

/** Program of apt that is not here: undefined with what is said of it. */
function isHere(name) {
  if (programs[name] === undefined) return false;
  if (!['suricata', 'softflowd', 'nfpcapd'].includes(name) || spawnSync('which', [name]).status === 0) return true;
  say(`left out: ${name} is not installed, and apt here has none`);
  return false;
}

async function once(name, trace) {
  const program = programs[name](trace);
  const receiver = startReceiver(native, port);
  await receiver.ready;
  const run = await execute(program.command);
  const received = await receiver.stop();
  const isVoid = program.isWeir ? weirVoid(run.err, received) : undefined;
  const seconds = program.ownClock && run.status === 0 ? JSON.parse(run.out).seconds : run.seconds;
  return { ...run, seconds, note: run.status === 0 ? isVoid : `status ${run.status}: ${run.err.slice(-300)}` };
}

async function measure(trace) {
  const names = Object.keys(programs).filter((name) => (only.length > 0 ? only.includes(name) : true) && isHere(name));
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < runs; i++) {
    for (const name of names) {
      const run = await once(name, trace);
      if (run.note === undefined) results[name].push(run);
      else say(`${name}: ${run.note}`);
    }
  }
  return Object.fromEntries(Object.entries(results).filter(([, list]) => list.length > 0));
}

function report(trace, packets, results) {
  const seconds = (name) => results[name] && median(results[name].map((run) => run.seconds));
  const ratio = (of, to) => (results[of] && results[to] ? `${(seconds(to) / seconds(of)).toFixed(2)}x` : '-');
  // On a machine that others use, CPU seconds tell more than the wall's.
  const cpu = (name) => results[name] && median(results[name].map((run) => run.cpu));
  const cpuRatio = (of, to) => (results[of] && results[to] ? `${(cpu(to) / cpu(of)).toFixed(2)}x` : '-');
  process.stdout.write(`\n### ${trace}: ${packets} packets, ${(statSync(trace).size / 1e6).toFixed(0)} MB\n\n`);
  process.stdout.write(
    '| program | Mpps | ns/packet | spread of seconds | CPU s | peak RSS MB | weir label is | weir dpi is |\n|---|---|---|---|---|---|---|---|\n',
  );
  for (const [name, list] of Object.entries(results)) {
    const all = list.map((run) => run.seconds);
    const cells = [
      name,
      (packets / seconds(name) / 1e6).toFixed(2),
      ((seconds(name) / packets) * 1e9).toFixed(0),
      `${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)} (${list.length})`,
      median(list.map((run) => run.cpu)).toFixed(2),
      (median(list.map((run) => run.rss)) / 1024).toFixed(0),
      ratio('weir label', name),
      ratio('weir dpi', name),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
  for (const [peer, bar] of [
    ['ndpi loop', 'bar 0.75'],
    ['ndpiReader', 'aim 2.5'],
    ['suricata', 'aim 2'],
  ]) {
    if (!results[peer]) continue;
    const said = ['weir label', 'weir dpi'].map((name) => `${name} ${ratio(name, peer)} (CPU ${cpuRatio(name, peer)})`);
    process.stdout.write(`Speed to ${peer}, ${bar}: ${said.join(', ')}\n`);
  }
}

/** Octets a flow: peak memory with a million flows in the cache, less that with hardly any. */
async function reportMemory() {
  const many = 1_000_000;
  const big = makeTrace('dpi-million', ['--flows', `${many}`, '--packets', '12'], []);
  const small = makeTrace('dpi-thousand', ['--flows', '1000', '--packets', '12'], []);
  const idle = ['--idle-timeout', '3600', '--active-timeout', '3600'];
  for (const name of ['weir without', 'weir label', 'weir dpi']) {
    const rss = [];
    let missing = 0;
    for (const trace of [small, big]) {
      const { command } = programs[name](trace);
      const receiver = startReceiver(native, port);
      await receiver.ready;
      const run = await execute([...command, ...idle]);
      await receiver.stop();
      if (run.status !== 0) say(`${name}: status ${run.status}: ${run.err.slice(-300)}`);
      rss.push(run.rss);
      missing = Number(/"dpiStatesMissing":(\d+)/.exec(run.err)?.[1] ?? 0);
    }
    process.stdout.write(
      `${name}: ${(rss[1] / 1024).toFixed(0)} MB at the peak, ${Math.round(((rss[1] - rss[0]) * 1024) / many)} octets a flow; ${missing} flows found no state free\n`,
    );
  }
}

if (argv.includes('--memory')) {
  await reportMemory();
} else {
  const trace = makeTrace('dpi', []);
  const { packets } = JSON.parse(spawnSync(join(native, 'bench_limit'), [trace], { encoding: 'utf8' }).stdout);
  report(trace, packets, await measure(trace));
}
rmSync(work, { recursive: true, force: true });
