// Starts at boot, where not everything is there yet: the name of a collector that is known only later.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ethernet, pcap, udp } from '../support/frames.js';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

const frames = 50;

test('a collector whose name is known only later gets the flows of before', needsNetwork('tcpreplay'), async (t) => {
  const { near, far } = new Network(t);
  const folder = temporaryFolder(t);
  const [hosts, services, capture] = ['hosts', 'nsswitch.conf', 'flow.pcap'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(hosts, '127.0.0.1 localhost\n');
  writeFileSync(services, 'hosts: files\n');
  const pair = [
    { address: '10.9.0.50', port: 1001 },
    { address: '10.9.0.60', port: 9 },
  ] as const;
  writeFileSync(capture, pcap(Array.from({ length: frames }, () => ethernet(0, udp([...pair], 100)))));
  // `ip netns exec` has a mount namespace of its own, so these files are nobody else's.
  const ownNames = [
    'sh',
    '-c',
    'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"',
  ];
  const collector = new LiveWeir(t, ['collect', 'udp://127.0.0.1:4739'], far.prefix);
  await collector.said(/listening on udp/);
  const weir = await LiveWeir.metering(
    t,
    ['-i', 'far0', '--idle-timeout', '1s', '--to', 'udp://collector.test:4739'],
    [...far.prefix, ...ownNames, hosts, services],
  );
  await weir.said(/collector\.test:4739: getaddrinfo \w+ collector\.test; looking again in 1 s/);
  assert.equal(near.replay(capture), frames);
  await weir.packetsSeen(frames);
  writeFileSync(hosts, '127.0.0.1 localhost collector.test\n');
  await weir.said(/sending to 127\.0\.0\.1 port 4739/);
  await collector.until(() => collector.stdout.includes(`"packetDeltaCount":${frames},`), 'got the flow');
  const { status, sinks, stderr } = await weir.stop();
  assert.equal(status, 0, stderr);
  assert.deepEqual([sinks[0]?.records, sinks[0]?.dropped], [1, 0]);
  await collector.stop();
});
