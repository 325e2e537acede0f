// npm run bench -- export [--runs N] [--only NAME,...]: flows/s of weir from a capture into each kind of sink, and into Kafka beside
// a bare librdkafka producer that sends the same messages to the same broker. Median of N alternating runs; a run whose
// records have not all arrived is void.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNative, buildProbe, ensurePackages, packages, root, say } from './steps.mjs';

const argv = process.argv.slice(3);
const option = (name, fallback) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : fallback);
const runs = Number(option('--runs', '3'));
const only = option('--only', '').split(',').filter(Boolean);
const port = 24740;
const cli = join(root, 'dist', 'src', 'cli.js');

buildProbe();
ensurePackages(packages.bench, { required: false });
const native = buildNative(
  'native',
  ['bench_make_traces', 'bench_receiver', 'bench_kafka_producer'],
  ['-DWEIR_BENCH=ON'],
);
const work = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const traces = process.env.WEIR_BENCH_TRACES ?? join(root, 'build', 'bench');
mkdirSync(traces, { recursive: true });
const trace = join(traces, 'million.pcap');
if (!existsSync(trace)) spawnSync(join(native, 'bench_make_traces'), [traces, 'million'], { stdio: 'inherit' });
spawnSync('cat', [trace], { stdio: 'ignore' }); // into the page cache

const { brokerMissing, startBroker, versions } = await import(join(root, 'dist', 'test', 'kafka', 'broker.js'));
const missing = brokerMissing(versions.newest);
if (missing !== undefined) say(`no Kafka here: ${missing}`);
const broker = missing === undefined ? await startBroker(versions.newest) : undefined;

/** Runs a command; its wall time from start to exit, its CPU seconds and what it said. */
async function timed(command) {
  const start = process.hrtime.bigint();
  const child = spawn('/usr/bin/time', ['-f', 'TIME %U %S', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [status] = await once(child, 'close');
  const [, user, system] = /TIME ([\d.]+) ([\d.]+)/.exec(err) ?? [];
  return {
    status,
    out,
    err,
    cpu: Number(user) + Number(system),
    seconds: Number(process.hrtime.bigint() - start) / 1e9,
  };
}

/** weir over the trace into one sink; how many records it says it exported, undefined when any was dropped. */
async function weir(sink) {
  const timeouts = ['--active-timeout', '60', '--idle-timeout', '15', '--cache-size', '4194304'];
  const args = ['-r', trace, '-T', 'default', ...timeouts, '--log-format', 'json'];
  const quiet = sink.startsWith('-') ? ['sh', '-c', 'exec "$@" >/dev/null', 'sh'] : [];
  const run = await timed([...quiet, process.execPath, cli, ...args, '--to', sink]);
  const line = run.err.split('\n').find((text) => text.includes('"exported"'));
  const said = line && JSON.parse(line);
  const whole = run.status === 0 && said?.exported === said?.records && said.dropped === 0;
  return { seconds: run.seconds, cpu: run.cpu, records: whole ? said.exported : undefined, note: run.err.slice(-300) };
}

async function intoUdp() {
  const receiver = spawn(join(native, 'bench_receiver'), [String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  receiver.stdout.on('data', (chunk) => (text += chunk));
  while (!text.includes('ready')) await once(receiver.stdout, 'data');
  const run = await weir(`udp://127.0.0.1:${port}?mtu=65507`);
  receiver.kill('SIGTERM');
  await once(receiver, 'close');
  return { ...run, arrived: JSON.parse(text.split('\n').find((line) => line.startsWith('{'))).records };
}

async function intoFile(format) {
  const file = join(work, `flows.${format}`);
  const run = await weir(`file://${file}`);
  const { MessageReader, readIpfixFile } = await import(join(root, 'dist', 'src', 'ipfix', 'index.js'));
  let arrived;
  if (format === 'json') arrived = Number(spawnSync('wc', ['-l', file], { encoding: 'utf8' }).stdout.split(' ')[0]);
  else {
    const reader = new MessageReader();
    for await (const record of readIpfixFile(file, reader)) void record;
    arrived = reader.counters.flowRecords;
  }
  rmSync(file);
  return { ...run, arrived };
}

let topics = 0;
async function intoKafka(send) {
  const topic = `bench-${topics++}`;
  await broker.createTopic(topic, 4);
  const run = await send(topic);
  const admin = broker.client.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  if (topic !== source) await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  return { ...run, arrived: offsets.reduce((sum, { high }) => sum + Number(high), 0) };
}

const source = 'bench-0';
const messages = join(work, 'messages');

/** Keys and values of a topic as test/bench/kafka_producer.cc reads them. */
function dump() {
  const raw = join(work, 'raw');
  const format = ['-f', '%K %S\\n%k%s'];
  spawnSync('kcat', ['-C', '-q', '-b', broker.plain, '-t', source, '-o', 'beginning', '-e', ...format], {
    stdio: ['ignore', openSync(raw, 'w'), 'inherit'],
  });
  const from = Buffer.alloc(statSync(raw).size);
  for (let at = 0, fd = openSync(raw); at < from.length; )
    at += readSync(fd, from, at, Math.min(1 << 26, from.length - at), at);
  rmSync(raw);
  writeFileSync(messages, '');
  const to = openSync(messages, 'a');
  let parts = [];
  for (let at = 0; at < from.length; ) {
    const body = from.indexOf(10, at) + 1;
    const [key, value] = from
      .toString('latin1', at, body - 1)
      .split(' ')
      .map(Number);
    const head = Buffer.alloc(6);
    head.writeUInt32LE(2 + key + value);
    head.writeUInt16BE(key, 4);
    at = body + key + value;
    parts.push(head, from.subarray(body, at));
    if (parts.length < 10_000 && at < from.length) continue;
    writeSync(to, Buffer.concat(parts));
    parts = [];
  }
}

/** What says messages and seconds by itself. */
async function reported(command) {
  const run = await timed(command);
  const said = JSON.parse(run.out || '{}');
  return {
    seconds: said.seconds,
    cpu: said.cpu,
    records: run.status === 0 ? said.messages : undefined,
    note: run.err.slice(-300),
  };
}

const node = (topic, client) => [
  process.execPath,
  join(root, 'dist', 'test', 'bench', 'kafka_sink.js'),
  broker.plain,
  topic,
  client,
  messages,
];
const producer = join(native, 'bench_kafka_producer');
const rows = {
  none: { what: 'weir, metering and IPFIX encoding only', run: () => weir('none') },
  stdout: { what: 'weir, JSON to /dev/null', run: () => weir('-?format=json') },
  udp: { what: 'weir, IPFIX over UDP', run: intoUdp },
  ipfix: { what: 'weir, IPFIX file', run: () => intoFile('ipfix') },
  json: { what: 'weir, JSON file', run: () => intoFile('json') },
  ...(broker && {
    librdkafka: {
      what: 'weir, Kafka by librdkafka',
      run: () => intoKafka((topic) => weir(`kafka://${broker.plain}/${topic}?client=librdkafka`)),
    },
    kafkajs: {
      what: 'weir, Kafka by kafkajs',
      run: () => intoKafka((topic) => weir(`kafka://${broker.plain}/${topic}?client=kafkajs`)),
    },
    sink: {
      what: "weir's Kafka sink alone, librdkafka",
      run: () => intoKafka((topic) => reported(node(topic, 'librdkafka'))),
    },
    bare: {
      what: 'bare librdkafka producer',
      run: () => intoKafka((topic) => reported([producer, broker.plain, topic, messages])),
    },
  }),
};

const median = (list) => [...list].sort((a, b) => a - b)[(list.length - 1) >> 1];
const results = {};

function report() {
  const middle = (name, what) => results[name] && median(results[name].map((run) => run[what]));
  const seconds = (name) => middle(name, 'seconds');
  const cpu = (name) => middle(name, 'cpu');
  process.stdout.write(`\n### export: million, template default, median of ${runs} alternating runs\n\n`);
  process.stdout.write('| what | s | spread | CPU s | records/s |\n|---|---|---|---|---|\n');
  for (const [name, list] of Object.entries(results)) {
    const all = list.map((run) => run.seconds);
    const speed = list[0].records / seconds(name);
    process.stdout.write(
      `| ${rows[name].what} | ${seconds(name).toFixed(2)} | ${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)} (${all.length}) | ${cpu(name).toFixed(2)} | ${speed.toFixed(0)} |\n`,
    );
  }
  if (!results.bare) return;
  process.stdout.write('\n| of the bare producer, which has the messages in memory | ratio |\n|---|---|\n');
  const ratio = (what, of, value) => {
    if (value > 0) process.stdout.write(`| ${what} | ${(of / value).toFixed(2)} |\n`);
  };
  ratio("weir's sink alone: the same messages from memory, librdkafka", seconds('bare'), seconds('sink'));
  ratio('the same in CPU seconds', cpu('bare'), cpu('sink'));
  const more = (of) => of('librdkafka') - of('stdout');
  ratio('weir with librdkafka less weir with JSON to /dev/null: wall time', seconds('bare'), more(seconds));
  ratio('the same in CPU seconds', cpu('bare'), more(cpu));
  ratio(
    'weir with librdkafka, start to exit: Node, reading, metering, encoding, Kafka',
    seconds('bare'),
    seconds('librdkafka'),
  );
  ratio('weir with kafkajs, start to exit', seconds('bare'), seconds('kafkajs'));
}

try {
  if (broker) {
    const first = await rows.librdkafka.run(); // warms the broker up, and gives the messages
    say(`${first.arrived} messages for the bare producer`);
    dump();
  }
  const names = Object.keys(rows).filter((name) => only.length === 0 || only.includes(name));
  for (let turn = 0; turn < runs; turn++) {
    for (const name of names) {
      const run = await rows[name].run();
      const arrived = run.arrived ?? run.records;
      if (run.records > 0 && arrived === run.records) results[name] = [...(results[name] ?? []), run];
      else say(`${name}: void: sent ${run.records}, arrived ${arrived}: ${run.note}`);
    }
  }
  report();
} finally {
  await broker?.stop();
  rmSync(work, { recursive: true, force: true });
}
