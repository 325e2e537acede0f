import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeText } from '../../../src/telemetry/escape.js';
import { createLog, type LogLevel, type Logger } from '../../../src/telemetry/log.js';
import { Repeats } from '../../../src/telemetry/repeats.js';

const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function recorder(
  format: 'text' | 'json',
  level: LogLevel = 'info',
  colour = false,
): { log: Logger; lines: string[]; time: { now: number; monotonic: number } } {
  const lines: string[] = [];
  const time = { now: start, monotonic: 0 };
  const clocks = { now: () => time.now, monotonic: () => time.monotonic };
  const log = createLog({ level, format, colour, write: (line) => lines.push(line), ...clocks });
  return { log, lines, time };
}

test('text: time, level, message, facts', () => {
  const { log, lines } = recorder('text');
  log.info('metering eth0', { sinks: 'udp://c:1', flows: 3, text: 'two words', none: null, causes: { a: 1 } });
  log.warning('slow');
  assert.deepEqual(lines, [
    '03:04:05.678 info metering eth0 sinks=udp://c:1 flows=3 text="two words" none=null causes={"a":1}\n',
    '03:04:05.678 warning slow\n',
  ]);
});

test('text in colour colours the level only', () => {
  const { log, lines } = recorder('text', 'info', true);
  log.error('broken');
  assert.deepEqual(lines, ['03:04:05.678 \u001b[31merror\u001b[0m broken\n']);
});

test('json: one object a line with the level as a word', () => {
  const { log, lines } = recorder('json');
  log.warning('slow\u001b[2J', { sink: 'x' });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith('\n') && !lines[0].includes('\u001b'));
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    level: 'warning',
    time: '2026-01-02T03:04:05.678Z',
    sink: 'x',
    msg: 'slow\u001b[2J',
  });
});

test('levels: less severe messages are not written, and the level may change', () => {
  const { log, lines } = recorder('text', 'warning');
  for (const level of ['error', 'warning', 'info', 'debug', 'trace'] as const) log.log(level, level);
  assert.deepEqual(
    lines.map((line) => line.split(' ')[1]),
    ['error', 'warning'],
  );
  log.setLevel('trace');
  log.trace('now');
  log.debug('too');
  assert.equal(lines.length, 4);
});

test('what comes from the wire cannot move the cursor or fake a line', () => {
  const { log, lines } = recorder('text');
  log.info('host evil\n03:04:05 error root\u001b[2J\u202e', { 'na\nme': 'a\tb\r\u0007\u009b31m', lone: '\ud800' });
  assert.deepEqual(lines, [
    '03:04:05.678 info host evil\\n03:04:05 error root\\u001b[2J\\u202e' +
      ' na\\nme=a\\tb\\r\\u0007\\u009b31m lone=\\ud800\n',
  ]);
  assert.equal(escapeText('Grüße 🌊 "x" \u2028\u007f'), 'Grüße 🌊 "x" \\u2028\\u007f');
});

test('repeats are held back for 30 s by key, then counted', () => {
  const { log, lines, time } = recorder('text');
  for (let i = 0; i < 5; i++) log.repeated('refused', 'warning', 'refused', { port: 1 });
  log.repeated('other', 'warning', 'other');
  time.now -= 86_400_000; // set back: no matter
  time.monotonic += 29_999;
  log.repeated('refused', 'warning', 'refused', { port: 1 });
  time.now += 2 * 86_400_000;
  time.monotonic += 1;
  log.repeated('refused', 'warning', 'refused', { port: 1 });
  assert.deepEqual(
    lines.map((line) => line.slice(13).trim()),
    ['warning refused port=1', 'warning other', 'warning refused port=1 repeats=5'],
  );
});

test('a message below the level does not use up its interval', () => {
  const { log, lines } = recorder('text', 'warning');
  log.repeated('key', 'debug', 'details');
  log.setLevel('debug');
  log.repeated('key', 'debug', 'details');
  assert.equal(lines.length, 1);
});

test('the number of remembered keys is bounded', () => {
  const repeats = new Repeats(1000);
  assert.equal(repeats.pass('first', 0), 0);
  assert.equal(repeats.pass('first', 1), undefined);
  for (let i = 0; i < 1000; i++) assert.equal(repeats.pass(`key ${i}`, 2), 0);
  assert.equal(repeats.pass('first', 3), 0, 'forgotten, so let through');
  assert.equal(repeats.pass('key 999', 3), undefined);
});
