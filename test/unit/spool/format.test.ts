import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, crc32ByTable } from '../../../src/spool/crc.js';
import {
  decodeEntry,
  decodeHeader,
  encodeEntry,
  encodeHeader,
  parseName,
  segmentName,
} from '../../../src/spool/format.js';
import { seededRandom } from '../../support/seeded_random.js';

const header = {
  kind: 'ipfix',
  keyed: true,
  createdMs: 1_795_241_130_123,
  headOctets: 0x01020304,
  headCrc: 0xfffefdfc,
  signature: 'ipfix default ü',
} as const;

test('CRC-32: the check value of its definition, and the table agrees with Node', () => {
  const check = Buffer.from('123456789');
  assert.equal(crc32ByTable(check), 0xcbf43926);
  assert.equal(crc32(check), 0xcbf43926);
  const random = seededRandom(7);
  const octets = Buffer.from(Array.from({ length: 1000 }, () => Math.floor(random() * 256)));
  assert.equal(crc32(octets), crc32ByTable(octets));
  assert.equal(crc32(new Uint8Array(0)), 0);
});

test('header and entry are what they were; any changed octet is noticed', () => {
  const index = Buffer.concat([encodeHeader(header), Buffer.alloc(40, 0xaa)]);
  assert.deepEqual(decodeHeader(index), { header, octets: index.length - 40 });
  assert.equal(index.toString('latin1', 0, 8), 'weirspol');
  const entry = { octets: 1400, records: 30, dataRecords: 60, crc: 0xdeadbeef };
  const at = index.length - 40;
  encodeEntry(index, at, entry, Buffer.from('key'));
  assert.deepEqual(decodeEntry(index, at), { ...entry, key: Buffer.from('key') });
  for (let octet = 0; octet < at + 25; octet++) {
    const wrong = Buffer.from(index);
    wrong[octet]! ^= 1;
    assert.equal(octet < at ? decodeHeader(wrong) : decodeEntry(wrong, at), undefined, `octet ${octet}`);
  }
  for (let length = 0; length < at; length++) assert.equal(decodeHeader(index.subarray(0, length)), undefined);
  for (let length = at; length < at + 25; length++) assert.equal(decodeEntry(index.subarray(0, length), at), undefined);
  assert.equal(decodeEntry(Buffer.alloc(64), 0), undefined); // blocks that were never written are zeros
});

test('names of files', () => {
  assert.equal(segmentName(42), '000000000042');
  assert.deepEqual(parseName('000000000042.ipfix'), { number: 42, ending: 'ipfix' });
  assert.deepEqual(parseName('000000000042.index.broken'), { number: 42, ending: 'index.broken' });
  for (const name of ['lock', '42.ipfix', '000000000042.txt', 'x000000000042.ipfix', '000000000042.ipfix.gz'])
    assert.equal(parseName(name), undefined, name);
});
