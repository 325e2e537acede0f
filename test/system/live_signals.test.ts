// How a live run ends and reloads: SIGTERM, SIGINT, a second signal, SIGHUP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ethernet, type Pair, pcap, udp } from '../support/frames.js';
import { flowsOf, LiveWeir, packetsOf } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

const stopMs = 10_000; // the bound that src/cli/live_run.ts promises
const flowCount = 300;

/** One datagram each of 300 flows, source ports from `first` on. */
function send(t: TestContext, end: End, first: number): void {
  const pair = (port: number): Pair => [
    { address: '10.9.0.50', port },
    { address: '10.9.0.60', port: 9 },
  ];
  const file = join(temporaryFolder(t), 'flows.pcap');
  writeFileSync(
    file,
    pcap(Array.from({ length: flowCount }, (_, number) => ethernet(0, udp(pair(first + number), 100)))),
  );
  assert.equal(end.replay(file), flowCount);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  for (const workers of ['1', '4']) {
    test(`${signal}: all flows leave with reason 4, ${workers} workers`, needsNetwork('tcpreplay'), async (t) => {
      const { near, far } = new Network(t);
      const weir = await LiveWeir.metering(t, ['-i', far.point, '--workers', workers, '--to', '-?format=json']);
      send(t, near, 1000); // and at once, while the frames are still in the capture ring:
      const start = performance.now();
      const run = await weir.stop(signal);
      assert.equal(run.status, 0, run.stderr);
      assert.ok(performance.now() - start < stopMs);
      const flows = flowsOf(run.stdout);
      assert.equal(packetsOf(flows), flowCount);
      assert.deepEqual([...new Set(flows.map((flow) => flow.flowEndReason))], [4]);
      assert.deepEqual(
        run.sinks.map(({ records, exported, dropped }) => [records, exported, dropped]),
        [[flowCount, flowCount, 0]],
      );
    });
  }
}

test('a second signal ends weir at once, with a sink that is stuck', needsNetwork('tcpreplay'), async (t) => {
  const { near, far } = new Network(t);
  const collector = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  t.after(() => void collector.close());
  await once(collector, 'listening');
  collector.on('connection', (socket) => t.after(() => void socket.destroy()));
  const { port } = collector.address() as AddressInfo;
  // One record a second: the rest waits, and the run would end after its deadline only.
  const weir = await LiveWeir.metering(t, [
    '-i',
    far.point,
    '--idle-timeout',
    '1s',
    '--to',
    `tcp://127.0.0.1:${port}?rate=1&spool=off`,
  ]);
  send(t, near, 1000);
  await weir.packetsSeen(flowCount);
  weir.child.kill('SIGINT');
  await weir.said(/stopping: SIGINT/);
  weir.child.kill('SIGTERM');
  const run = await weir.ended;
  assert.equal(run.status, 143, run.stderr);
  assert.deepEqual(run.sinks, []); // no summary: it did not wait for the end
});

test(
  'SIGTERM with a sink that is stuck: over within bounds, what is lost is counted',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const collector = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    t.after(() => void collector.close());
    await once(collector, 'listening');
    collector.on('connection', (socket) => t.after(() => void socket.destroy()));
    const { port } = collector.address() as AddressInfo;
    const weir = await LiveWeir.metering(t, ['-i', far.point, '--to', `tcp://127.0.0.1:${port}?rate=1&spool=off`]);
    send(t, near, 1000);
    await weir.packetsSeen(flowCount);
    const start = performance.now();
    const run = await weir.stop();
    assert.ok(performance.now() - start < stopMs);
    assert.equal(run.status, 0, run.stderr);
    const [sink] = run.sinks;
    assert.equal(sink!.records, flowCount);
    assert.equal(sink!.exported + sink!.dropped, flowCount);
    assert.ok(sink!.dropped > 0);
  },
);

test(
  'SIGHUP: timeouts of the file take effect, a renamed output file is made anew',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const folder = temporaryFolder(t);
    const [config, output, old] = ['weir.yaml', 'flows.json', 'flows.old'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(
      config,
      `idleTimeout: 1h\nactiveTimeout: 1h\nobservationPoints: ["${far.point}"]\nsinks: ["file://${output}"]\n`,
    );
    const weir = await LiveWeir.metering(t, ['-c', config]);
    send(t, near, 1000);
    await weir.packetsSeen(flowCount);
    assert.equal(readFileSync(output, 'utf8'), '');
    renameSync(output, old);
    writeFileSync(
      config,
      readFileSync(config, 'utf8')
        .replace('idleTimeout: 1h', 'idleTimeout: 1s')
        .replace('sinks:', 'workers: 2\nsinks:'),
    );
    weir.child.kill('SIGHUP');
    await weir.said(/"msg":"reloaded"/);
    await weir.said(/workers has changed; it takes effect with a restart/);
    // Statistics lines come each second: time to look again.
    await weir.until(
      () => existsSync(output) && flowsOf(readFileSync(output, 'utf8')).length === flowCount,
      'wrote all flows to the new file',
    );
    assert.equal(readFileSync(old, 'utf8'), '');
    assert.deepEqual([...new Set(flowsOf(readFileSync(output, 'utf8')).map((flow) => flow.flowEndReason))], [1]);
    // A file with a mistake changes nothing, and is told.
    writeFileSync(config, 'idleTimeout: never\n');
    weir.child.kill('SIGHUP');
    await weir.said(/not reloaded:.*idle/);
    renameSync(output, old);
    weir.child.kill('SIGHUP');
    await weir.until(() => existsSync(output), 'opened the file anew');
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
  },
);
