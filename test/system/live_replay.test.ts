// What weir meters on a veth pair is what was sent, and equals what it reads from the same capture offline.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { dataFolder, haveCaptures } from '../support/captures.js';
import { ethernet, type Pair, pcap, tcp, turned, udp, udpFragments, vxlan } from '../support/frames.js';
import { type Flow, flowsOf, LiveWeir, octetsOf, packetsOf } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { runWeir, temporaryFolder, type WeirRun } from '../support/weir.js';

/** Frames that are in no flow; each is told by its reason in the summary. */
function ignoredOf({ meter }: WeirRun): number {
  const known = ['notIp', 'unsupported', 'frames', 'metered'].map((name) => meter[name] ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  assert.equal(known[0] + known[1], known[2] - known[3], JSON.stringify(meter)); // these captures have no other reason
  return known[0] + known[1];
}

/** Packets and octets by conversation, whoever began it: live and offline expire differently, so records are summed. */
function conversations(flows: readonly Flow[]): Record<string, [number, number]> {
  const sums: Record<string, [number, number]> = {};
  for (const flow of flows) {
    const end = (side: string) =>
      `${flow[`${side}IPv4Address`] ?? flow[`${side}IPv6Address`]} ${flow[`${side}TransportPort`]}`;
    const key = `${[end('source'), end('destination')].sort().join(' ')} ${flow.protocolIdentifier} ${flow.vlanId ?? 0}`;
    const [packets, octets] = sums[key] ?? [0, 0];
    sums[key] = [packets + packetsOf([flow]), octets + octetsOf([flow])];
  }
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function replayed(t: TestContext, file: string, ...options: string[]): Promise<void> {
  const offline = await runWeir(['-r', file, '--to', '-?format=json', ...options]);
  const { near, far } = new Network(t);
  const weir = await LiveWeir.metering(t, ['-i', far.point, '--to', '-?format=json', ...options]);
  const sent = near.replay(file);
  assert.equal(far.frames().received, sent);
  const run = await weir.stop();
  const flows = flowsOf(run.stdout);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.meter.frames! + run.meter.kernelDrops!, sent, run.stderr);
  assert.equal(packetsOf(flows) + run.meter.kernelDrops! + ignoredOf(run), sent, run.stderr);
  assert.equal(run.meter.kernelDrops, 0, 'an idle ring of 32 MB dropped');
  assert.equal(octetsOf(flows), offline.meter.octets);
  assert.deepEqual(conversations(flows), conversations(flowsOf(offline.stdout)));
}

test('a self-made capture, replayed', needsNetwork('tcpreplay'), async (t) => {
  const file = join(temporaryFolder(t), 'self-made.pcap');
  const made = (await import(join(packageRoot(), 'setup', 'self_made_capture.mjs'))) as { selfMadeCapture(): Buffer };
  writeFileSync(file, made.selfMadeCapture());
  await replayed(t, file);
});

// Skype: many short UDP flows; android, teams: TCP, QUIC, IPv6; ajp: TCP in VLANs, whose tags the kernel takes out.
for (const name of [
  'ndpi-4.2/pcap/skype.pcap',
  'ndpi-4.2/pcap/android.pcap',
  'ndpi-4.2/pcap/ajp.pcap',
  'ndpi-4.2/pcap/teams.pcap',
]) {
  const wants = needsNetwork('tcpreplay');
  const captures = haveCaptures ? {} : { skip: 'no captures at WEIR_DATA or ../shared/data' };
  for (const workers of [1, 4]) {
    test(`${name}, replayed, ${workers} workers`, { ...captures, ...wants }, (t) =>
      replayed(t, join(dataFolder, name), '--workers', String(workers)),
    );
  }
}

const tunnel: Pair = [
  { address: '192.0.2.1', port: 50000 },
  { address: '192.0.2.2', port: 4789 },
];
const inner = (number: number): Pair => [
  { address: `10.1.${number >> 8}.${number & 255}`, port: 20000 + number },
  { address: '10.2.0.1', port: 443 },
];

interface Step {
  direction: 0 | 1;
  frames: Buffer[];
}

/** Each conversation is TCP in VXLAN: the handshake and data both ways, in steps of one direction each. */
function vxlanSteps(count: number): Step[] {
  const all = Array.from({ length: count }, (_, number) => inner(number));
  // Source ports of the outer packets differ by direction and flow, as real VTEPs make them.
  const up = (number: number, packet: Buffer) => {
    const [near, far] = tunnel;
    return ethernet(0, vxlan([{ ...near, port: 50000 + (number % 97) }, far], 7, ethernet(0, packet)));
  };
  const down = (number: number, packet: Buffer) => {
    const [near, far] = tunnel;
    return ethernet(
      1,
      vxlan(
        [
          { address: far.address, port: 51000 + (number % 89) },
          { address: near.address, port: 4789 },
        ],
        7,
        ethernet(1, packet),
      ),
    );
  };
  return [
    { direction: 0, frames: all.map((pair, number) => up(number, tcp(pair, 100, 0, 0x02))) },
    { direction: 1, frames: all.map((pair, number) => down(number, tcp(turned(pair), 900, 101, 0x12))) },
    {
      direction: 0,
      frames: all.flatMap((pair, number) => [
        up(number, tcp(pair, 101, 901, 0x10)),
        up(number, tcp(pair, 101, 901, 0x18, 200)),
      ]),
    },
    { direction: 1, frames: all.map((pair, number) => down(number, tcp(turned(pair), 901, 301, 0x18, 900))) },
  ];
}

/** Conversations of fragmented and whole datagrams, IPv4 and IPv6. */
function fragmentSteps(count: number): Step[] {
  const all = Array.from({ length: count }, (_, number): Pair => {
    const net = number % 2 === 0 ? ['10.3.0.', '10.4.0.'] : ['2001:db8:3::', '2001:db8:4::'];
    return [
      { address: `${net[0]}${1 + (number >> 3)}`, port: 30000 + number },
      { address: `${net[1]}1`, port: 5060 },
    ];
  });
  const packets = (pair: Pair, direction: 0 | 1, id: number, whole: number) =>
    [...udpFragments(pair, 3000, 1400, id), udp(pair, whole)].map((packet) => ethernet(direction, packet));
  return [
    { direction: 0, frames: all.flatMap((pair, number) => packets(pair, 0, 1000 + number, 100)) },
    { direction: 1, frames: all.flatMap((pair, number) => packets(turned(pair), 1, 5000 + number, 300)) },
  ];
}

/** A record without what differs from run to run. */
function comparable(flow: Flow): Flow {
  const {
    flowStartMilliseconds: _a,
    flowEndMilliseconds: _b,
    flowId: _c,
    ingressInterface: _d,
    egressInterface: _e,
    ...rest
  } = flow;
  return rest;
}

function sorted(flows: readonly Flow[]): Flow[] {
  const text = (flow: Flow) => JSON.stringify(flow);
  return flows.map(comparable).sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

const fields =
  '%flowStartMilliseconds %flowEndMilliseconds %sourceIPv4Address %destinationIPv4Address %sourceTransportPort ' +
  '%destinationTransportPort %protocolIdentifier %packetDeltaCount %reversePacketDeltaCount %octetDeltaCount ' +
  '%reverseOctetDeltaCount %initiatorOctets %responderOctets %fragmentPackets %reverseFragmentPackets %fragmentFlags ' +
  '%tcpControlBits %reverseTcpControlBits %biflowDirection %directionMethod %tunnelType %tunnelId %outerSourceIPv4Address ' +
  '%outerDestinationIPv4Address %flowId %flowEndReason';

/** Sends the steps over the pair, near and far in turn, to weir with four workers; gives its flows and those of the same frames offline. */
async function bothWays(
  t: TestContext,
  steps: readonly Step[],
): Promise<{ live: Flow[]; offline: Flow[]; run: WeirRun }> {
  const folder = temporaryFolder(t);
  const network = new Network(t);
  const options = ['--tunnels', '-T', fields, '--idle-timeout', '60s'];
  const weir = await LiveWeir.metering(t, [
    '-i',
    network.far.point,
    '--workers',
    '4',
    '--to',
    '-?format=json',
    ...options,
  ]);
  let sent = 0;
  for (const [number, { direction, frames }] of steps.entries()) {
    const file = join(folder, `${number}.pcap`);
    writeFileSync(file, pcap(frames));
    sent += (direction === 0 ? network.near : network.far).replay(file, '--pps', '20000');
    await weir.packetsSeen(sent); // so that a reply is never seen before its request
  }
  const run = await weir.stop();
  const all = join(folder, 'all.pcap');
  writeFileSync(all, pcap(steps.flatMap((step) => step.frames)));
  const offline = await runWeir(['-r', all, '--to', '-?format=json', ...options]);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.meter.frames, sent, run.stderr);
  assert.equal(run.meter.misplaced ?? 0, 0);
  assert.equal(run.meter.fragmentsUnmatched ?? 0, 0);
  return { live: flowsOf(run.stdout), offline: flowsOf(offline.stdout), run };
}

test('two-way VXLAN over 4 workers: one biflow a conversation', needsNetwork('tcpreplay'), async (t) => {
  const count = 200;
  const { live, offline } = await bothWays(t, vxlanSteps(count));
  assert.equal(live.length, count);
  for (const flow of live) {
    assert.deepEqual([flow.packetDeltaCount, flow.reversePacketDeltaCount], [3, 2], JSON.stringify(flow));
    assert.deepEqual([flow.octetDeltaCount, flow.reverseOctetDeltaCount], [3 * 40 + 200, 2 * 40 + 900]);
  }
  assert.deepEqual(sorted(live), sorted(offline));
});

test(
  'fragments of both IP versions over 4 workers: in the flow of their datagram',
  needsNetwork('tcpreplay'),
  async (t) => {
    const count = 120;
    const { live, offline } = await bothWays(t, fragmentSteps(count));
    assert.equal(live.length, count);
    for (const flow of live) {
      assert.deepEqual([flow.packetDeltaCount, flow.reversePacketDeltaCount], [4, 4], JSON.stringify(flow));
      assert.deepEqual([flow['ntop.SRC_FRAGMENTS'], flow['ntop.DST_FRAGMENTS']], [3, 3], JSON.stringify(flow));
    }
    const headers = (flow: Flow) => (flow.sourceIPv4Address === undefined ? 40 * 4 + 8 * 3 : 20 * 4);
    assert.equal(
      octetsOf(live),
      live.reduce((sum, flow) => sum + 2 * headers(flow) + 2 * (3008 + 8) + 400, 0),
    );
    assert.deepEqual(sorted(live), sorted(offline));
  },
);
