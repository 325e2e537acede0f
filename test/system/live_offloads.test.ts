// Super-packets of TSO and GRO count as the wire packets they stand for: 50 MB over TCP, offloads on and off.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { saying, temporaryFolder } from '../support/weir.js';

const octets = 50_000_000;
const mtu = 1500;
const port = 5001;
const fields =
  '%sourceIPv4Address %destinationTransportPort %packetDeltaCount %reversePacketDeltaCount %octetDeltaCount ' +
  '%reverseOctetDeltaCount %initiatorOctets %responderOctets %OOORDER_IN_PKTS %RETRANSMITTED_IN_BYTES %flowEndReason';

const serverText =
  `require('net').createServer((s) => { let n = 0; s.on('data', (d) => { n += d.length; }); ` +
  `s.on('end', () => { s.end(); console.log('received ' + n); process.exit(); }); }).listen(${port}, () => console.log('listening'));`;
const clientText = (address: string) =>
  `const s = require('net').connect(${port}, '${address}', () => ` +
  `s.end(Buffer.alloc(${octets}, 'x'))); s.on('close', () => process.exit());s.resume();`;

function inside(t: TestContext, end: End, ...command: string[]): ChildProcess {
  const [name, ...args] = [...end.prefix, ...command] as [string, ...string[]];
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => void child.kill('SIGKILL'));
  return child;
}

interface Wire {
  frames: number;
  packets: number;
  octets: number;
  payload: number;
  largest: number;
}

/** What tcpdump saw from an address, in wire packets: a super-packet is cut into segments of at most `mss` octets. */
function wireOf(pcapFile: string, from: string): Wire {
  const file = readFileSync(pcapFile);
  const wire = { frames: 0, packets: 0, octets: 0, payload: 0, largest: 0 };
  for (let at = 24; at + 16 <= file.length; ) {
    const ip = at + 16 + 14;
    at += 16 + file.readUInt32LE(at + 8);
    if (at > file.length) break; // still being written
    if (
      file.readUInt16BE(ip - 2) !== 0x0800 ||
      file[ip + 9] !== 6 ||
      file.subarray(ip + 12, ip + 16).join('.') !== from
    )
      continue;
    const length = file.readUInt16BE(ip + 2);
    const headers = (file[ip]! & 15) * 4 + (file[ip + 32]! >> 4) * 4;
    const payload = length - headers;
    const packets = Math.max(1, Math.ceil(payload / (mtu - headers)));
    wire.frames++;
    wire.packets += packets;
    wire.octets += packets * headers + payload;
    wire.payload += payload;
    wire.largest = Math.max(wire.largest, length);
  }
  return wire;
}

async function transfer(
  t: TestContext,
  network: Network,
  workers: string,
): Promise<{ flow: Flow; there: Wire; back: Wire }> {
  const { near, far } = network;
  const file = join(temporaryFolder(t), 'transfer.pcap');
  const dump = inside(
    t,
    far,
    'tcpdump',
    '-i',
    'far0',
    '-Z',
    'root',
    '-s',
    '96',
    '-U',
    '-B',
    '65536',
    '-w',
    file,
    'tcp',
  );
  await saying(dump, 'stderr', /listening on/);
  const weir = await LiveWeir.metering(t, [
    '-i',
    far.point,
    '--workers',
    workers,
    '--capture-ring',
    '64M',
    '--to',
    '-?format=json',
    '-T',
    fields,
  ]);
  const server = inside(t, far, process.execPath, '-e', serverText);
  await saying(server, 'stdout', /listening/);
  const received = saying(server, 'stdout', /received \d+/);
  const client = inside(t, near, process.execPath, '-e', clientText(far.address));
  await once(client, 'close');
  assert.match(await received, new RegExp(`received ${octets}`));
  const sent = [near.frames().sent, far.frames().sent] as const; // the veth pair carries nothing else
  const wires = (): [Wire, Wire] => [wireOf(file, near.address), wireOf(file, far.address)];
  for (let tries = 0; wires().some(({ frames }, index) => frames !== sent[index]); tries++) {
    assert.ok(tries < 200, `tcpdump wrote ${JSON.stringify(wires())} of ${sent.join(' and ')} frames within 10 s`);
    await delay(50);
  }
  dump.kill('SIGINT');
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.meter.kernelDrops, 0);
  const flows = flowsOf(run.stdout);
  assert.equal(flows.length, 1, run.stdout);
  const [there, back] = wires();
  return { flow: flows[0]!, there, back };
}

function check(flow: Flow, there: Wire, back: Wire): void {
  assert.deepEqual(
    [
      flow.packetDeltaCount,
      flow.octetDeltaCount,
      flow.initiatorOctets,
      flow.reversePacketDeltaCount,
      flow.reverseOctetDeltaCount,
    ],
    [there.packets, there.octets, there.payload, back.packets, back.octets],
  );
  assert.ok(there.payload >= octets);
}

for (const workers of ['1', '2']) {
  test(
    `50 MB with TSO and GRO: wire packets, octets and payload exact, ${workers} workers`,
    needsNetwork('tcpdump', 'ethtool'),
    async (t) => {
      const network = new Network(t, mtu);
      const { flow, there, back } = await transfer(t, network, workers);
      check(flow, there, back);
      assert.ok(there.largest > mtu, 'no super-packet came: the test shows nothing');
      if (there.payload === octets) assert.equal(flow.initiatorOctets, octets);
      t.diagnostic(`${there.packets} wire packets, largest super-packet ${there.largest} octets`);
    },
  );
}

test(
  '50 MB without offloads: the same, and what the interface counted',
  needsNetwork('tcpdump', 'ethtool'),
  async (t) => {
    const network = new Network(t, mtu);
    const { near, far } = network;
    for (const end of [near, far]) end.run('ethtool', '-K', end.interface, 'tso', 'off', 'gso', 'off', 'gro', 'off');
    const { flow, there, back } = await transfer(t, network, '1');
    check(flow, there, back);
    assert.ok(there.largest <= mtu);
    assert.equal(there.packets, near.frames().sent);
    assert.equal(back.packets, far.frames().sent);
  },
);
