// npm run bench:attribution [-- PART ...] [--groups N] [--seconds S] [--connections N]: what attribution costs.
// Parts: a load (see test/bench/attribution_loads.c), or probe, records, memory, restart; without any all of them.
// Loads: weir (tier bpf, on an interface without packets, so that only events are read) runs beside two of the four runs of
// a group, in the order on off off on, or off on on off in the next group. Both pairs give a ratio, and the two runs that are alike
// give the control: what this machine's noise makes of nothing.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildNative, buildProbe, root, say } from './steps.mjs';
import { holdSockets, load, quantile, Weir, watched } from './watched_load.mjs';

const argv = process.argv.slice(2);
const option = (name, fallback) => {
  const at = argv.indexOf(name);
  return Number(at < 0 ? fallback : argv.splice(at, 2)[1]);
};
const groups = option('--groups', 6);
const seconds = option('--seconds', 2);
const connections = option('--connections', 1_000_000);
const sockets = 16_000;
/** Loads, and how many percent of throughput attribution may cost there. */
const limits = { tcprr: 3, tcpbulk: 3, udpbulk: 3, udpsend: 3, udpself: 3, tcpcrr: 6, tcpcc: 6 };

const print = (...cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
const head = (...names) => {
  process.stdout.write('\n');
  print(...names);
  print(...names.map(() => '---'));
};
const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`;
const spread = (list, text) =>
  `${text(quantile(list, 0.5))} (${text(quantile(list, 0.25))} .. ${text(quantile(list, 0.75))})`;
const lost = ({ ring, limited, tables }) => `${ring}, ${limited}, ${tables}`;

async function group(name, order) {
  const runs = { on: [], off: [] };
  for (const way of order) {
    if (way === 'off') {
      runs.off.push(await load(name, { seconds }));
      continue;
    }
    const weir = await Weir.metering(['-i', `lo@netns:${namespace}`, '-T', 'process', '--to', 'none']);
    runs.on.push(await watched(weir, name, { seconds }));
    await weir.stop();
  }
  return runs;
}

/** Of the load and of weir, for one operation of the load. */
const processorNs = ({ cpuNsPerOperation, operations, weirNs = 0 }) => cpuNsPerOperation + weirNs / operations;

async function overhead(name) {
  const all = { speed: [], throughput: [], processor: [], control: [] };
  const sums = { events: 0, ring: 0, limited: 0, tables: 0 };
  for (let i = 0; i < groups; i++) {
    const { on, off } = await group(name, i % 2 === 0 ? ['on', 'off', 'off', 'on'] : ['off', 'on', 'on', 'off']);
    const alike = i % 2 === 0 ? off : on;
    all.control.push(alike[0].perSecond / alike[1].perSecond);
    for (const pair of [0, 1]) {
      all.speed.push(off[pair].perSecond);
      all.throughput.push(on[pair].perSecond / off[pair].perSecond);
      all.processor.push(processorNs(on[pair]) / processorNs(off[pair]));
      for (const key of Object.keys(sums)) sums[key] += on[pair][key];
    }
  }
  const good = (1 - quantile(all.throughput, 0.5)) * 100 <= limits[name] && lost(sums) === '0, 0, 0';
  print(
    name,
    Math.round(quantile(all.speed, 0.5)),
    spread(all.throughput, percent),
    spread(all.processor, percent),
    spread(all.control, percent),
    sums.events,
    lost(sums),
    `${limits[name]} %`,
    good ? 'yes' : '**no**',
  );
}

/** Processor time of weir itself, with its export over UDP to a socket of this process. */
async function probe() {
  const collector = createSocket('udp4').bind(0, '127.0.0.1');
  await once(collector, 'listening');
  const to = ['--to', `udp://127.0.0.1:${collector.address().port}`];
  head(
    'weir',
    'connections/s asked',
    'made',
    'of one processor',
    'by thread',
    'records',
    'lost: ring, limited, tables',
  );
  for (const args of [
    ['-i', 'ebpf:'],
    ['--events', 'all'],
  ])
    for (const rate of [0, 1000, 10_000]) {
      const weir = await Weir.metering([...args, ...to]);
      if (rate > 0) await load('tcpcc', { seconds: 1, rate }); // tables and code are warm
      const run = await watched(weir, rate === 0 ? undefined : 'tcpcc', { seconds: Math.max(seconds, 5), rate });
      await weir.stop();
      const threads = [...run.threads].sort((a, b) => b[1] - a[1]).slice(0, 3);
      const parts = threads.map(
        ([name, time]) => `${name} ${((run.processor * 100 * time) / run.weirNs).toFixed(1)} %`,
      );
      const used = `${(run.processor * 100).toFixed(1)} %`;
      print(args.join(' '), rate, Math.round(run.perSecond), used, parts.join(', '), run.records, lost(run));
    }
  collector.close();
}

/** Of a file of JSON lines: records of the load's connections, and how many of them name it at both ends. */
async function toldIn(file) {
  const told = { records: 0, both: 0 };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const flow = JSON.parse(line);
    const ends = ['ntop.SRC_PROC_NAME', 'ntop.DST_PROC_NAME'].filter((end) => /^attribution_loa/.test(flow[end]));
    if (ends.length === 0 || flow.protocolIdentifier !== 6) continue;
    told.records++;
    if (ends.length === 2) told.both++;
  }
  return told;
}

/** Records against connections: as many, so none is missing or told twice. */
async function records() {
  const work = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  head('records of a storm', 'connections', 'records', 'both ends named', 'lost: ring, limited, tables');
  for (const sources of [['ebpf:'], [`lo@netns:${namespace}`, 'ebpf:']]) {
    const file = join(work, 'flows.json');
    const args = sources.flatMap((source) => ['-i', source]);
    const weir = await Weir.metering([...args, '-T', 'process', '--to', `file://${file}?format=json&queue=256MB`]);
    const prefix = ['ip', 'netns', 'exec', namespace];
    const run = await watched(weir, 'tcpcc', { seconds: 600, operations: 50_000, prefix });
    await weir.stop();
    const told = await toldIn(file);
    print(args.join(' '), run.operations, told.records, told.both, lost(run));
    rmSync(file);
  }
  rmSync(work, { recursive: true });
}

/** What stays in memory after many short connections. */
async function memory() {
  head('memory of -i ebpf:', 'before', 'after', 'sockets known', 'lost: ring, limited, tables');
  const weir = await Weir.metering(['-i', 'ebpf:', '-T', 'process', '--to', 'none']);
  const before = weir.residentOctets();
  const run = await watched(weir, 'tcpcc', { seconds: 3600, operations: connections });
  const mega = (octets) => `${(octets / 1e6).toFixed(0)} MB`;
  print(`${run.operations} connections`, mega(before), mega(weir.residentOctets()), run.sockets, lost(run));
  await weir.stop();
}

/** Starts of attribution, each in a process of its own, until so many sockets are known. */
function starts(tier, wanted) {
  const made = [];
  for (let i = 0; i < 2 * groups; i++) {
    const command = [join(root, 'setup', 'bench_restart.mjs'), tier, String(wanted)];
    const found = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000 });
    if (found.status !== 0) throw new Error(`bench_restart: ${found.stderr}`);
    made.push(JSON.parse(found.stdout));
  }
  const times = made.map(({ startMs }) => startMs);
  return { times: spread(times, (ms) => ms.toFixed(0)), found: Math.min(...made.map((start) => start.sockets)) };
}

/** Time until sockets that are older than the probe are known. */
async function restart() {
  const tiers = ['bpf', 'diag'];
  const without = tiers.map((tier) => starts(tier, 0));
  const release = await holdSockets(sockets);
  head('start of tier', 'ms without them', `ms until ${sockets} sockets are known`, 'found');
  for (const [i, tier] of tiers.entries()) {
    const { times, found } = starts(tier, sockets);
    print(tier, without[i].times, times, found);
  }
  await release();
}

const parts = { probe, records, memory, restart };
const wanted = argv.length > 0 ? argv : [...Object.keys(limits), ...Object.keys(parts)];
const unknown = wanted.filter((name) => !(name in limits) && !(name in parts));
if (unknown.length > 0) {
  say(`no such part: ${unknown.join(' ')}; there are ${[...Object.keys(limits), ...Object.keys(parts)].join(' ')}`);
  process.exit(1);
}

buildProbe();
buildNative('native', ['weir', 'attribution_loads'], ['-DWEIR_BENCH=ON']);
const namespace = `weir-bench-${process.pid}`;
spawnSync('ip', ['netns', 'add', namespace]);
process.once('exit', () => spawnSync('ip', ['netns', 'del', namespace]));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
spawnSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);

say(`${cpus().length} processors; ${2 * groups} pairs of ${seconds} s a load; medians, in brackets the middle half`);
const asked = wanted.filter((name) => name in limits);
if (asked.length > 0)
  head(
    ...['load', 'per second without', 'throughput', 'processor time an operation, weir included', 'control'],
    ...['events', 'lost: ring, limited, tables', 'limit', 'kept'],
  );
for (const name of asked) await overhead(name);
for (const name of wanted) if (name in parts) await parts[name]();
