// Sinks do not wait for each other; nothing is lost that is not counted.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { elementByName } from '../../src/fields/elements.js';
import { MessageReader } from '../../src/ipfix/reader.js';
import { newBatch } from '../../src/metering/batch.js';
import { loadAddon } from '../../src/native/load.js';
import { ethernet, type Pair, pcap, udp } from '../support/frames.js';
import { flowsOf, LiveWeir, packetsOf } from '../support/live_weir.js';
import { meterDefaults } from '../support/meter_run.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

/** One datagram of each of `count` flows. */
function send(t: TestContext, end: End, count: number, ...options: string[]): void {
  const pair = (number: number): Pair => [
    { address: `10.9.1.${number % 200}`, port: 1000 + Math.floor(number / 200) },
    { address: '10.9.0.60', port: 9 },
  ];
  const file = join(temporaryFolder(t), 'flows.pcap');
  writeFileSync(file, pcap(Array.from({ length: count }, (_, number) => ethernet(0, udp(pair(number), 100)))));
  assert.equal(end.replay(file, ...options), count);
}

test('a TCP collector that never reads does not hold up the UDP one', needsNetwork('tcpreplay'), async (t) => {
  const { near, far } = new Network(t);
  const count = 12_000;
  const stuck = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  t.after(() => void stuck.close());
  stuck.on('connection', (socket) => t.after(() => void socket.destroy()));
  await once(stuck, 'listening');
  const receiver = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  t.after(() => void receiver.close());
  const ids = new Set<unknown>();
  const reader = new MessageReader();
  receiver.on('message', (message, { address, port }) => {
    for (const record of reader.read(message, `${address} ${port}`)) if (record['@type'] === 'flow') ids.add(record);
  });
  receiver.bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const weir = await LiveWeir.metering(t, [
    '-i',
    far.point,
    '--idle-timeout',
    '1s',
    '--to',
    `tcp://127.0.0.1:${(stuck.address() as AddressInfo).port}?format=json&template=full&queue=65536&spool=off`,
    '--to',
    `udp://127.0.0.1:${receiver.address().port}?rate=8000`,
  ]);
  send(t, near, count);
  await weir.until(() => ids.size >= count, 'gave all records to the UDP collector');
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const [tcp, udpSink] = run.sinks as [WeirSink, WeirSink];
  assert.deepEqual([udpSink.records, udpSink.exported, udpSink.dropped], [count, count, 0]);
  assert.equal(tcp.records, count);
  assert.equal(tcp.exported + tcp.dropped, count);
  assert.ok(tcp.dropped > 0, 'the TCP collector took everything: the test shows nothing');
  assert.match(run.stderr, /tcp:\/\/[^|]* dropped: queueFull/); // in a statistics line
});

interface WeirSink {
  sink: string;
  records: number;
  exported: number;
  dropped: number;
}

test(
  'kernel drops are counted: frames and drops are what was sent; the statistics line tells',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const count = 20_000;
    const weir = await LiveWeir.metering(t, ['-i', far.point, '--capture-ring', '1M', '--to', '-?format=json']);
    weir.child.kill('SIGSTOP'); // the ring of 1 MB is full before weir reads again
    send(t, near, count, '--topspeed');
    weir.child.kill('SIGCONT');
    await weir.said(
      /"msg":"packets \S+ \(\S+\/s, \S+bit\/s\) not metered: kernel \S+ \| flows \S+ new \(\S+\/s\), \S+ in cache \(\S+%\) \| -\S* \S+ records \S+B/m,
    );
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
    const { frames = 0, metered = 0, kernelDrops = 0, notIp = 0 } = run.meter;
    assert.ok(kernelDrops > 0);
    assert.equal(frames + kernelDrops, count, run.stderr);
    assert.equal(metered + notIp, frames);
    assert.equal(packetsOf(flowsOf(run.stdout)), metered);
  },
);

test('records that find the record ring full are counted', needsNetwork('tcpreplay'), async (t) => {
  const { near, far } = new Network(t);
  const count = 3000;
  const meter = new (loadAddon().Meter)(
    {
      ...meterDefaults,
      sources: [{ kind: 'interface', name: 'far0', netns: `/run/netns/${far.netns}` }],
      recordRing: 65536,
      cacheSize: 1024, // 3,000 flows: the oldest leave early, into a ring that nobody reads yet
      elements: [elementByName('packetDeltaCount').index],
    },
    () => {},
  );
  meter.start();
  try {
    send(t, near, count);
    const until = async (met: () => boolean): Promise<void> => {
      for (let tries = 0; !met(); tries++) {
        assert.ok(tries < 500, 'waited 10 s');
        await delay(20);
      }
    };
    await until(() => meter.counters().frames === count);
    assert.ok(meter.counters().recordsDropped > 0);
    const batch = newBatch(meter.stride, 1024);
    let taken = 0;
    meter.stop(); // the last flush waits for a reader and drops nothing
    await until(() => {
      const finished = meter.events().some((event) => event.kind === 'finished');
      while (meter.take(batch) > 0) taken += batch.count;
      return finished;
    });
    const counters = meter.counters();
    assert.equal(taken + counters.recordsDropped, count);
    assert.equal(
      Object.values(counters.records).reduce((sum, records) => sum + records, 0),
      taken,
    );
    assert.ok(counters.records.forced! >= 1024);
    assert.equal(counters.flows, 0);
  } finally {
    meter.stop();
    meter.close();
  }
});
