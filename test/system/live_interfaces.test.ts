// Interfaces that go down, vanish and come back while weir runs; names and namespaces of Observation Points.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ethernet, type Pair, pcap, udp } from '../support/frames.js';
import { flowsOf, LiveWeir, packetsOf } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

const frames = 50;
const fields =
  '%sourceTransportPort %packetDeltaCount %reversePacketDeltaCount %ingressInterface %interfaceName %networkNamespace %flowEndReason';
const toJson = ['--to', '-?format=json', '-T', fields];

/** Sends 50 datagrams of one flow with this source port. */
function send(t: TestContext, end: End, port: number): void {
  const pair: Pair = [
    { address: '10.9.0.50', port },
    { address: '10.9.0.60', port: 9 },
  ];
  const file = join(temporaryFolder(t), 'flow.pcap');
  writeFileSync(file, pcap(Array.from({ length: frames }, () => ethernet(0, udp(pair, 100)))));
  assert.equal(end.replay(file), frames);
}

function packetsByPort(text: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const flow of flowsOf(text)) {
    const port = String(flow.sourceTransportPort);
    sums[port] = (sums[port] ?? 0) + packetsOf([flow]);
  }
  return sums;
}

for (const workers of ['1', '4']) {
  test(
    `a named interface goes down, up, vanishes and comes back, ${workers} workers`,
    needsNetwork('tcpreplay'),
    async (t) => {
      const network = new Network(t);
      const { near, far } = network;
      const weir = await LiveWeir.metering(t, ['-i', far.point, '--workers', workers, ...toJson]);
      send(t, near, 1001);
      await weir.packetsSeen(frames);
      far.ip('link', 'set', 'far0', 'down');
      await weir.said(/far0: went down or vanished/);
      far.ip('link', 'set', 'far0', 'up');
      await weir.said(/far0: is up; capturing/);
      send(t, near, 1002);
      await weir.packetsSeen(2 * frames);
      far.ip('link', 'del', 'far0');
      await weir.said(/far0: went down or vanished/, 2);
      network.connect(78);
      await weir.said(/far0: is up; capturing/, 2);
      send(t, near, 1003);
      await weir.packetsSeen(3 * frames);
      const run = await weir.stop();
      assert.equal(run.status, 0, run.stderr);
      assert.deepEqual(packetsByPort(run.stdout), { 1001: frames, 1002: frames, 1003: frames });
      assert.equal(run.meter.frames, 3 * frames);
      assert.equal(run.meter.interfaceLosses, 2);
      assert.equal(run.meter.reattached, 2);
      assert.deepEqual(
        flowsOf(run.stdout)
          .map((flow) => [flow.sourceTransportPort, flow.ingressInterface])
          .sort(),
        [
          [1001, 77],
          [1002, 77],
          [1003, 78],
        ],
      );
    },
  );
}

test('an interface that is down at the start is captured when it comes up', needsNetwork('tcpreplay'), async (t) => {
  const { near, far } = new Network(t);
  far.ip('link', 'set', 'far0', 'down');
  const weir = await LiveWeir.metering(t, ['-i', far.point, ...toJson]);
  await weir.said(/far0: is down; capture begins when it is up/);
  far.ip('link', 'set', 'far0', 'up');
  await weir.said(/far0: is up; capturing/);
  send(t, near, 1001);
  await weir.packetsSeen(frames);
  const run = await weir.stop();
  assert.deepEqual(packetsByPort(run.stdout), { 1001: frames });
});

for (const pattern of ['any', 'far*']) {
  test(
    `${pattern}: a new interface is picked up, a vanished one's flows leave`,
    needsNetwork('tcpreplay'),
    async (t) => {
      const network = new Network(t);
      const { near, far } = network;
      far.ip('link', 'del', 'far0');
      const weir = await LiveWeir.metering(t, ['-i', `${pattern}@netns:${far.netns}`, ...toJson]);
      network.connect();
      await weir.said(/now watching far0/);
      send(t, near, 1001);
      await weir.packetsSeen(frames);
      far.ip('link', 'del', 'far0');
      await weir.said(/far0 is gone/);
      await weir.until(() => weir.flows.length === 1, 'exported the flow of far0');
      network.connect(79);
      await weir.said(/now watching far0/, 2);
      send(t, near, 1002);
      await weir.packetsSeen(2 * frames);
      far.ip('link', 'set', 'far0', 'down');
      await weir.said(/far0: went down or vanished/);
      far.ip('link', 'set', 'far0', 'up');
      await weir.said(/far0: is up; capturing/);
      send(t, near, 1003);
      await weir.packetsSeen(3 * frames);
      const run = await weir.stop();
      assert.equal(run.status, 0, run.stderr);
      assert.deepEqual(packetsByPort(run.stdout), { 1001: frames, 1002: frames, 1003: frames });
      assert.equal(run.meter.frames, 3 * frames);
      assert.deepEqual(
        flowsOf(run.stdout)
          .map((flow) => flow.ingressInterface)
          .sort(),
        [77, 79, 79],
      );
    },
  );
}

test(
  '@netns and @pid: the interface of that namespace, with its name and ifIndex',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const [command, ...args] = [
      ...far.prefix,
      process.execPath,
      '-e',
      'setInterval(() => {}, 1000); console.log("up")',
    ];
    const inside = spawn(command!, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => void inside.kill('SIGKILL'));
    await once(inside.stdout, 'data');
    assert.notEqual(readlinkSync(`/proc/${inside.pid}/ns/net`), readlinkSync('/proc/self/ns/net'));
    const byName = await LiveWeir.metering(t, ['-i', far.point, ...toJson]);
    const byPid = await LiveWeir.metering(t, ['-i', `far0@pid:${inside.pid}`, ...toJson]);
    send(t, near, 1001);
    for (const [weir, namespace] of [
      [byName, `/run/netns/${far.netns}`],
      [byPid, `/proc/${inside.pid}/ns/net`],
    ] as const) {
      await weir.packetsSeen(frames);
      const run = await weir.stop();
      assert.equal(run.status, 0, run.stderr);
      const [flow, ...more] = flowsOf(run.stdout);
      assert.equal(more.length, 0);
      assert.deepEqual(
        [flow!.packetDeltaCount, flow!.ingressInterface, flow!.interfaceName, flow!.networkNamespace],
        [frames, far.index(), 'far0', namespace],
      );
      assert.equal(far.index(), 77);
    }
  },
);

test(
  'an interface that is not there yet is waited for, aloud, and metered when it comes',
  needsNetwork('tcpreplay'),
  async (t) => {
    const network = new Network(t);
    const { near, far } = network;
    const points = ['-i', `nope0@netns:${far.netns}`, '-i', `late0@netns:${far.netns}`, '-i', far.point];
    const weir = await LiveWeir.metering(t, [...points, ...toJson]);
    await weir.said(
      /"code":"WEIR_INTERFACE","msg":"no interface 'nope0' in [^"]* yet: waiting for it; there are [^"]*far0/,
    );
    await weir.said(/no interface 'late0'/);
    send(t, near, 1001);
    await weir.packetsSeen(frames);
    far.ip('link', 'set', 'far0', 'down');
    far.ip('link', 'set', 'far0', 'name', 'late0');
    far.ip('link', 'set', 'late0', 'up');
    await weir.said(/now watching late0/);
    send(t, near, 1002);
    await weir.packetsSeen(2 * frames);
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(packetsByPort(run.stdout), { 1001: frames, 1002: frames });
  },
);

test('an unknown namespace is an error', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const nowhere = await new LiveWeir(t, ['-i', `far0@netns:${far.netns}x`, '--to', 'none']).ended;
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /WEIR_NETNS/);
});
