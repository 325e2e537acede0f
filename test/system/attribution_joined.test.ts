// Packets of an interface and the sockets of this host together: each flow once, with what packets showed beside what
// the kernel at its ends measured, as `ss -ti` shows that.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { type Flow, LiveWeir } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { Connection, Peer } from '../support/peers.js';

const status = loadAddon().probeAttribution();

function needsBoth(...commands: string[]): { skip?: string; timeout: number } {
  const network = needsNetwork('nsenter', ...commands);
  return status.tier === 'bpf' ? network : { ...network, skip: `BPF is refused here: ${status.reason}` };
}

const kernelFields = [
  ...['SmoothedRtt', 'RttVariation', 'MinimumRtt', 'Retransmits', 'Lost', 'Reordering', 'OutOfOrder'],
  ...['CongestionWindow', 'SlowStartThreshold', 'MaximumSegment', 'OctetsAcknowledged', 'OctetsReceived', 'OctetsSent'],
  ...[
    'OctetsRetransmitted',
    'SegmentsSent',
    'SegmentsReceived',
    'ConnectTime',
    'EstablishedTime',
    'ClosingTime',
    'State',
  ],
];
const template = [
  ...['sourceTransportPort', 'destinationTransportPort', 'protocolIdentifier', 'flowEndReason', 'octetDeltaCount'],
  ...['packetDeltaCount', 'retransmittedPackets', 'sourceProcessId', 'destinationProcessId'],
  ...kernelFields.flatMap((name) => [`sourceKernel${name}`, `destinationKernel${name}`]),
]
  .map((name) => `%${name}`)
  .join(' ');

const inside = (end: End): string[] => ['nsenter', `--net=/run/netns/${end.netns}`];

async function watch(t: TestContext, end: End, active: string): Promise<LiveWeir> {
  const timeouts = ['-t', active, '-d', '3s', '--linger-timeout', '100ms'];
  return LiveWeir.metering(t, ['-i', end.point, '-i', 'ebpf:', ...timeouts, '-T', template, '--to', '-?format=json']);
}

const peers = (t: TestContext, near: End, far: End): Promise<[Peer, Peer]> =>
  Promise.all([Peer.start(t, inside(near)), Peer.start(t, inside(far))]);

/** Flows from one port to the other: the whole host is watched, and ports alone are other tests' too. */
const told = (weir: LiveWeir, from: number, to: number): Flow[] =>
  weir.flows.filter((flow) => flow.sourceTransportPort === from && flow.destinationTransportPort === to);

/** What ss says of the connection, under the names of our fields. */
function sayingOfSs(end: End, port: number): Record<string, number> {
  const text = end.run('ss', '-tinHO', `sport = :${port}`);
  const number = (pattern: RegExp, absent = 0): number => Number(pattern.exec(text)?.[1] ?? absent);
  const us = (pattern: RegExp): number => Math.round(number(pattern) * 1000);
  return {
    SmoothedRtt: us(/ rtt:([\d.]+)/),
    RttVariation: us(/ rtt:[\d.]+\/([\d.]+)/),
    MinimumRtt: us(/ minrtt:([\d.]+)/),
    Retransmits: number(/ retrans:\d+\/(\d+)/),
    Reordering: number(/ reord_seen:(\d+)/),
    OutOfOrder: number(/ rcv_ooopack:(\d+)/),
    CongestionWindow: number(/ cwnd:(\d+)/),
    SlowStartThreshold: number(/ ssthresh:(\d+)/, 0x7fffffff),
    MaximumSegment: number(/ mss:(\d+)/),
    OctetsReceived: number(/ bytes_received:(\d+)/),
    OctetsSent: number(/ bytes_sent:(\d+)/),
    OctetsRetransmitted: number(/ bytes_retrans:(\d+)/),
    SegmentsSent: number(/ segs_out:(\d+)/),
    SegmentsReceived: number(/ segs_in:(\d+)/),
  };
}

const kernelOf = (flow: Flow, side: 'source' | 'destination'): Record<string, number> =>
  Object.fromEntries(kernelFields.map((name) => [name, Number(flow[`${side}Kernel${name}`] ?? 0)]));

test('what the kernel says of a lossy connection is what ss shows', needsBoth('nft', 'ss'), async (t) => {
  const { near, far } = new Network(t, 1500);
  const drop = 'ip length > 200 numgen inc mod 12 == 11 drop';
  far.run('nft', `add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in ${drop}`);
  const weir = await watch(t, near, '2s');
  const [client, server] = await peers(t, near, far);
  const { port } = await server.do('listen', { host: far.address });
  const connection = await Connection.open(client, server, far.address, port);
  await connection.there(2_000_000, 2_000_000);
  await connection.back(300_000, 300_000);
  const shown = { source: sayingOfSs(near, connection.fromPort), destination: sayingOfSs(far, port) };
  await weir.until(() => told(weir, connection.fromPort, port).length > 0, 'told of the connection');
  const [flow] = told(weir, connection.fromPort, port) as [Flow];
  for (const side of ['source', 'destination'] as const) {
    const told = kernelOf(flow, side);
    assert.deepEqual(Object.fromEntries(Object.keys(shown[side]).map((name) => [name, told[name]])), shown[side]);
    assert.equal(told.State, 1);
    assert.ok(told.EstablishedTime! > 0 && told.EstablishedTime! < 60_000, JSON.stringify(flow));
  }
  assert.equal(flow.sourceKernelOctetsAcknowledged, 2_000_000);
  assert.equal(flow.destinationKernelOctetsAcknowledged, 300_000);
  assert.ok(shown.source.Retransmits! > 0 && Number(flow.sourceKernelLost) > 0, 'segments were lost');
  assert.ok(Number(flow.sourceKernelConnectTime) > 0);
  assert.equal(flow['ntop.RETRANSMITTED_IN_PKTS'], shown.source.Retransmits, 'packets and kernel agree');
  await connection.close();
  await weir.until(
    () => told(weir, connection.fromPort, port).some((one) => one.flowEndReason === 3),
    'told of the end',
  );
  await weir.stop();
  const [last] = told(weir, connection.fromPort, port).filter((one) => one.flowEndReason === 3) as [Flow];
  assert.equal(last.sourceKernelState, 7);
  assert.ok(
    told(weir, connection.fromPort, port).every((one) => Number(one.octetDeltaCount) > 0),
    'records of packets alone',
  );
});

test('long, silent and datagram flows of an interface are told once', needsBoth(), async (t) => {
  const { near, far } = new Network(t, 1500);
  const [client, server] = await peers(t, near, far);
  const { port } = await server.do('listen', { host: far.address });
  const old = await Connection.open(client, server, far.address, port);
  const weir = await watch(t, near, '60s');
  const served = await server.do('bind', { host: far.address });
  const asking = await client.do('bind', { host: far.address, port: served.port });
  await client.do('say', { id: asking.id, octets: 100 });
  await server.do('heard', { id: served.id, octets: 100 });
  await client.do('hush', { id: asking.id });
  const young = await Connection.open(client, server, far.address, port);
  await young.there(1_000, 1_000);
  await old.there(500, 500);
  const seen = [
    { from: asking.port, to: served.port },
    { from: young.fromPort, to: port },
    { from: old.fromPort, to: port },
  ];
  for (const { from, to } of seen) await weir.until(() => told(weir, from, to).length > 0, `told of ${from} > ${to}`);
  // A socket flow would have come by now: one of the loopback shows that they come.
  const [local, answering] = await Promise.all([Peer.start(t), Peer.start(t)]);
  const lone = await answering.do('listen', { host: '127.0.0.1' });
  const unseen = await Connection.open(local, answering, '127.0.0.1', lone.port);
  await unseen.there(77, 77);
  await unseen.close();
  await weir.until(() => told(weir, unseen.fromPort, lone.port).length > 0, 'told of what no packet showed');
  await weir.stop();
  for (const { from, to } of [...seen, { from: unseen.fromPort, to: lone.port }])
    assert.equal(told(weir, from, to).length, 1, JSON.stringify(told(weir, from, to)));
  const [datagrams] = told(weir, asking.port, served.port) as [Flow];
  // Its peer is an unconnected socket in another namespace: known by an address, which several networks may have.
  assert.equal(datagrams['ntop.SRC_PROC_PID'], client.pid);
});
