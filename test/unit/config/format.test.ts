import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import {
  boolean,
  choice,
  cpuCount,
  duration,
  type Format,
  FormatError,
  integer,
  integerOrAuto,
  list,
  size,
  text,
  words,
} from '../../../src/config/format.js';

function refused(format: Format<unknown>, value: unknown, message: RegExp): void {
  assert.throws(
    () => format.parse(value),
    (error) => error instanceof FormatError && message.test(error.message),
  );
}

test('durations: a number is seconds, units are exact, the value is milliseconds', () => {
  const format = duration({ min: 100, max: 86_400_000 });
  const cases: [unknown, number][] = [
    ['60', 60_000],
    [60, 60_000],
    ['60s', 60_000],
    ['5m', 300_000],
    ['500ms', 500],
    ['1.5s', 1500],
    [0.5, 500],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ];
  for (const [given, expected] of cases) assert.equal(format.parse(given), expected, String(given));
  for (const bad of ['', 'abc', '5 m', '-5', '5x', '1e3', true, '..5'])
    refused(format, bad, /expected a duration such as/);
  refused(format, '50ms', /expected a duration from 100ms to 24h, found '50ms'/);
  refused(format, '2d', /from 100ms to 24h/);
  refused(format, '0', /from 100ms/);
  assert.equal(duration({ min: 1000, zero: 'off' }).parse('0'), 0);
  refused(duration({ min: 1000, max: 2000, zero: 'off' }), '5s', /or 0 \(off\), found '5s'/);
});

test('durations are printed as the shortest exact text', () => {
  const { print } = duration();
  const cases: [number, string][] = [
    [0, '0'],
    [500, '500ms'],
    [1000, '1s'],
    [60_000, '60s'],
    [90_000, '90s'],
    [600_000, '10m'],
    [7_200_000, '2h'],
    [86_400_000, '24h'],
    [172_800_000, '2d'],
    [1500, '1500ms'],
  ];
  for (const [value, expected] of cases) assert.equal(print(value), expected);
});

test('sizes: powers of 1024, with or without B or iB', () => {
  const format = size({ min: 1024, max: 4 * 1024 ** 3 });
  const cases: [unknown, number][] = [
    ['65536', 65536],
    [65536, 65536],
    ['64K', 65536],
    ['64k', 65536],
    ['1M', 1048576],
    ['1MiB', 1048576],
    ['1MB', 1048576],
    ['1.5M', 1572864],
    ['2G', 2147483648],
  ];
  for (const [given, expected] of cases) assert.equal(format.parse(given), expected, String(given));
  refused(format, 'big', /expected a size in bytes/);
  refused(format, '1', /from 1K to 4G, found '1'/);
  refused(format, '5G', /from 1K to 4G/);
  refused(format, '0.3', /from 1K/);
  assert.equal(format.print(65536), '64K');
  assert.equal(format.print(1048576), '1M');
  assert.equal(format.print(1500), '1500');
  assert.equal(format.print(0), '0');
});

test('whole numbers, with bounds', () => {
  const format = integer({ min: 1, max: 10 });
  assert.equal(format.parse('10'), 10);
  assert.equal(format.parse(3), 3);
  for (const bad of ['0', '11', '1.5', 1.5, '', 'x', true, '0x5', '-1']) {
    refused(format, bad, /expected a whole number from 1 to 10, found/);
  }
  assert.equal(integer({ max: 500, zero: 500 }).parse('0'), 500);
  assert.equal(cpuCount(1024).parse('auto'), availableParallelism());
  assert.equal(cpuCount(8).parse('4'), 4);
  refused(cpuCount(8), 'all', /from 1 to 8, or auto, found 'all'/);
});

test('on and off, choices, text', () => {
  for (const word of [true, 'true', 'on', 'YES', '1', 1]) assert.equal(boolean().parse(word), true);
  for (const word of [false, 'false', 'off', 'no', '0', 0]) assert.equal(boolean().parse(word), false);
  refused(boolean(), 'maybe', /expected on or off, found 'maybe'/);
  assert.equal(choice('rx', 'tx', 'both').parse('TX'), 'tx');
  assert.equal(choice('auto', 'on', 'off').parse(true), 'on');
  refused(
    choice('error', 'warning', 'info'),
    'warn',
    /expected one of error, warning, info, found 'warn', did you mean warning\?/,
  );
  assert.equal(text('USER', 'a user').parse(1000), '1000');
  assert.equal(text('X', 'x').parse(''), '');
  refused(text('X', 'a name', { required: true }), ' ', /expected a name/);
  refused(text('X', 'a name'), 'a\0b', /expected a name/);
  refused(text('X', 'a name'), true, /expected a name, found true/);
});

test('lists take one value or several', () => {
  const format = list(integer());
  assert.deepEqual(format.parse(['1', 2]), [1, 2]);
  assert.deepEqual(format.parse('7'), [7]);
  assert.deepEqual(format.print([1, 2]), [1, 2]);
  assert.equal(format.item?.expects, integer().expects);
});

test('a whole number or auto', () => {
  const format = integerOrAuto({ max: 9, zero: 8 }, () => 0);
  assert.deepEqual([format.parse('auto'), format.parse('7'), format.parse(0)], [0, 7, 8]);
  assert.deepEqual([format.print(0), format.print(7)], ['auto', 7]);
  assert.throws(() => format.parse('many'), /expected a whole number from 0 to 9, or auto, found 'many'/);
});

test('some of a few words', () => {
  const format = words(['red', 'green', 'blue'], 'colours');
  assert.deepEqual(format.parse('blue, RED'), ['red', 'blue']);
  assert.deepEqual([format.parse('all').length, format.parse('off'), format.parse('')], [3, [], []]);
  assert.deepEqual([format.print(['red', 'blue']), format.print([])], ['red,blue', 'off']);
  assert.throws(
    () => format.parse('gren'),
    /expected colours of red, green, blue, or all, found 'gren', did you mean green/,
  );
});
