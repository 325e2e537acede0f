import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementByName } from '../../../src/fields/elements.js';
import { jsonKey } from '../../../src/fields/naming.js';
import type { Fields } from '../../../src/top/reading.js';
import { epoch, inside, newReader, observe, record, served } from '../../support/top_flows.js';

const one = (fields: Fields) => observe([fields])[0]!;

test('a biflow: the initiator first, in and out from the side of the end that is known', () => {
  const client = one(
    record({ handshakeRoundTripMicroseconds: 300, retransmittedPackets: 1, reverseRetransmittedPackets: 2 }),
  );
  assert.deepEqual(client.octets, [100, 1000]);
  assert.deepEqual(client.packets, [2, 4]);
  assert.equal(client.viewpoint, 0);
  assert.equal(client.retransmits, 3);
  assert.deepEqual(client.rtt, [300, 300]);
  assert.equal(client.ends[0].process, 'curl');
  assert.equal(one(record(served)).viewpoint, 1);
  assert.equal(one(record(inside)).viewpoint, 0);
  assert.deepEqual(one(record({ sourceKernelSmoothedRtt: 20, handshakeRoundTripMicroseconds: 300 })).rtt, [20, 300]);
});

test('where nobody is known, an address of this host says which end is here', () => {
  const nobody = { sourceProcessId: 0, sourceProcessName: '', sourceUserName: '' };
  const reader = newReader({ localAddresses: new Set(['10.0.0.2']) });
  assert.equal(observe([record(nobody)], reader)[0]!.viewpoint, 1);
  assert.equal(one(record(nobody)).viewpoint, 0);
});

test('JSON of naming ipfix and nprobe reads as IPFIX does', () => {
  for (const naming of ['ipfix', 'nprobe'] as const) {
    const plain = record({ sourcePodNamespace: 'shop', sourcePodName: 'web-0' });
    const named = Object.fromEntries(
      Object.entries(plain).map(([name, value]) => [jsonKey(elementByName(name), naming), value]),
    );
    const { flow: _, ...found } = one(named);
    const { flow: __, ...wanted } = one(plain);
    assert.deepEqual(found, wanted, naming);
    assert.equal(found.ends[0].pod, 'shop/web-0');
  }
});

test('times: ISO text, milliseconds, whole seconds, none', () => {
  const without = { flowStartMilliseconds: undefined, flowEndMilliseconds: undefined };
  const at = (changes: Fields) => one(record({ ...without, ...changes }));
  const iso = at({ flowStartMilliseconds: '2026-01-01T00:00:01.500Z', flowEndMilliseconds: '2026-01-01T00:00:02Z' });
  assert.deepEqual([iso.startMs, iso.endMs], [epoch + 1500, epoch + 2000]);
  const seconds = at({ flowStartSeconds: '2026-01-01T00:00:01Z', flowEndSeconds: epoch / 1000 + 2 });
  assert.deepEqual([seconds.startMs, seconds.endMs], [epoch + 1000, epoch + 2000]);
  const none = at({});
  assert.deepEqual([none.startMs, none.endMs], [epoch, epoch]);
});

test('what is no time counts as now, and a record never ends before it starts', () => {
  const now = [epoch, epoch];
  for (const absurd of [
    1e18,
    -1e18,
    8.64e15,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -5,
    '+275760-09-13T00:00:00Z',
    'x',
    {},
  ]) {
    const fine = one(record({ flowStartMilliseconds: absurd, flowEndMilliseconds: absurd }));
    assert.deepEqual([fine.startMs, fine.endMs], now, String(absurd));
    const none = { flowStartMilliseconds: undefined, flowEndMilliseconds: undefined };
    const coarse = one(record({ ...none, flowStartSeconds: absurd, flowEndSeconds: absurd }));
    assert.deepEqual([coarse.startMs, coarse.endMs], now, String(absurd));
  }
  const turned = one(record({}, 5, 2));
  assert.deepEqual([turned.startMs, turned.endMs], [epoch + 2000, epoch + 2000]);
  const late = one(record({ flowStartMilliseconds: 1e18 }));
  assert.deepEqual([late.startMs, late.endMs], [epoch + 1000, epoch + 1000]);
});

test('both uniflows of a connection make one, the initiator first', () => {
  const uniflow = {
    reverseOctetDeltaCount: undefined,
    reversePacketDeltaCount: undefined,
    reverseTcpControlBits: undefined,
  };
  const turned = {
    ...uniflow,
    sourceIPv4Address: '10.0.0.2',
    destinationIPv4Address: '10.0.0.1',
    sourceTransportPort: 443,
    destinationTransportPort: 5555,
    octetDeltaCount: 1000,
  };
  for (const [first, second] of [
    [1, 2],
    [0, 0],
  ] as const) {
    const [there, back] = observe([
      record({ ...uniflow, sourceTransportPort: 5555, biflowDirection: first }),
      record({ ...turned, biflowDirection: second }),
    ]);
    assert.equal(there!.flow, back!.flow);
    assert.deepEqual([there!.connection, back!.connection], [true, false]);
    assert.deepEqual(
      [there!.octets, back!.octets],
      [
        [100, 0],
        [0, 1000],
      ],
    );
  }
});

test('hostile names are escaped and bounded; numbers beyond 2^53 are read', () => {
  const { ends, octets } = one(
    record({
      sourceProcessName: `\u001b[2J${'x'.repeat(500)}`,
      sourceUserName: 'a\nb\u202e',
      octetDeltaCount: '9007199254740993',
    }),
  );
  assert.match(ends[0].process, /^\\u001b\[2Jx+…$/);
  assert.ok(ends[0].process.length < 100);
  assert.equal(ends[0].user, 'a\\nb\\u202e');
  assert.equal(octets[0], 9007199254740992);
});

test('other counters, where there are no deltas', () => {
  const {
    octetDeltaCount: _,
    reverseOctetDeltaCount: __,
    packetDeltaCount: ___,
    reversePacketDeltaCount: ____,
    ...plain
  } = record();
  const total = one({
    ...plain,
    octetTotalCount: 7,
    reverseOctetTotalCount: 8,
    packetTotalCount: 1,
    reversePacketTotalCount: 2,
  });
  assert.deepEqual(
    [total.octets, total.packets],
    [
      [7, 8],
      [1, 2],
    ],
  );
  const layer4 = { initiatorOctets: 7, responderOctets: 8, initiatorPackets: 1, responderPackets: 2 };
  const reader = newReader();
  const sides = observe([{ ...plain, ...layer4 }], reader)[0]!;
  assert.deepEqual(
    [sides.octets, sides.packets],
    [
      [7, 8],
      [1, 2],
    ],
  );
  assert.ok(reader.told.has('packets'));
  assert.deepEqual(one(record(layer4)).octets, [100, 1000], 'deltas go first');
});

test('JSON of naming ecs', () => {
  const line = {
    '@timestamp': '2026-01-01T00:00:02.000Z',
    ecs: { version: '8.11.0' },
    event: {
      kind: 'event',
      action: 'network_flow',
      start: '2026-01-01T00:00:01.000Z',
      end: '2026-01-01T00:00:02.000Z',
    },
    source: { ip: '10.0.0.1', port: 40000, bytes: 100, packets: 2 },
    destination: { ip: '2001:db8::1', port: 443, bytes: 1000, packets: 4, user: { name: 'www-data' } },
    network: { transport: 'tcp', iana_number: '6', bytes: 1100, packets: 6 },
    process: { pid: 7, name: 'curl' },
    user: { id: '1000', name: 'alice' },
  };
  const { startMs, endMs, flow, octets, packets, ends } = one(line);
  assert.deepEqual([startMs, endMs], [epoch + 1000, epoch + 2000]);
  assert.equal(flow.text, 'TCP 10.0.0.1:40000 > [2001:db8::1]:443');
  assert.deepEqual(
    [octets, packets],
    [
      [100, 1000],
      [2, 4],
    ],
  );
  assert.deepEqual([ends[0].process, ends[0].processId, ends[0].user, ends[1].user], ['curl', 7, 'alice', 'www-data']);
  assert.equal(newReader().read({ ...line, event: { action: 'connect' } }, epoch), undefined, 'an event');
});

test('what is no flow is skipped; what no record told is unknown', () => {
  const reader = newReader();
  for (const fields of [
    { '@type': 'statistics', octetDeltaCount: 1 },
    { eventName: 'close', octetDeltaCount: 1 },
  ])
    assert.equal(reader.read(fields, epoch), undefined);
  assert.equal(reader.notUnderstood, 0, 'they are understood, and no flows');
  for (const fields of [{}, { sourceIPv4Address: '10.0.0.1', bytes: 5 }])
    assert.equal(reader.read(fields, epoch), undefined);
  assert.equal(reader.notUnderstood, 2);
  assert.deepEqual([...reader.told], []);
  reader.read({ transportOctetDeltaCount: 5, sourceIPv4Address: '10.0.0.1' }, epoch);
  assert.deepEqual([...reader.told], []);
  reader.read(record({ retransmittedPackets: 0, handshakeRoundTripMicroseconds: 0 }), epoch);
  assert.deepEqual([...reader.told].sort(), ['failed', 'packets', 'retransmits', 'rtt']);
});

test('names in place of names: user id, container id, process id', () => {
  const { ends } = one(
    record({ sourceProcessName: '', sourceUserName: '', sourceUserId: 1000, sourceContainerId: 'c'.repeat(64) }),
  );
  assert.deepEqual([ends[0].process, ends[0].user, ends[0].container], ['pid 7', '1000', 'c'.repeat(12)]);
  assert.equal(one(record({ sourceUserName: '', sourceUserId: 4294967295 })).ends[0].user, '');
});
