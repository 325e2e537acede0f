// npm run bench:attribution [-- LOAD ...] [--runs N] [--seconds S] [--control]: what attribution costs the programs it watches.
// Each pair is one run with weir (tier bpf, on an interface without packets, so only events are read) and one without, in
// alternating order in one invocation; the figure is the median of the pairs' ratios, beside it the middle half.
// --control runs no weir in either: the noise of this machine. Then the CPU time of the probe itself with -i ebpf: at 1,000 and
// 10,000 connections a second, and the time to find 16,000 sockets that are older than the probe.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { buildNative, buildProbe, root, say } from './steps.mjs';

const argv = process.argv.slice(2);
const option = (name, fallback) => {
  const at = argv.indexOf(name);
  return at < 0 ? fallback : argv.splice(at, 2)[1];
};
const runs = Number(option('--runs', '11'));
const seconds = Number(option('--seconds', '2'));
const control = argv.includes('--control');
const loads = argv.filter((word) => !word.startsWith('--'));
/** Loads, and how much throughput attribution may cost there. */
const limits = { tcpcc: 6, tcpcrr: 6, tcprr: 3, udpsend: 3, udpself: 3, tcpbulk: 3, udpbulk: 3 };
const metricsPort = 24790;
const namespace = `weir-bench-${process.pid}`;

buildProbe();
const native = buildNative('native', ['weir', 'attribution_loads'], ['-DWEIR_BENCH=ON']);
const program = join(native, 'attribution_loads');

async function startWeir(source) {
  const child = spawn(
    process.execPath,
    [
      join(root, 'dist', 'src', 'cli.js'),
      ...['-i', source, '--attribution', 'bpf', '-T', 'process', '--to', 'none', '--log-format', 'json'],
      ...['--metrics', `127.0.0.1:${metricsPort}`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (/"msg":"metering /.test(said)) resolve();
    });
    child.once('close', () => reject(new Error(`weir ended: ${said}`)));
  });
  return child;
}

async function stop(child) {
  child.kill('SIGTERM');
  await once(child, 'close');
}

async function metrics() {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const value = (name) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    events: value('weir_attribution_kernel_events_total'),
    dropped: value('weir_attribution_kernel_dropped_events_total'),
  };
}

async function load(name, time, rate = 0) {
  const child = spawn(program, [name, String(time), String(rate)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`attribution_loads ${name} ended with status ${status}`);
  return JSON.parse(text);
}

async function watched(name) {
  const weir = control ? undefined : await startWeir(`lo@netns:${namespace}`);
  const before = weir && (await metrics());
  const done = await load(name, seconds);
  const after = weir && (await metrics());
  if (weir) await stop(weir);
  return {
    ...done,
    dropped: weir ? after.dropped - before.dropped : 0,
    events: weir ? after.events - before.events : 0,
  };
}

function quantile(list, part) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
}

const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`;
const spread = (list) =>
  `${percent(quantile(list, 0.5))} (${percent(quantile(list, 0.25))} .. ${percent(quantile(list, 0.75))})`;

async function overhead(name) {
  const throughput = [];
  const cpu = [];
  const speeds = [];
  let dropped = 0;
  let events = 0;
  for (let i = 0; i < runs; i++) {
    const pair = {};
    for (const way of i % 2 === 0 ? ['on', 'off'] : ['off', 'on'])
      pair[way] = way === 'on' ? await watched(name) : await load(name, seconds);
    throughput.push(pair.on.perSecond / pair.off.perSecond);
    cpu.push(pair.on.cpuNsPerOperation / pair.off.cpuNsPerOperation);
    speeds.push(pair.off.perSecond);
    dropped += pair.on.dropped;
    events += pair.on.events;
  }
  const lost = (1 - quantile(throughput, 0.5)) * 100;
  const good = lost <= limits[name] && dropped === 0;
  process.stdout.write(
    `| ${name} | ${Math.round(quantile(speeds, 0.5))} | ${spread(throughput)} | ${spread(cpu)} | ${events} | ${dropped} | ${limits[name]} % | ${good ? 'yes' : '**no**'} |\n`,
  );
}

/** CPU seconds of a process so far, all threads. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function probeCpu(rate) {
  const weir = await startWeir('ebpf:');
  const time = Math.max(seconds, 5);
  await load('tcpcc', 1, rate); // tables and code warm
  const before = cpuOf(weir.pid);
  const counted = await metrics();
  const start = performance.now();
  const done =
    rate === 0
      ? await new Promise((resolve) => setTimeout(resolve, time * 1000, { perSecond: 0 }))
      : await load('tcpcc', time, rate);
  const used = (cpuOf(weir.pid) - before) / ((performance.now() - start) / 1000);
  const { events, dropped } = await metrics();
  await stop(weir);
  process.stdout.write(
    `| ${rate} | ${Math.round(done.perSecond)} | ${(used * 100).toFixed(1)} % | ${events - counted.events} | ${dropped - counted.dropped} |\n`,
  );
}

/** Milliseconds from Attribution.start() until so many sockets are in its table, in a process of its own each time. */
async function findSockets(sockets) {
  const holder = spawn(program, ['hold', '0', String(sockets)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const times = [];
  for (let i = 0; i < runs; i++) {
    const found = spawnSync(process.execPath, [join(root, 'setup', 'bench_restart.mjs'), String(sockets)], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (found.status !== 0) throw new Error(`bench_restart: ${found.stderr}`);
    times.push(Number(found.stdout));
  }
  holder.stdin.end();
  await once(holder, 'close');
  const figure = (part) => quantile(times, part).toFixed(0);
  process.stdout.write(
    `\n${sockets} open sockets found ${figure(0.5)} ms after the start (${figure(0.25)} .. ${figure(0.75)}, ${runs} starts).\n`,
  );
}

spawnSync('ip', ['netns', 'add', namespace]);
spawnSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
process.once('exit', () => spawnSync('ip', ['netns', 'del', namespace]));

say(`${cpus().length} processors, ${runs} pairs of ${seconds} s${control ? ', control: weir never runs' : ''}`);
process.stdout.write(
  '| load | per second without | throughput | CPU per operation | events | dropped | limit | kept |\n',
);
process.stdout.write('|---|---|---|---|---|---|---|---|\n');
for (const name of loads.length > 0 ? loads : Object.keys(limits)) await overhead(name);
if (!control && loads.length === 0) {
  process.stdout.write(
    '\n| -i ebpf:, connections/s asked | made | CPU of weir, of one processor | events | dropped |\n|---|---|---|---|---|\n',
  );
  for (const rate of [0, 1000, 10_000]) await probeCpu(rate);
  await findSockets(16_000);
}
