import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader } from '../../../src/ipfix/reader.js';
import { rewriteTemplateIds } from '../../../src/spool/rewrite.js';
import {
  message,
  optionsTemplate,
  packet9,
  set,
  type Specifier,
  template,
  u16,
  u32,
} from '../../support/ipfix_bytes.js';
import { below, seededRandom } from '../../support/seeded_random.js';
import { unitRun } from '../../support/sink_run.js';

const fields: Specifier[] = [
  [1, 8],
  [105, 4, 35632], // a field with an enterprise number takes eight octets
  [2, 8],
];
const map = new Map([
  [256, 300],
  [257, 301],
  [258, 256],
]);

function rewritten(...units: Buffer[]): Buffer[] {
  const run = unitRun(units);
  rewriteTemplateIds(run, map);
  let start = 0;
  return units.map((_, index) => {
    const unit = Buffer.from(run.bytes.subarray(start, run.ends[index]));
    start = run.ends[index]!;
    return unit;
  });
}

test('ids of data sets, templates, options templates and withdrawals are changed, and nothing else', () => {
  const make = (a: number, b: number, c: number): Buffer =>
    message(
      256, // a sequence number and a domain that look like ids
      257,
      set(2, template(a, fields), template(b, fields), template(999, fields), u16(0)), // padding of two octets
      set(3, optionsTemplate(c, 1, fields), Buffer.alloc(3)),
      set(a, Buffer.alloc(20, 1)),
      set(2, u16(b, 0)),
      set(3, u16(c, 0), u16(3, 0)),
      set(c, u16(256, 257, 258)), // values stay
      set(999, u16(256)),
    );
  assert.deepEqual(rewritten(make(256, 257, 258)), [make(300, 301, 256)]);
});

test('each message of a run by itself, only [from, to)', () => {
  const make = (id: number): Buffer => message(0, 1, set(id, u32(1)));
  const run = unitRun([make(256), make(256), make(257), make(257)]);
  run.from = 1;
  run.to = 3;
  rewriteTemplateIds(run, map);
  assert.deepEqual(Buffer.from(run.bytes), Buffer.concat([make(256), make(300), make(301), make(257)]));
  assert.deepEqual([run.from, run.to], [1, 3]);
});

test('what is no IPFIX message, and what follows a malformed set, stays', () => {
  const v9 = packet9(1, 2, 3, set(256, u32(1)));
  const line = Buffer.from('{"flow":1}\n');
  const short = message(0, 1).subarray(0, 9);
  const broken = message(0, 1, u16(256, 3), set(256, u32(1)));
  const long = message(0, 1, u16(256, 60), u32(1));
  assert.deepEqual(rewritten(v9, line, short, broken, long), [v9, line, short, broken, long]);
});

test('a rewritten message is read by its new template', () => {
  const [templates, data] = rewritten(
    message(
      0,
      1,
      set(
        2,
        template(256, [
          [1, 8],
          [2, 8],
        ]),
      ),
    ),
    message(0, 1, set(256, u32(0, 1500, 0, 3))),
  );
  assert.equal(data!.readUInt16BE(16), 300);
  const reader = new MessageReader();
  reader.read(templates!, 'session');
  const [record] = reader.read(data!, 'session');
  assert.deepEqual(Object.values(record!.fields).map(Number), [1500, 3]);
});

test('octets at random are never read or written outside their unit', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 3000; round++) {
    const octets = Buffer.from(Array.from({ length: below(random, 80) }, () => below(random, 4) || below(random, 256)));
    if (octets.length >= 4) octets.writeUInt32BE(0x000a0000 | below(random, 90));
    const guard = Buffer.alloc(16, 1);
    const run = unitRun([guard, octets, guard]);
    run.from = 1;
    run.to = 2;
    rewriteTemplateIds(run, new Map(Array.from({ length: 0x300 }, (_, id) => [id + 0x100, 0xffff])));
    assert.deepEqual(Buffer.from(run.bytes.subarray(0, 16)), guard);
    assert.deepEqual(Buffer.from(run.bytes.subarray(16 + octets.length)), guard);
  }
});
