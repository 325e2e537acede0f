// npm run bench [-- TRACE ...] [--runs N] [--only PROGRAM,...]: weir beside the limit program and the peers apt offers.
// npm run bench -- export is bench_export.mjs, npm run bench -- dpi bench_dpi.mjs.
// Every program is pinned to core 0 with all its threads, the UDP receiver to core 1; wall time from start to exit, which
// is after the last record left. A run whose sent records are not all at the receiver is void. Median of N alternating runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute, median, startReceiver, weirVoid } from './pinned_run.mjs';
import { buildNative, buildProbe, ensurePackages, packages, root, say } from './steps.mjs';

if (process.argv[2] === 'export' || process.argv[2] === 'dpi') {
  await import(`./bench_${process.argv[2]}.mjs`);
  process.exit();
}
const argv = process.argv.slice(2);
const option = (name, fallback) => {
  const at = argv.indexOf(name);
  return at < 0 ? fallback : argv.splice(at, 2)[1];
};
const runs = Number(option('--runs', '5'));
const only = option('--only', '')?.split(',').filter(Boolean);
const weirTemplate = option('--template', 'minimal');
const traces = argv.length > 0 ? argv : ['mix', 'million', 'syn', 'elephant'];
const activeSeconds = 60;
const idleSeconds = 15;
const port = 24739;

buildProbe();
ensurePackages(packages.bench, { required: false });
const native = buildNative('native', ['bench_make_traces', 'bench_limit', 'bench_receiver'], ['-DWEIR_BENCH=ON']);
const traceFolder = process.env.WEIR_BENCH_TRACES ?? join(root, 'build', 'bench');
mkdirSync(traceFolder, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'weir-bench-'));

function tracePath(name) {
  const file = join(traceFolder, `${name}.pcap`);
  if (!existsSync(file)) {
    say(`making trace ${name}`);
    spawnSync(join(native, 'bench_make_traces'), [traceFolder, name], { stdio: 'inherit' });
  }
  spawnSync('cat', [file], { stdio: 'ignore' }); // into the page cache
  return file;
}

const limits = {
  tcp: idleSeconds,
  'tcp.rst': idleSeconds,
  'tcp.fin': idleSeconds,
  udp: idleSeconds,
  icmp: idleSeconds,
  general: idleSeconds,
  maxlife: activeSeconds,
};

const programs = {
  limit: (trace) => ({ command: [join(native, 'bench_limit'), trace] }),
  weir: (trace) => ({
    command: [
      process.execPath,
      join(root, 'dist', 'src', 'cli.js'),
      '-r',
      trace,
      '-T',
      weirTemplate,
      '--log-format',
      'json',
      '--active-timeout',
      `${activeSeconds}`,
      '--idle-timeout',
      `${idleSeconds}`,
      '--cache-size',
      '4194304',
      '--to',
      `udp://127.0.0.1:${port}?mtu=65507`,
    ],
    isWeir: true,
  }),
  softflowd: (trace) => ({
    command: [
      'softflowd',
      '-r',
      trace,
      '-n',
      `127.0.0.1:${port}`,
      '-v',
      '10',
      '-A',
      'milli',
      '-d',
      '-a',
      '-6',
      '-m',
      '8000000',
      '-p',
      join(work, 'softflowd.pid'),
      '-c',
      'none',
      ...Object.entries(limits).flatMap(([name, value]) => ['-t', `${name}=${value}`]),
    ],
  }),
  nfpcapd: (trace) => {
    const folder = join(work, 'nfpcapd');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    return {
      command: ['nfpcapd', '-r', trace, '-w', folder, '-e', `${activeSeconds},${idleSeconds}`, '-B', '2097152'],
    };
  },
  pmacctd: (trace) => {
    const file = join(work, 'pmacctd.conf');
    writeFileSync(
      file,
      [
        'daemonize: false',
        `pcap_savefile: ${trace}`,
        'plugins: nfprobe[a]',
        'aggregate[a]: src_host,dst_host,src_port,dst_port,proto,tos',
        `nfprobe_receiver[a]: 127.0.0.1:${port}`,
        'nfprobe_version[a]: 10',
        `nfprobe_timeouts[a]: ${Object.entries(limits)
          .map(([n, v]) => `${n}=${v}`)
          .join(':')}`,
        'nfprobe_maxflows[a]: 8000000',
        'plugin_pipe_size[a]: 64000000',
        'plugin_buffer_size[a]: 64000',
        '',
      ].join('\n'),
    );
    return { command: ['pmacctd', '-f', file] };
  },
};

async function once(name, trace) {
  const program = programs[name](trace);
  const receiver = startReceiver(native, port);
  await receiver.ready;
  const run = await execute(program.command);
  const received = await receiver.stop();
  const seconds = name === 'limit' ? JSON.parse(run.out).seconds : run.seconds;
  let valid = run.status === 0;
  let note = valid ? '' : `status ${run.status}: ${run.err.slice(-300)}`;
  const isVoid = program.isWeir ? weirVoid(run.err, received) : undefined;
  if (isVoid !== undefined) {
    valid = false;
    note = isVoid;
  }
  return { seconds, cpu: run.cpu, rss: run.rss, records: received.records ?? 0, valid, note };
}

async function benchTrace(trace) {
  const file = tracePath(trace);
  const packets = JSON.parse(spawnSync(join(native, 'bench_limit'), [file], { encoding: 'utf8' }).stdout).packets;
  const names = Object.keys(programs)
    .filter((name) => (only.length > 0 ? only.includes(name) : true))
    .filter((name) => name === 'weir' || name === 'limit' || spawnSync('which', [name]).status === 0);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < runs; i++) {
    for (const name of names) {
      if (name === 'pmacctd' && i > 0) continue; // minutes a run, and far from the others: once is enough
      const run = await once(name, file);
      if (run.valid) results[name].push(run);
      else say(`${trace} ${name}: ${run.note}`);
    }
  }
  report(trace, packets, statSync(file).size, results);
}

function report(trace, packets, size, results) {
  const speed = (name) =>
    results[name]?.length ? packets / median(results[name].map((run) => run.seconds)) / 1e6 : undefined;
  process.stdout.write(`\n### ${trace}: ${packets} packets, ${(size / 1e6).toFixed(0)} MB\n\n`);
  process.stdout.write(
    '| program | Mpps | ns/packet | spread of seconds | records | records/s | peak RSS MB | weir is |\n|---|---|---|---|---|---|---|---|\n',
  );
  for (const [name, list] of Object.entries(results)) {
    if (list.length === 0) continue;
    const seconds = list.map((run) => run.seconds);
    const mpps = speed(name);
    const records = list[0].records;
    const ratio = speed('weir') ? `${(speed('weir') / mpps).toFixed(2)}x` : '';
    process.stdout.write(
      `| ${name} | ${mpps.toFixed(2)} | ${(1000 / mpps).toFixed(0)} | ${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)} (${list.length}) | ` +
        `${records} | ${(records / median(seconds)).toFixed(0)} | ${(median(list.map((run) => run.rss)) / 1024).toFixed(0)} | ${ratio} |\n`,
    );
  }
}

for (const trace of traces) await benchTrace(trace);
rmSync(work, { recursive: true, force: true });
