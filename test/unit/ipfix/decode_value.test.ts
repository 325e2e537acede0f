import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DataType, decoderFor, type FieldValue } from '../../../src/ipfix/decode_value.js';
import { ianaElements } from '../../../src/ipfix/iana_elements.js';
import { packageRoot } from '../../../src/native/load.js';

function decode(type: DataType, hex: string, times: 'iso' | 'milliseconds' = 'iso'): FieldValue {
  const octets = Buffer.from(`ff${hex}ff`, 'hex'); // not at offset 0, and something behind
  return decoderFor(type, times)(octets, 1, octets.length - 2);
}

const ntp = (unix: number, fraction: string): string =>
  ((unix + 2208988800) % 2 ** 32).toString(16).padStart(8, '0') + fraction;

const cases: [DataType, string, FieldValue][] = [
  ['unsigned8', 'ff', 255],
  ['unsigned64', '001fffffffffffff', 9007199254740991],
  ['unsigned64', '0020000000000000', '9007199254740992'],
  ['unsigned64', '', 0],
  ['unsigned256', `${'00'.repeat(31)}07`, 7],
  ['unsigned256', 'ff'.repeat(32), (2n ** 256n - 1n).toString()],
  ['unsigned32', '00'.repeat(33), `0x${'00'.repeat(33)}`],
  ['signed8', 'ff', -1],
  ['signed32', 'fffe', -2], // reduced size keeps the sign
  ['signed64', 'ffffffffffffffff', -1],
  ['signed64', '8000000000000000', '-9223372036854775808'],
  ['float64', '3ff8000000000000', 1.5],
  ['float64', '3fc00000', 1.5],
  ['float32', '7f800000', 'Infinity'],
  ['float32', '0102', '0x0102'],
  ['boolean', '01', true],
  ['boolean', '02', false],
  ['boolean', '03', 3],
  ['macAddress', '0200000000fe', '02:00:00:00:00:fe'],
  ['macAddress', '0200', '0x0200'],
  ['ipv4Address', 'c0000201', '192.0.2.1'],
  ['ipv4Address', 'c00002', '0xc00002'],
  ['ipv6Address', '20010db8000000000000000000000001', '2001:db8::1'],
  ['ipv6Address', '00'.repeat(16), '::'],
  ['ipv6Address', '20010db8000000010000000000000000', '2001:db8:0:1::'],
  ['ipv6Address', '20010db8000100020003000400050000', '2001:db8:1:2:3:4:5:0'],
  ['ipv6Address', '00010000000000020000000000000003', '1:0:0:2::3'],
  ['ipv6Address', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['string', '63c3bc726c', 'cürl'],
  ['string', '6375726c0000000000', 'curl'],
  ['string', '61ff62', 'a\ufffdb'],
  ['octetArray', '', '0x'],
  ['basicList', '03ff', '0x03ff'],
  ['dateTimeSeconds', '6a26c180', '2026-06-08T13:20:00Z'],
  ['dateTimeMilliseconds', (1_795_000_000_123).toString(16).padStart(16, '0'), '2026-11-18T11:06:40.123Z'],
  ['dateTimeMilliseconds', 'ffffffffffffffff', '18446744073709551615'],
  ['dateTimeMicroseconds', ntp(1_795_000_000, '80000000'), '2026-11-18T11:06:40.500000Z'],
  ['dateTimeMicroseconds', ntp(1_795_000_000, '00001800'), '2026-11-18T11:06:40.000001Z'], // rounded up by the exporter
  ['dateTimeMicroseconds', ntp(1_795_000_000, 'ffffffff'), '2026-11-18T11:06:41.000000Z'],
  ['dateTimeNanoseconds', ntp(1_795_000_000, '00000005'), '2026-11-18T11:06:40.000000001Z'],
  ['dateTimeNanoseconds', ntp(2_085_978_496 + 10, '00000000'), '2036-02-07T06:28:26.000000000Z'], // NTP era 1
];

for (const [type, hex, expected] of cases) {
  test(`${type} ${hex || 'empty'} is ${String(expected)}`, () => assert.equal(decode(type, hex), expected));
}

test('times as milliseconds', () => {
  assert.equal(decode('dateTimeSeconds', '6a26c180', 'milliseconds'), 1_780_924_800_000);
  assert.equal(decode('dateTimeMicroseconds', ntp(1_795_000_000, '80000000'), 'milliseconds'), 1_795_000_000_500);
});

test("the reader's names and types are those of IANA's registry", () => {
  const registry = readFileSync(join(packageRoot(), 'test', 'support', 'iana-ipfix.csv'), 'utf8');
  let compared = 0;
  for (const [, id, name, type] of registry.matchAll(/^(\d+),([A-Za-z]\w*),([a-z]\w+),/gm)) {
    if (name === undefined || type === undefined || !ianaElements.has(Number(id))) continue;
    assert.deepEqual(ianaElements.get(Number(id)), { name, type });
    compared++;
  }
  assert.equal(compared, ianaElements.size);
  assert.equal(ianaElements.size, 502);
});
