// --events: each kind of event with its process, against what the test did; several sinks with a choice of their own;
// IPFIX as other readers see it; a Kafka topic.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadAddon, packageRoot } from '../../src/native/load.js';
import { WeirCollect } from '../support/collectors/collect.js';
import { installed, jsonLines, output, start } from '../support/collectors/process.js';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { Connection, Peer } from '../support/peers.js';
import { saying, temporaryFolder } from '../support/weir.js';

const status = loadAddon().probeAttribution();

/** A node:test option that skips aloud where BPF is refused or something is missing. */
function needsBpf(missing = ''): { skip?: string; timeout: number } {
  const reason = status.tier === 'bpf' ? missing : `BPF is refused here: ${status.reason}`;
  return { ...(reason === '' ? {} : { skip: reason }), timeout: 120_000 };
}

const pair = (t: TestContext): Promise<[Peer, Peer]> => Promise.all([Peer.start(t), Peer.start(t)]);

const by = (events: readonly Flow[], pid: number): Flow[] =>
  events.filter((event) => event['ntop.SRC_PROC_PID'] === pid);

/** `connect 40000 > 80`: what happened, and the ports of the acting end and the other one. */
const named = (events: readonly Flow[]): string[] =>
  events.map(({ eventName, sourceTransportPort: from, destinationTransportPort: to }) =>
    [eventName, from ?? 0, '>', to ?? 0].join(' '),
  );

async function happened(weir: LiveWeir, pid: number, name: string, times = 1): Promise<void> {
  const of = (): Flow[] => by(weir.flows, pid).filter((event) => event.eventName === name);
  await weir.until(() => of().length >= times, `told of ${times} ${name} of ${pid}`);
}

/** Runs a program to its end; its process id. */
async function runOnce(command: string, ...args: string[]): Promise<number> {
  const child = spawn(command, args, { stdio: 'ignore' });
  await once(child, 'close');
  return child.pid!;
}

test('sockets: each thing that happens is told once, in order, by who did it', needsBpf(), async (t) => {
  const weir = await LiveWeir.metering(t, ['--events', 'all', '--to', '-?format=json']);
  const [client, server] = await pair(t);
  const { port } = await server.do('listen', { host: '127.0.0.1' });
  const connection = await Connection.open(client, server, '127.0.0.1', port);
  await connection.there(1_000, 1_000);
  await connection.back(2_000, 2_000);
  await connection.close();
  await server.do('unlisten', { port });
  const refused = await client.do('connect', { host: '127.0.0.1', port });
  assert.equal(refused.error, 'ECONNREFUSED');
  const served = await server.do('bind', { host: '127.0.0.1' });
  const asking = await client.do('bind', { host: '127.0.0.1', port: served.port });
  await client.do('say', { id: asking.id, octets: 10 });
  await server.do('heard', { id: served.id, octets: 10 });
  await client.do('hush', { id: asking.id });
  await server.do('hush', { id: served.id });
  await Promise.all([client.leave(), server.leave()]);
  await happened(weir, client.pid, 'exit');
  await happened(weir, server.pid, 'exit');
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);

  const [did, answered] = [by(weir.flows, client.pid), by(weir.flows, server.pid)];
  const again = did.find((event) => event.eventName === 'refused');
  assert.deepEqual(named(did), [
    'fork 0 > 0',
    'exec 0 > 0',
    `connect ${connection.fromPort} > ${port}`,
    `close ${connection.fromPort} > ${port}`,
    `connect ${again?.sourceTransportPort} > ${port}`,
    `refused ${again?.sourceTransportPort} > ${port}`,
    `use ${asking.port} > ${served.port}`,
    `close ${asking.port} > ${served.port}`,
    'exit 0 > 0',
  ]);
  assert.deepEqual(named(answered), [
    'fork 0 > 0',
    'exec 0 > 0',
    `listen ${port} > 0`,
    `accept ${port} > ${connection.fromPort}`,
    `close ${port} > ${connection.fromPort}`,
    `use ${served.port} > 0`,
    `close ${served.port} > 0`,
    'exit 0 > 0',
  ]);
  const closed = did.find((event) => event.eventName === 'close')!;
  assert.deepEqual([closed.transportOctetDeltaCount, closed.reverseTransportOctetDeltaCount], [1_000, 2_000]);
  assert.equal(closed['ntop.DST_PROC_PID'], server.pid, 'the other end');
  const times = did.map((event) => String(event.flowEndMilliseconds));
  assert.deepEqual(times, [...times].sort());
});

test('processes: fork, exec and exit with parent, program and command line', needsBpf(), async (t) => {
  const weir = await LiveWeir.metering(t, ['--events', 'fork,exec,exit', '--to', '-?format=json']);
  // sh becomes sleep: one process, two programs.
  const pid = await runOnce('/bin/sh', '-c', 'exec sleep 0.2 0.1');
  await happened(weir, pid, 'exit');
  await weir.stop();
  const events = by(weir.flows, pid);
  assert.deepEqual(
    events.map((event) => event.eventName),
    ['fork', 'exec', 'exec', 'exit'],
  );
  for (const event of events) {
    assert.equal(event['ntop.SRC_FATHER_PROC_PID'], process.pid, JSON.stringify(event));
    assert.equal(event.sourceIPv4Address, undefined);
  }
  const last = events.at(-1)!;
  assert.deepEqual([last['ntop.SRC_PROC_NAME'], last['ntop.SRC_PROC_CMDLINE']], ['sleep', 'sleep 0.2 0.1']);
});

const inside = (end: End): string[] => ['nsenter', `--net=/run/netns/${end.netns}`];

test('retransmissions name who sends again', { ...needsBpf(), ...needsNetwork('nsenter', 'nft') }, async (t) => {
  const { near, far } = new Network(t, 1500);
  const drop = 'ip length > 200 numgen inc mod 12 == 11 counter drop';
  far.run('nft', `add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in ${drop}`);
  const weir = await LiveWeir.metering(t, ['--events', 'retransmit,close', '--to', '-?format=json']);
  const [client, server] = await Promise.all([Peer.start(t, inside(near)), Peer.start(t, inside(far))]);
  const { port } = await server.do('listen', { host: far.address });
  const connection = await Connection.open(client, server, far.address, port);
  await connection.there(1_000_000, 1_000_000);
  await connection.close();
  await happened(weir, client.pid, 'close');
  await weir.stop();
  const again = by(weir.flows, client.pid).filter((event) => event.eventName === 'retransmit');
  const dropped = Number(/packets (\d+)/.exec(far.run('nft', 'list', 'chain', 'ip', 't', 'in'))?.[1]);
  assert.ok(dropped > 0 && again.length >= dropped, `${again.length} told, ${dropped} dropped`);
  assert.deepEqual([...new Set(named(again))], [`retransmit ${connection.fromPort} > ${port}`]);
  const [closed] = by(weir.flows, client.pid).filter((event) => event.eventName === 'close') as [Flow];
  assert.ok(Number(closed.sourceKernelRetransmits) >= again.length);
});

/** One connection and one short process: something of each kind. */
async function doThings(t: TestContext): Promise<{ pids: number[]; last: number }> {
  const [client, server] = await pair(t);
  const { port } = await server.do('listen', { host: '::1' });
  const connection = await Connection.open(client, server, '::1', port);
  await connection.there(10, 10);
  await connection.close();
  await server.do('unlisten', { port });
  await client.do('connect', { host: '::1', port });
  const short = await runOnce('/bin/true');
  await Promise.all([client.leave(), server.leave()]);
  return { pids: [client.pid, server.pid, short], last: await runOnce('/bin/true') };
}

/** Takes what a sink sends over TCP, as long as the test lasts. */
async function listenForLines(t: TestContext): Promise<{ port: number; lines: () => string[] }> {
  let text = '';
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
  });
  t.after(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as { port: number }).port, lines: () => text.split('\n').filter(Boolean) };
}

test('each sink has its own choice; sinks of a group share by process', needsBpf(), async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string): string => join(folder, name);
  const [one, two] = await Promise.all([listenForLines(t), listenForLines(t)]);
  const sinks = {
    sockets: `file://${file('sockets')}?format=json&events=connect,refused`,
    processes: `file://${file('processes')}?format=json&events=exec,exit,fork`,
    one: `tcp://127.0.0.1:${one.port}?format=json&balance=g`,
    two: `tcp://127.0.0.1:${two.port}?format=json&balance=g`,
    flows: `file://${file('flows')}?format=json&events=off`,
  };
  const to = Object.values(sinks).flatMap((sink) => ['--to', sink]);
  const weir = await LiveWeir.metering(t, ['-i', 'ebpf:', '--events', 'all', '--to', '-?format=json', ...to]);
  const { pids, last } = await doThings(t);
  await happened(weir, last, 'exit');
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const lines = (text: string): string[] => text.split('\n').filter(Boolean);
  const of = (name: string): string[] => lines(readFileSync(file(name), 'utf8'));
  const all = lines(run.stdout);
  const only = (...names: string[]): string[] =>
    all.filter((line) => names.includes(String((JSON.parse(line) as Flow).eventName)));
  assert.deepEqual(of('sockets'), only('connect', 'refused'));
  assert.deepEqual(of('processes'), only('exec', 'exit', 'fork'));
  assert.deepEqual([...one.lines(), ...two.lines()].sort(), [...all].sort());
  for (const pid of pids) {
    const shares = [one, two].map(({ lines }) => by(flowsOf(lines().join('\n')), pid).length);
    assert.equal(Math.min(...shares), 0, `${pid} is at one sink: ${shares.join(' and ')}`);
    assert.ok(Math.max(...shares) > 0);
  }
  assert.ok(one.lines().length > 0 && two.lines().length > 0, 'both have some');
  assert.ok(of('flows').length > 0 && of('flows').every((line) => !line.includes('eventName')), 'flows');
});

test('IPFIX: collect, tshark and the strict checker read the same events', needsBpf(), async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'events.ipfix');
  const args = ['--events', 'all', '--to', `file://${file}?format=ipfix`, '--to', '-?format=json'];
  const weir = await LiveWeir.metering(t, args);
  const { pids, last } = await doThings(t);
  await happened(weir, last, 'exit');
  await weir.stop();
  const counted = (events: readonly unknown[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const event of events) counts[String(event)] = (counts[String(event)] ?? 0) + 1;
    return counts;
  };
  const told = weir.flows.map((event) => `${event.eventType} ${event['ntop.SRC_PROC_PID']}`);
  assert.ok(pids.every((pid) => told.some((one) => one.endsWith(` ${pid}`))));

  const reader = new WeirCollect(t, folder, 'events', [`file://${file}`]);
  const { records, heard } = await reader.ended();
  const collected = records.filter((record) => record['@type'] === 'flow').map(({ fields }) => fields as Flow);
  assert.deepEqual(
    [...heard.values()].flatMap(({ complaints }) => complaints),
    [],
  );
  assert.deepEqual(counted(collected.map((event) => `${event.eventType} ${event.sourceProcessId}`)), counted(told));

  if (installed('python3')) {
    const checker = join(packageRoot(), 'test', 'support', 'ipfix_check.py');
    const said = jsonLines(output('python3', [checker, 'file', file]).stdout);
    assert.deepEqual(
      said.filter((line) => line['@type'] === 'violation'),
      [],
    );
    assert.equal(said.filter((line) => line['@type'] === 'record').length, told.length);
  }
  if (installed('tshark')) {
    const fields = ['-T', 'fields', '-e', 'cflow.pie.ntop.src_proc_id'];
    const { stdout } = spawnSync('tshark', ['-r', file, ...fields], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const seen = stdout.split(/[\n,]/).filter(Boolean);
    assert.deepEqual(counted(seen), counted(told.map((one) => one.split(' ')[1])));
  }
});

const kafkaMock = join(packageRoot(), 'build', 'native', 'kafka_mock');

test('a Kafka topic of events', needsBpf(existsSync(kafkaMock) ? '' : 'not built: kafka_mock'), async (t) => {
  const mock = start(t, kafkaMock, ['events']);
  let consumed = '';
  mock.stdout?.on('data', (chunk: Buffer) => {
    consumed += chunk.toString();
  });
  const brokers = /brokers (\S+)/.exec(await saying(mock, 'stdout', /brokers \S+\n/))![1]!;
  const topic = `kafka://${brokers}/events?events=exec,exit`;
  const weir = await LiveWeir.metering(t, ['--to', topic, '--to', '-?format=json&events=all']);
  const { last } = await doThings(t);
  await happened(weir, last, 'exit');
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const wanted = weir.flows.filter(({ eventName }) => eventName === 'exec' || eventName === 'exit');
  const messages = (): string[] => consumed.split('\n').filter((line) => line.includes('\t{'));
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (messages().length >= wanted.length) resolve();
    };
    mock.stdout?.on('data', look);
    look();
  });
  const parts = messages().map((line) => line.split('\t') as [string, string]);
  assert.deepEqual(
    parts.map(([, value]) => JSON.parse(value) as Flow),
    wanted,
  );
  assert.equal(new Set(parts.map(([key]) => key)).size, 1, 'one key: in order');
});
