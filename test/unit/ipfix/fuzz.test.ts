// No octets make the reader throw, hang, or keep without bound; seeded, so that every run is the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageFramer } from '../../../src/ipfix/framer.js';
import { MessageReader } from '../../../src/ipfix/reader.js';
import {
  message,
  optionsTemplate,
  packet9,
  set,
  type Specifier,
  template,
  u16,
  u32,
  u8,
  variable,
} from '../../support/ipfix_bytes.js';
import { below, seededRandom } from '../../support/seeded_random.js';

const wide: Specifier[] = [
  [152, 8],
  [8, 4],
  [371, 65535],
  [1, 8, 29305],
  [291, 65535],
  [5, 65535, 12345],
];

const corpus: Buffer[] = [
  message(
    0,
    1,
    set(2, template(256, wide)),
    set(256, Buffer.alloc(20), variable('alice'), Buffer.alloc(8), variable('x'), variable('')),
  ),
  message(
    5,
    1,
    set(
      3,
      optionsTemplate(300, 2, [
        [346, 4],
        [303, 2],
        [339, 1],
        [341, 65535],
      ]),
    ),
    set(300, u32(12345), u16(5), u8(13), variable('name')),
  ),
  message(6, 2, set(2, u16(256, 0), u16(2, 0)), set(3, u16(3, 0))),
  packet9(
    1,
    1,
    1000,
    set(
      0,
      template(256, [
        [8, 4],
        [22, 4],
        [58000, 2],
      ]),
    ),
    set(256, Buffer.alloc(40)),
    set(1, u16(257, 4, 4), u16(1, 4), u16(34, 4)),
    set(257, Buffer.alloc(16)),
  ),
  Buffer.concat([u16(5, 2), Buffer.alloc(20), Buffer.alloc(96, 7)]),
];

function mutate(random: () => number, source: Buffer): Buffer {
  const bytes = Buffer.from(source);
  for (let count = below(random, 8); count > 0; count--) {
    const at = below(random, bytes.length);
    const what = below(random, 4);
    if (what === 0) bytes[at] = below(random, 256);
    else if (what === 1) bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
    else if (what === 2) bytes.fill(random() < 0.5 ? 0 : 255, at, Math.min(bytes.length, at + below(random, 8)));
    else bytes.copy(bytes, at, below(random, bytes.length));
  }
  const cut = random() < 0.3 ? bytes.subarray(0, below(random, bytes.length + 1)) : bytes;
  if (random() < 0.5 && cut.length > 4) cut.writeUInt16BE(cut.length, 2);
  return cut;
}

test('20000 mutated and random messages: no exception, bounded memory, counters add up', () => {
  const random = seededRandom(20261121);
  const limits = { sessions: 8, domainsPerSession: 8, fieldsPerSession: 500, fields: 1000 };
  const reader = new MessageReader({ limits });
  let records = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes =
      random() < 0.1
        ? Buffer.from(Array.from({ length: below(random, 100) }, () => below(random, 256)))
        : mutate(random, corpus[below(random, corpus.length)] as Buffer);
    const found = reader.read(bytes, `session ${below(random, 20)}`);
    for (const record of found) JSON.parse(JSON.stringify(record));
    records += found.length;
  }
  const { counters } = reader;
  assert.equal(counters.messages, 20_000);
  assert.equal(counters.flowRecords + counters.optionsRecords, records);
  assert.ok(records > 5000 && counters.malformed.setLength > 100 && counters.malformed.templateRecord > 100);
  assert.ok(reader.sessions <= limits.sessions);
});

test('the framer takes any cutting of a stream', () => {
  const random = seededRandom(7);
  const stream = Buffer.concat(corpus.slice(0, 3));
  for (let round = 0; round < 200; round++) {
    const framer = new MessageFramer();
    const messages: Buffer[] = [];
    for (let at = 0; at < stream.length; ) {
      const length = round === 0 ? 1 : 1 + below(random, 60);
      messages.push(...framer.push(stream.subarray(at, at + length)).map((found) => Buffer.from(found)));
      at += length;
    }
    assert.deepEqual(messages, corpus.slice(0, 3));
    assert.deepEqual([framer.broken, framer.pending], [false, 0]);
  }
});

test('a stream that is not IPFIX is given up', () => {
  const framer = new MessageFramer();
  assert.equal(framer.push(Buffer.concat([corpus[0] as Buffer, Buffer.from('GET / HTTP/1.1\r\n')])).length, 1);
  assert.equal(framer.broken, true);
  assert.deepEqual(framer.push(corpus[0] as Buffer), []);
  const short = new MessageFramer();
  short.push(u16(10, 15));
  assert.equal(short.broken, true);
});
