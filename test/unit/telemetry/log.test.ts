import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeText } from '../../../src/telemetry/escape.js';
import { seededRandom } from '../../support/seeded_random.js';
import { keepSecret } from '../../../src/secrets.js';
import { createLog, journalText, type LogFormat, type LogLevel, type Logger } from '../../../src/telemetry/log.js';

const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function recorder(
  format: LogFormat,
  level: LogLevel = 'info',
  colour = false,
): { log: Logger; lines: string[]; time: { now: number; monotonic: number } } {
  const lines: string[] = [];
  const time = { now: start, monotonic: 0 };
  const clocks = { now: () => time.now, monotonic: () => time.monotonic };
  const log = createLog({ level, format, colour, write: (line) => lines.push(line), ...clocks });
  return { log, lines, time };
}

/** Messages that lines stand for: each for itself and its repeats. */
function toldBy(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + 1 + Number(/ repeats=(\d+)$/m.exec(line)?.[1] ?? 0), 0);
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

test('a burst passes, then what repeats is held back', () => {
  const { log, lines } = recorder('text');
  for (let i = 0; i < 5; i++) log.repeated('flap', 'info', `flap ${i}`, {}, 3);
  assert.equal(lines.length, 3);
});

test('what goes on for long is said in pauses that double, up to an hour', () => {
  const { log, lines, time } = recorder('text');
  const begun = time.monotonic;
  for (; time.monotonic < begun + 12 * 3_600_000; time.monotonic += 2000)
    log.notice('sock_diag', 'warning', 'out of memory');
  assert.ok(lines.length <= 5 + 7 + 12, `${lines.length} lines in 12 hours`);
  log.sayHeldBack();
  assert.equal(toldBy(lines), (12 * 3600) / 2, 'each is in one number');
  time.monotonic += 2 * 3_600_000;
  log.notice('sock_diag', 'warning', 'out of memory');
  log.notice('sock_diag', 'warning', 'out of memory');
  assert.equal(lines.length, lines.filter((line) => line.includes('out of memory')).length);
});

test('who asks for details gets every line', () => {
  const { log, lines } = recorder('text', 'debug');
  for (let i = 0; i < 50; i++) log.notice('meter', 'info', 'eth0 is up');
  assert.equal(lines.length, 50);
});

test('a source that says something else each time is held back too', () => {
  const { log, lines } = recorder('text');
  for (let i = 0; i < 500; i++) log.notice('collect', 'warning', `tcp: 192.0.2.1 port ${i}: reset`);
  assert.equal(lines.length, 20);
  log.sayHeldBack();
  assert.match(lines.at(-1) ?? '', /repeats=479/);
});

test('what was held back of one text is not lost when its source is held back', () => {
  const { log, lines, time } = recorder('text');
  for (let i = 0; i < 1000; i++) log.notice('collect', 'warning', 'reset');
  time.monotonic += 25_000; // within the source's interval still when that of the text is over
  for (let i = 0; i < 30; i++) log.notice('collect', 'warning', `port ${i}: reset`);
  time.monotonic += 5_000;
  for (let i = 0; i < 30; i++) log.notice('collect', 'warning', `port ${i}: reset again`);
  log.notice('collect', 'warning', 'reset');
  time.monotonic += 60_000;
  log.notice('collect', 'warning', 'reset');
  log.sayHeldBack();
  assert.equal(toldBy(lines), 1000 + 30 + 30 + 2);
  assert.ok(lines.some((line) => / reset repeats=\d{3,}/.test(line)));
});

test('whatever is told, and in which order: lines and their repeats add up to it', () => {
  for (let seed = 1; seed <= 5; seed++) {
    const random = seededRandom(seed);
    const { log, lines, time } = recorder('text');
    const any = (count: number) => Math.floor(random() ** 3 * count);
    const given = 20_000;
    for (let i = 0; i < given; i++) {
      time.monotonic += random() < 0.001 ? random() * 100_000 : random() * 10;
      const [source, text] = [`source ${any(600)}`, `text ${any(50)}`];
      if (random() < 0.1) log.repeated(text, 'warning', text);
      else log.notice(source, any(3) === 0 ? 'warning' : 'info', text);
    }
    log.sayHeldBack();
    assert.equal(toldBy(lines), given, `seed ${seed}`);
    assert.ok(lines.length < 0.8 * given, `${lines.length} lines`);
  }
});

test('what is held back at the end is said, once', () => {
  const { log, lines } = recorder('text');
  for (let i = 1; i <= 4; i++) log.repeated('refused', 'warning', `refused ${i}`, { port: i });
  log.sayHeldBack();
  log.sayHeldBack();
  assert.deepEqual(
    lines.map((line) => line.slice(13).trim()),
    ['warning refused 1 port=1', 'warning refused 4 port=4 repeats=2'],
  );
});

test('the number of remembered keys is bounded, and what is forgotten is said', () => {
  const { log, lines } = recorder('text');
  log.repeated('first', 'info', 'first');
  log.repeated('first', 'info', 'first again');
  for (let i = 0; i < 1000; i++) log.repeated(`key ${i}`, 'info', 'another');
  const last = lines.at(-1) ?? '';
  assert.match(last, /first again$/m);
  log.repeated('first', 'info', 'forgotten, so let through');
  assert.match(lines.at(-1) ?? '', /let through/);
});

test('journal: the priority in front, no time, no colour, always one line', () => {
  const { log, lines } = recorder('journal', 'trace', true);
  for (const level of ['error', 'warning', 'info', 'debug', 'trace'] as const)
    log.log(level, 'two\nlines', { a: 'b c' });
  assert.deepEqual(
    lines,
    [3, 4, 6, 7, 7].map((priority) => `<${priority}>two\\nlines a="b c"\n`),
  );
  lines.length = 0;
  log.plain('packets 1');
  assert.deepEqual(lines, ['<6>packets 1\n']);
  assert.equal(journalText('one\n  two\n', 'error'), '<3>one\n<3>  two\n');
});

test('json: a line of statistics is an object too, and comes whatever the level', () => {
  const { log, lines } = recorder('json', 'error');
  log.plain('packets 1 | flows "2"\u202e');
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith('\n') && !lines[0].includes('\u202e'));
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    level: 'info',
    time: '2026-01-02T03:04:05.678Z',
    msg: 'packets 1 | flows "2"\u202e',
  });
});

test('json: nothing that a terminal would act on, and the same text when it is parsed', () => {
  const { log, lines } = recorder('json');
  const evil = 'a\u009b31m\u202e\u2028\u007f"\\"';
  log.info(evil, { [evil]: evil });
  assert.doesNotMatch((lines[0] ?? '').trimEnd(), /[\p{Cc}\u2028\u202e]/u);
  const { msg, [evil]: fact } = JSON.parse(lines[0] ?? '') as Record<string, string>;
  assert.deepEqual([msg, fact], [evil, evil]);
});

test('a text without end is cut', () => {
  const { log, lines } = recorder('text');
  log.info('x'.repeat(100_000), { fact: 'y'.repeat(100_000) });
  assert.ok((lines[0] ?? '').length < 9000);
  assert.match(lines[0] ?? '', /x\.\.\. \(95904 characters more\) fact="y+\.\.\. \(95904 characters more\)"/);
});

test('secrets are hidden wherever they stand, also encoded', () => {
  const { log, lines } = recorder('json');
  keepSecret('pass word&1');
  keepSecret('cat'); // too short to be told from words
  const basic = Buffer.from('pass word&1').toString('base64');
  log.error('401: pass word&1 is wrong', {
    url: 'http://u:pass%20word%261@h',
    deep: [{ header: `Basic ${basic}` }],
    cat: 'cat',
  });
  const { msg, url, deep, cat } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([msg, url, deep, cat], ['401: *** is wrong', 'http://u:***@h', [{ header: 'Basic ***' }], 'cat']);
});
