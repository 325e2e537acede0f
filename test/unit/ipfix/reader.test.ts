import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader } from '../../../src/ipfix/reader.js';
import type { DecodedRecord, ReaderCounters } from '../../../src/ipfix/record.js';
import {
  exportTime,
  message,
  optionsTemplate,
  set,
  type Specifier,
  template,
  u16,
  u32,
  u64,
  u8,
  variable,
} from '../../support/ipfix_bytes.js';

const basic: Specifier[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [1, 8],
];
const flow = (port: number, octets: number | bigint): Buffer =>
  Buffer.concat([u8(192, 0, 2, 1), u8(198, 51, 100, 7), u16(port), u64(octets)]);

function malformed(reader: MessageReader): Partial<ReaderCounters['malformed']> {
  return Object.fromEntries(Object.entries(reader.counters.malformed).filter(([, count]) => count > 0));
}

const fieldsOf = (records: DecodedRecord[]): DecodedRecord['fields'][] => records.map((record) => record.fields);

test('a template and its records in one message', () => {
  const reader = new MessageReader();
  const [first, second, ...rest] = reader.read(
    message(7, 42, set(2, template(256, basic)), set(256, flow(40000, 123), flow(40001, 5))),
    'session',
    '192.0.2.99',
  );
  assert.deepEqual(first, {
    '@type': 'flow',
    version: 10,
    exporter: '192.0.2.99',
    domain: 42,
    exportTime,
    sequence: 7,
    template: 256,
    fields: {
      sourceIPv4Address: '192.0.2.1',
      destinationIPv4Address: '198.51.100.7',
      sourceTransportPort: 40000,
      octetDeltaCount: 123,
    },
  });
  assert.equal(second?.fields.sourceTransportPort, 40001);
  assert.equal(rest.length, 0);
  assert.deepEqual(malformed(reader), {});
});

test('templates belong to a session and a domain', () => {
  const reader = new MessageReader();
  reader.read(message(0, 1, set(2, template(256, basic))), 'a');
  const data = set(256, flow(1, 1));
  assert.equal(reader.read(message(0, 1, data), 'a').length, 1);
  assert.equal(reader.read(message(0, 2, data), 'a').length, 0);
  assert.equal(reader.read(message(0, 1, data), 'b').length, 0);
  assert.equal(reader.counters.unknownTemplates, 2);
  reader.forget('a');
  assert.equal(reader.read(message(1, 1, data), 'a').length, 0);
});

test('padding behind records and behind templates is skipped', () => {
  const reader = new MessageReader();
  const records = reader.read(
    message(
      0,
      1,
      set(2, template(256, basic), u8(0, 0)),
      set(
        2,
        template(257, [
          [4, 1],
          [7, 2],
        ]),
        u32(0),
      ),
      set(256, flow(1, 1), u8(0, 0, 0)),
      set(257, u8(6), u16(80), u8(0, 0)),
    ),
    's',
  );
  assert.deepEqual(
    records.map((record) => record.template),
    [256, 257],
  );
  assert.deepEqual(malformed(reader), {});
});

for (const length of [0, 1, 254, 255, 256, 65000]) {
  test(`a variable-length string of ${length} octets, and one in the three-octet form`, () => {
    const reader = new MessageReader();
    const value = 'x'.repeat(length);
    const body = [u16(1), variable(value, length === 1), u16(2)];
    const records = reader.read(
      message(
        0,
        1,
        set(
          2,
          template(256, [
            [7, 2],
            [371, 65535],
            [11, 2],
          ]),
        ),
        set(256, ...body),
      ),
      's',
    );
    assert.deepEqual(fieldsOf(records), [{ sourceTransportPort: 1, userName: value, destinationTransportPort: 2 }]);
  });
}

test('enterprise, reverse and unknown elements are named', () => {
  const reader = new MessageReader();
  const fields: Specifier[] = [
    [1, 8, 29305],
    [169, 65535, 99999],
    [32000, 2],
    [3, 1, 6871],
  ];
  const body = Buffer.concat([u64(777), variable('curl'), u16(5), u8(1)]);
  const [record] = reader.read(message(0, 1, set(2, template(256, fields)), set(256, body)), 's');
  assert.deepEqual(record?.fields, {
    reverseOctetDeltaCount: 777,
    '99999.169': '0x6375726c',
    '0.32000': '0x0005',
    '6871.3': '0x01',
  });
});

test('the same element twice keeps both values', () => {
  const reader = new MessageReader();
  const [record] = reader.read(
    message(
      0,
      1,
      set(
        2,
        template(256, [
          [70, 3],
          [70, 3],
        ]),
      ),
      set(256, u8(0, 1, 0, 0, 2, 1)),
    ),
    's',
  );
  assert.deepEqual(record?.fields, { mplsTopLabelStackSection: '0x000100', 'mplsTopLabelStackSection#2': '0x000201' });
});

test('reduced-size encoding, and 64-bit counters that a number cannot hold', () => {
  const reader = new MessageReader();
  const fields: Specifier[] = [
    [1, 3],
    [2, 8],
    [85, 8],
    [86, 6],
  ];
  const body = Buffer.concat([u8(1, 0, 0), u64(2n ** 53n - 1n), u64(2n ** 64n - 1n), u8(0, 0, 0, 0, 0, 9)]);
  const [record] = reader.read(message(0, 1, set(2, template(256, fields)), set(256, body)), 's');
  assert.deepEqual(record?.fields, {
    octetDeltaCount: 65536,
    packetDeltaCount: 9007199254740991,
    octetTotalCount: '18446744073709551615',
    packetTotalCount: 9,
  });
});

test('options records tell which fields are their scope', () => {
  const reader = new MessageReader();
  const [record] = reader.read(
    message(
      0,
      5,
      set(
        3,
        optionsTemplate(300, 2, [
          [149, 4],
          [143, 4],
          [164, 8],
        ]),
      ),
      set(300, u32(5, 1), u64(10)),
    ),
    's',
  );
  assert.equal(record?.['@type'], 'options');
  assert.deepEqual(record?.scope, ['observationDomainId', 'meteringProcessId']);
  assert.deepEqual(record?.fields, { observationDomainId: 5, meteringProcessId: 1, ignoredPacketTotalCount: 10 });
  assert.deepEqual([reader.counters.optionsRecords, reader.counters.flowRecords], [1, 0]);
});

test('withdrawals: one template, and all of a kind', () => {
  const reader = new MessageReader();
  const define = message(
    0,
    1,
    set(2, template(256, basic), template(257, basic)),
    set(3, optionsTemplate(300, 1, [[149, 4]])),
  );
  const data = (id: number): number =>
    reader.read(message(0, 1, set(id, id === 300 ? u32(1) : flow(1, 1))), 's').length;
  reader.read(define, 's');
  reader.read(message(0, 1, set(2, u16(256, 0))), 's');
  assert.deepEqual([256, 257, 300].map(data), [0, 1, 1]);
  reader.read(message(0, 1, set(2, u16(2, 0))), 's');
  assert.deepEqual([256, 257, 300].map(data), [0, 0, 1]);
  reader.read(message(0, 1, set(3, u16(3, 0))), 's');
  assert.deepEqual([256, 257, 300].map(data), [0, 0, 0]);
  assert.equal(reader.counters.withdrawals, 3);
});

test('a template that is sent again is a refresh; a changed one is counted and used', () => {
  const reader = new MessageReader();
  reader.read(message(0, 1, set(2, template(256, [[7, 2]]))), 's');
  reader.read(message(0, 1, set(2, template(256, [[7, 2]]))), 's');
  assert.deepEqual([reader.counters.templates, reader.counters.redefinitions], [2, 0]);
  const records = reader.read(message(0, 1, set(2, template(256, [[11, 2]])), set(256, u16(9))), 's');
  assert.equal(reader.counters.redefinitions, 1);
  assert.deepEqual(fieldsOf(records), [{ destinationTransportPort: 9 }]);
});

test('gaps, late messages and restarts are told from the sequence numbers, across the wrap', () => {
  const reader = new MessageReader();
  const send = (sequence: number, count: number): void => {
    reader.read(message(sequence, 1, set(256, ...Array.from({ length: count }, () => u16(1)))), 's');
  };
  reader.read(message(0xfffffff0, 1, set(2, template(256, [[7, 2]]))), 's');
  send(0xfffffff0, 20); // to 4
  assert.deepEqual([reader.counters.sequenceGaps, reader.counters.lost], [0, 0]);
  send(10, 2); // 6 are missing, to 12
  assert.deepEqual([reader.counters.sequenceGaps, reader.counters.lost], [1, 6]);
  send(4, 6); // here they are, late
  assert.deepEqual([reader.counters.outOfOrder, reader.counters.lost], [1, 0]);
  send(12, 1);
  assert.equal(reader.counters.sequenceGaps, 1);
  send(0, 1);
  assert.equal(reader.counters.restarts, 1);
  send(1, 1);
  assert.deepEqual([reader.counters.sequenceGaps, reader.counters.restarts, reader.counters.outOfOrder], [1, 1, 1]);
});

test('a message with an unknown template does not make the next one a gap', () => {
  const reader = new MessageReader();
  reader.read(message(0, 1, set(256, u16(1), u16(2))), 's');
  reader.read(message(2, 1, set(2, template(256, [[7, 2]])), set(256, u16(1))), 's');
  reader.read(message(3, 1, set(256, u16(1))), 's');
  assert.deepEqual([reader.counters.unknownTemplates, reader.counters.sequenceGaps], [1, 0]);
});

test('type information (RFC 5610) names elements of its session, but never what is known', () => {
  const reader = new MessageReader();
  const info: Specifier[] = [
    [346, 4],
    [303, 2],
    [339, 1],
    [341, 65535],
  ];
  const describe = (pen: number, id: number, type: number, name: string): Buffer =>
    Buffer.concat([u32(pen), u16(id), u8(type), variable(name)]);
  const define = set(
    2,
    template(256, [
      [7, 65535, 11111],
      [8, 2, 11111],
    ]),
  );
  const data = set(256, variable('abc'), u16(3));
  const before = reader.read(message(0, 1, define, data), 's');
  assert.deepEqual(fieldsOf(before), [{ '11111.7': '0x616263', '11111.8': '0x0003' }]);
  reader.read(
    message(
      1,
      1,
      set(3, optionsTemplate(300, 2, info)),
      set(
        300,
        describe(11111, 7, 13, 'podName'),
        describe(11111, 8, 2, '__proto__'),
        describe(0, 1, 13, 'evil'),
        describe(11111, 8, 2, 'two\nlines'),
      ),
    ),
    's',
  );
  const after = reader.read(message(5, 1, data), 's');
  assert.deepEqual(fieldsOf(after), [{ podName: 'abc', '11111.8': '0x0003' }]);
  assert.deepEqual(fieldsOf(reader.read(message(0, 1, define, data), 'other session')), fieldsOf(before));
});

test('malformed messages are counted by reason, and what is sound before the fault is used', () => {
  const cases: [string, Buffer, number][] = [
    ['shortMessage', u8(0, 10, 0), 0],
    ['shortMessage', Buffer.alloc(1), 0],
    ['unknownVersion', u16(11, 16), 0],
    ['messageLength', Buffer.concat([message(0, 1, set(2, template(256, [[7, 2]])), set(256, u16(1))), u8(1)]), 1],
    ['setLength', message(0, 1, set(2, template(256, [[7, 2]])), set(256, u16(1)), u16(256, 400)), 1],
    ['setLength', message(0, 1, u16(256, 3)), 0],
    ['reservedSet', message(0, 1, set(4, u32(0)), set(2, template(256, [[7, 2]])), set(256, u16(1))), 1],
    ['templateRecord', message(0, 1, set(2, u16(256, 9), u32(1))), 0],
    ['templateRecord', message(0, 1, set(2, template(255, [[7, 2]]))), 0],
    ['templateRecord', message(0, 1, set(3, optionsTemplate(300, 0, [[149, 4]]))), 0],
    ['templateRecord', message(0, 1, set(3, optionsTemplate(300, 2, [[149, 4]]))), 0],
    ['templateRecord', message(0, 1, set(2, template(256, [[7, 0]])), set(256, u32(1))), 0],
    ['dataRecord', message(0, 1, set(2, template(256, [[371, 65535]])), set(256, variable('good'), u8(9, 65))), 1],
    ['dataRecord', message(0, 1, set(2, template(256, [[371, 65535]])), set(256, u8(255, 0))), 0],
    ['trailingOctets', message(0, 1, set(2, template(256, [[7, 2]])), u8(0, 2, 0)), 0],
  ];
  for (const [reason, bytes, records] of cases) {
    const reader = new MessageReader();
    assert.equal(reader.read(bytes, 's').length, records, `${reason} ${bytes.toString('hex')}`);
    assert.ok(reason in malformed(reader), `${reason}: ${JSON.stringify(malformed(reader))}`);
  }
});

test('zero-length fields cannot multiply a small message', () => {
  const reader = new MessageReader();
  const empty = Array.from({ length: 5000 }, (): Specifier => [7, 0]);
  const records = reader.read(
    message(0, 1, set(2, template(256, [...empty, [4, 1]])), set(256, Buffer.alloc(20000, 6))),
    's',
  );
  assert.equal(records.length, 20000);
  assert.deepEqual(records[0]?.fields, { protocolIdentifier: 6 });
});

test('memory for exporters is bounded: the one not heard of for longest is forgotten', () => {
  const reader = new MessageReader({ limits: { sessions: 3, domainsPerSession: 2, fieldsPerSession: 20 } });
  const define = (session: string, domain = 1): void => {
    reader.read(message(0, domain, set(2, template(256, [[7, 2]]))), session);
  };
  const knows = (session: string, domain = 1): boolean =>
    reader.read(message(0, domain, set(256, u16(1))), session).length > 0;
  for (const session of ['a', 'b', 'c']) define(session);
  assert.ok(knows('a'));
  define('d');
  assert.deepEqual([reader.sessions, knows('b')], [3, false]);
  assert.ok(knows('d'));

  define('d', 2);
  define('d', 3);
  assert.deepEqual([knows('d', 3), knows('d', 2)], [true, true]);
  assert.equal(knows('d', 1), false);

  reader.read(
    message(
      0,
      1,
      set(
        2,
        template(
          300,
          Array.from({ length: 18 }, (): Specifier => [7, 2]),
        ),
      ),
    ),
    'd',
  );
  assert.equal(reader.counters.templatesRefused, 1);
});
