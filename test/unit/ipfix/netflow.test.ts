import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader } from '../../../src/ipfix/reader.js';
import { exportTime, packet9, set, template, u16, u32, u8 } from '../../support/ipfix_bytes.js';

const upTime = 3_600_000;

test('v9: template, data, absolute times from the uptime, padding', () => {
  const reader = new MessageReader();
  const define = set(
    0,
    template(256, [
      [8, 4],
      [1, 4],
      [21, 4],
      [22, 4],
      [4, 1],
    ]),
  );
  const data = set(256, u8(192, 0, 2, 1), u32(1000, upTime - 500, upTime - 2500), u8(17), u8(0, 0, 0));
  const [record, ...rest] = reader.read(packet9(1, 77, upTime, define, data), 's', '192.0.2.99');
  assert.equal(rest.length, 0);
  assert.deepEqual(record, {
    '@type': 'flow',
    version: 9,
    exporter: '192.0.2.99',
    domain: 77,
    exportTime,
    sequence: 1,
    template: 256,
    fields: {
      sourceIPv4Address: '192.0.2.1',
      octetDeltaCount: 1000,
      flowEndSysUpTime: upTime - 500,
      flowStartSysUpTime: upTime - 2500,
      protocolIdentifier: 17,
      flowStartMilliseconds: '2026-11-21T06:05:27.500Z',
      flowEndMilliseconds: '2026-11-21T06:05:29.500Z',
    },
  });
});

test('v9: the uptime wraps after 49.7 days; a flow may end just after the header was made', () => {
  const reader = new MessageReader({ times: 'milliseconds' });
  const define = set(
    0,
    template(256, [
      [22, 4],
      [21, 4],
    ]),
  );
  const [record] = reader.read(packet9(1, 1, 1000, define, set(256, u32(0xffffffff - 999, 1005))), 's');
  assert.equal(record?.fields.flowStartMilliseconds, exportTime * 1000 - 2000);
  assert.equal(record?.fields.flowEndMilliseconds, exportTime * 1000 + 5);
});

test("v9: ntop's types from 57472 on are its enterprise's elements", () => {
  const reader = new MessageReader();
  const [record] = reader.read(
    packet9(
      1,
      1,
      0,
      set(
        0,
        template(256, [
          [57472 + 999, 4],
          [61, 1],
        ]),
      ),
      set(256, u8(1, 2, 3, 4, 1)),
    ),
    's',
  );
  assert.deepEqual(record?.fields, { '35632.999': '0x01020304', flowDirection: 1 });
});

test('v9: options with v9 scopes', () => {
  const reader = new MessageReader();
  const define = set(1, u16(300, 8, 8), u16(1, 4, 2, 4), u16(34, 4, 35, 1), u16(0));
  const [record] = reader.read(packet9(1, 1, 0, define, set(300, u32(9, 3, 100), u8(2), u8(0, 0, 0))), 's');
  assert.equal(record?.['@type'], 'options');
  assert.deepEqual(record?.scope, ['scopeSystem', 'scopeInterface']);
  assert.deepEqual(record?.fields, { scopeSystem: 9, scopeInterface: 3, samplingInterval: 100, samplingAlgorithm: 2 });
});

test('v9: sequence numbers count packets', () => {
  const reader = new MessageReader();
  const data = set(256, u16(1), u16(2));
  reader.read(packet9(10, 1, 0, set(0, template(256, [[7, 2]])), data), 's');
  reader.read(packet9(11, 1, 0, data), 's');
  reader.read(packet9(15, 1, 0, data), 's');
  assert.deepEqual([reader.counters.sequenceGaps, reader.counters.lost], [1, 3]);
});

test('v9: malformed packets are counted', () => {
  const reader = new MessageReader();
  reader.read(u16(9, 1), 's');
  reader.read(packet9(1, 1, 0, u16(256, 2)), 's');
  reader.read(packet9(2, 1, 0, set(0, u16(256, 100))), 's');
  reader.read(packet9(3, 1, 0, set(1, u16(300, 3, 4), u32(0, 0))), 's');
  reader.read(packet9(4, 1, 0, set(5, u32(0))), 's');
  const { shortMessage, setLength, templateRecord, reservedSet } = reader.counters.malformed;
  assert.deepEqual([shortMessage, setLength, templateRecord, reservedSet], [1, 1, 2, 1]);
});

function record5(port: number): Buffer {
  return Buffer.concat([
    u8(192, 0, 2, 1),
    u8(198, 51, 100, 7),
    u8(0, 0, 0, 0),
    u16(1, 2),
    u32(5, 1500, upTime - 3000, upTime - 1000),
    u16(port, 443),
    u8(0, 0x1b, 6, 0x20),
    u16(64512, 64513),
    u8(24, 16),
    u16(0),
  ]);
}

function packet5(sequence: number, count: number, ...records: Buffer[]): Buffer {
  return Buffer.concat([
    u16(5, count),
    u32(upTime, exportTime, 250_000_000, sequence),
    u8(1, 7),
    u16(0x4064),
    ...records,
  ]);
}

test('v5', () => {
  const reader = new MessageReader();
  const records = reader.read(packet5(100, 2, record5(1000), record5(1001)), 's', '192.0.2.99');
  assert.equal(records.length, 2);
  assert.deepEqual(records[0], {
    '@type': 'flow',
    version: 5,
    exporter: '192.0.2.99',
    domain: 0x107,
    exportTime,
    sequence: 100,
    template: 0,
    fields: {
      sourceIPv4Address: '192.0.2.1',
      destinationIPv4Address: '198.51.100.7',
      ipNextHopIPv4Address: '0.0.0.0',
      ingressInterface: 1,
      egressInterface: 2,
      packetDeltaCount: 5,
      octetDeltaCount: 1500,
      flowStartSysUpTime: upTime - 3000,
      flowEndSysUpTime: upTime - 1000,
      sourceTransportPort: 1000,
      destinationTransportPort: 443,
      tcpControlBits: 27,
      protocolIdentifier: 6,
      ipClassOfService: 32,
      bgpSourceAsNumber: 64512,
      bgpDestinationAsNumber: 64513,
      sourceIPv4PrefixLength: 24,
      destinationIPv4PrefixLength: 16,
      samplingInterval: 100,
      flowStartMilliseconds: '2026-11-21T06:05:27.250Z',
      flowEndMilliseconds: '2026-11-21T06:05:29.250Z',
    },
  });
  reader.read(packet5(105, 1, record5(1)), 's');
  assert.deepEqual([reader.counters.sequenceGaps, reader.counters.lost], [1, 3]);
});

test('v5 that says more records than it has gives those it has', () => {
  const reader = new MessageReader();
  assert.equal(reader.read(packet5(0, 30, record5(1)), 's').length, 1);
  assert.equal(reader.counters.malformed.messageLength, 1);
});
