// -i ebpf:, flows of socket events alone: octets, ends and times against connections that the test leads octet by octet.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { type Flow, flowsOf, LiveWeir, sumOf } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { Connection, Peer } from '../support/peers.js';
import { answerTo } from '../support/socket_peer.js';

const status = loadAddon().probeAttribution();
const endReason = { active: 2, endOfFlow: 3, forced: 4 };

/** A node:test option that skips aloud where BPF is refused. */
function needsBpf(): { skip?: string; timeout: number } {
  const reason = status.tier === 'bpf' ? undefined : `BPF is refused here: ${status.reason}`;
  return { ...(reason === undefined ? {} : { skip: reason }), timeout: 120_000 };
}

const watch = (t: TestContext, ...args: string[]): Promise<LiveWeir> =>
  LiveWeir.metering(t, ['-i', 'ebpf:', '--linger-timeout', '100ms', ...args, '--to', '-?format=json']);

const pair = (t: TestContext): Promise<[Peer, Peer]> => Promise.all([Peer.start(t), Peer.start(t)]);

/** Records of the connection, whichever end they begin at. */
function recordsOf(flows: readonly Flow[], { fromPort, toPort }: Pick<Connection, 'fromPort' | 'toPort'>): Flow[] {
  return flows.filter(({ sourceTransportPort: a, destinationTransportPort: b }) =>
    [a, b].every((port) => port === fromPort || port === toPort),
  );
}

/** Its only record. */
async function recordOf(weir: LiveWeir, connection: Pick<Connection, 'fromPort' | 'toPort'>): Promise<Flow> {
  const find = (): Flow[] => recordsOf(weir.flows, connection);
  await weir.until(() => find().length > 0, `told of ${connection.fromPort} > ${connection.toPort}`);
  assert.equal(find().length, 1);
  return find()[0]!;
}

const octets = (flow: Flow): unknown[] => [flow.transportOctetDeltaCount, flow.reverseTransportOctetDeltaCount];

function assertEnds(flow: Flow, { from, to, fromPort, toPort }: Connection): void {
  const ports = [flow.sourceTransportPort, flow.destinationTransportPort];
  assert.deepEqual(ports, [fromPort, toPort], JSON.stringify(flow));
  assert.deepEqual([flow['ntop.SRC_PROC_PID'], flow['ntop.DST_PROC_PID']], [from.pid, to.pid], JSON.stringify(flow));
  assert.equal(flow.octetDeltaCount, undefined);
}

const families = [
  { name: 'IPv4', listen: '127.0.0.1', host: '127.0.0.1', address: 'IPv4Address', seen: '127.0.0.1' },
  { name: 'IPv6', listen: '::1', host: '::1', address: 'IPv6Address', seen: '::1' },
  {
    name: 'an IPv6 listener asked over IPv4',
    listen: '::',
    host: '127.0.0.1',
    address: 'IPv4Address',
    seen: '127.0.0.1',
  },
  {
    name: 'IPv4 mapped at both ends',
    listen: '::',
    host: '::ffff:127.0.0.1',
    address: 'IPv4Address',
    seen: '127.0.0.1',
  },
] as const;

test('each direction has its octets, in one flow with both ends', needsBpf(), async (t) => {
  const weir = await watch(t);
  const [client, server] = await pair(t);
  for (const { name, listen, host, address, seen } of families) {
    const { port } = await server.do('listen', { host: listen });
    const connection = await Connection.open(client, server, host, port);
    await connection.there(1, 1);
    await connection.back(70_001, 70_001);
    await connection.there(4096, 4097);
    await connection.close();
    const flow = await recordOf(weir, connection);
    assertEnds(flow, connection);
    assert.deepEqual(octets(flow), [4097, 70_001], name);
    assert.deepEqual([flow[`source${address}`], flow[`destination${address}`]], [seen, seen], name);
    assert.equal(flow.flowEndReason, endReason.endOfFlow, name);
    assert.ok(Number(flow.packetDeltaCount) >= 4 && Number(flow.reversePacketDeltaCount) >= 4, JSON.stringify(flow));
    assert.ok(Number(flow.sourceKernelConnectTime) > 0, JSON.stringify(flow));
  }
});

test('a connection between two namespaces is one flow', { ...needsBpf(), ...needsNetwork('nsenter') }, async (t) => {
  const { near, far } = new Network(t, 1500);
  const weir = await watch(t);
  const inside = (netns: string) => ['nsenter', `--net=/run/netns/${netns}`];
  const [client, server] = await Promise.all([Peer.start(t, inside(near.netns)), Peer.start(t, inside(far.netns))]);
  const { port } = await server.do('listen', { host: far.address });
  const connection = await Connection.open(client, server, far.address, port);
  await connection.there(100_000, 100_000);
  await connection.back(10, 10);
  await connection.close();
  const flow = await recordOf(weir, connection);
  assertEnds(flow, connection);
  assert.deepEqual(octets(flow), [100_000, 10]);
  assert.deepEqual([flow.sourceIPv4Address, flow.destinationIPv4Address], [near.address, far.address]);
  assert.ok(Number(flow.packetDeltaCount) > 100_000 / 1460, 'segments are counted');
});

test('refused, reset, half-closed and silent connections', needsBpf(), async (t) => {
  const weir = await watch(t);
  const [client, server] = await pair(t);
  const { port } = await server.do('listen', { host: '127.0.0.1' });

  const half = await Connection.open(client, server, '127.0.0.1', port);
  await half.there(5, 5);
  await client.do('shut', { id: half.fromId });
  await half.back(300_000, 300_000);
  await server.do('shut', { id: half.toId });
  const halfClosed = await recordOf(weir, half);
  assertEnds(halfClosed, half);
  assert.deepEqual(octets(halfClosed), [5, 300_000]);

  const cut = await Connection.open(client, server, '127.0.0.1', port);
  await cut.there(77, 77);
  await cut.back(88, 88);
  await client.do('reset', { id: cut.fromId });
  const reset = await recordOf(weir, cut);
  assertEnds(reset, cut);
  assert.deepEqual(octets(reset), [77, 88]);

  const silent = await Connection.open(client, server, '127.0.0.1', port);
  await silent.close();
  const nothing = await recordOf(weir, silent);
  assertEnds(nothing, silent);
  assert.deepEqual(octets(nothing), [0, 0]);

  await server.do('unlisten', { port });
  assert.equal((await client.do('connect', { host: '127.0.0.1', port })).error, 'ECONNREFUSED');
  const refused = (): Flow[] =>
    weir.flows.filter((flow) => flow.destinationTransportPort === port && flow['ntop.DST_PROC_PID'] === undefined);
  await weir.until(() => refused().length > 0, 'told of the refused connection');
  const [flow] = refused() as [Flow];
  assert.deepEqual([flow['ntop.SRC_PROC_PID'], ...octets(flow)], [client.pid, 0, 0]);
  assert.equal(flow.packetDeltaCount, 1);
  await weir.stop();
  assert.equal(refused().length, 1);
});

test('of a connection older than the probe only the news count', needsBpf(), async (t) => {
  const [client, server] = await pair(t);
  const { port } = await server.do('listen', { host: '127.0.0.1' });
  const connection = await Connection.open(client, server, '127.0.0.1', port);
  await connection.there(1_000, 1_000);
  await connection.back(2_000, 2_000);
  const weir = await watch(t);
  await connection.there(30, 1_030);
  await connection.back(40, 2_040);
  await connection.close();
  const flow = await recordOf(weir, connection);
  assertEnds(flow, connection);
  assert.deepEqual(octets(flow), [30, 40]);
});

test('the records of a long connection add up', needsBpf(), async (t) => {
  const weir = await watch(t, '--active-timeout', '1s');
  const [client, server] = await pair(t);
  const { port } = await server.do('listen', { host: '127.0.0.1' });
  const connection = await Connection.open(client, server, '127.0.0.1', port);
  const records = (): Flow[] => recordsOf(weir.flows, connection);
  for (let round = 1; round <= 3; round++) {
    await connection.there(1_000 * round, 500 * round * (round + 1));
    await connection.back(7, 7 * round);
    await weir.until(() => records().length >= round, `told of round ${round}`);
  }
  await connection.there(1, 6_001);
  await connection.close();
  await weir.until(() => records().at(-1)!.flowEndReason === endReason.endOfFlow, 'told of the end');
  await weir.stop();
  const all = records();
  for (const flow of all) assertEnds(flow, connection);
  assert.equal(sumOf(all, 'transportOctetDeltaCount'), 6_001);
  assert.equal(sumOf(all, 'reverseTransportOctetDeltaCount'), 21);
  assert.deepEqual(
    all.map((flow) => flow.flowEndReason),
    [...all.slice(1).map(() => endReason.active), endReason.endOfFlow],
  );
  assert.equal(new Set(all.map((flow) => flow.flowId)).size, 1);
  const times = all.flatMap((flow) => [flow.flowStartMilliseconds, flow.flowEndMilliseconds].map(String));
  assert.deepEqual(times, [...times].sort(), 'one after the other');
});

test('what is open when weir stops is told of', needsBpf(), async (t) => {
  const weir = await watch(t);
  const [client, server] = await pair(t);
  const { port } = await server.do('listen', { host: '::1' });
  const connection = await Connection.open(client, server, '::1', port);
  await connection.there(123, 123);
  const run = await weir.stop();
  const [flow, ...others] = recordsOf(flowsOf(run.stdout), connection) as [Flow];
  assert.equal(others.length, 0);
  assertEnds(flow, connection);
  assert.deepEqual([flow.transportOctetDeltaCount, flow.flowEndReason], [123, endReason.forced]);
});

for (const host of ['127.0.0.1', '::1']) {
  test(`connected UDP sockets count what they send and receive: ${host}`, needsBpf(), async (t) => {
    const weir = await watch(t);
    const [client, server] = await pair(t);
    const served = await server.do('bind', { host });
    const asking = await client.do('bind', { host, port: served.port });
    for (const size of [100, 200, 0, 65_000]) await client.do('say', { id: asking.id, octets: size });
    await server.do('heard', { id: served.id, octets: 65_300 });
    await server.do('say', { id: served.id, octets: 999, host, port: asking.port });
    await client.do('heard', { id: asking.id, octets: 999 });
    await client.do('hush', { id: asking.id });
    const flow = await recordOf(weir, { fromPort: asking.port, toPort: served.port });
    assert.deepEqual([flow.sourceTransportPort, ...octets(flow)], [asking.port, 65_300, 999]);
    assert.deepEqual([flow.packetDeltaCount, flow.reversePacketDeltaCount], [4, 1]);
    assert.deepEqual([flow['ntop.SRC_PROC_PID'], flow['ntop.DST_PROC_PID']], [client.pid, server.pid]);
  });
}

test('thousands of short connections: each one once, each octet', needsBpf(), async (t) => {
  const weir = await watch(t);
  const [client, server] = await pair(t);
  for (const host of ['127.0.0.1', '::1']) {
    const times = 3_000;
    const { port } = await server.do('serve', { host });
    const { asked } = await client.do('ask', { host, port, times });
    const told = (): Flow[] => weir.flows.filter((flow) => flow.destinationTransportPort === port);
    await weir.until(() => told().length >= times, `told of ${times} connections`);
    const seen = told().map((flow) => [flow.sourceTransportPort, ...octets(flow)].join(' '));
    const made = asked.map(({ port: from, sent, received }) => [from, sent, received].join(' '));
    assert.deepEqual(seen.sort(), made.sort());
    assert.ok(asked.every(({ sent, received }) => received === answerTo(sent)));
    const pids = new Set(told().map((flow) => `${flow['ntop.SRC_PROC_PID']} ${flow['ntop.DST_PROC_PID']}`));
    assert.deepEqual([...pids], [`${client.pid} ${server.pid}`]);
  }
  await weir.stop();
  assert.equal(weir.flows.filter((flow) => flow['ntop.SRC_PROC_PID'] === client.pid).length, 6_000);
});
