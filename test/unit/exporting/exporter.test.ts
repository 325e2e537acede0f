import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exporter, type ExporterOptions } from '../../../src/exporting/exporter.js';
import { SessionControl, type SessionControlOptions } from '../../../src/exporting/session_control.js';
import { FakeEncoder, type FakeEncoderOptions, fakeBatch } from '../../support/fake_encoder.js';
import { FakeSink } from '../../support/fake_sink.js';
import { ManualClock } from '../../support/manual_clock.js';
import { below, seededRandom } from '../../support/seeded_random.js';

type ControlTimes = Pick<SessionControlOptions, 'refreshMs' | 'refreshMessages' | 'copies'>;

interface Rig {
  exporter: Exporter;
  sink: FakeSink;
  encoder: FakeEncoder;
  clock: ManualClock;
  notices: string[];
}

async function rig(
  options: Partial<ExporterOptions> & { control?: never } & Partial<ControlTimes> = {},
  encoding: FakeEncoderOptions = {},
  sink = new FakeSink(),
): Promise<Rig> {
  const { refreshMs = 0, refreshMessages = 0, copies = 1, ...given } = options;
  const encoder = new FakeEncoder(encoding);
  const clock = new ManualClock();
  const notices: string[] = [];
  const framing = encoding.format === 'lines' ? 'lines' : 'ipfix';
  const exporter = new Exporter({
    encoder,
    sink,
    clock,
    framing,
    overflow: 'dropOldest',
    onNotice: (_, text) => notices.push(text),
    ...given,
    control: new SessionControl({
      encoder,
      statisticsMs: 60_000,
      standAlone: false,
      refreshMs,
      refreshMessages,
      copies,
    }),
  });
  await exporter.open();
  return { exporter, sink, encoder, clock, notices };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const sequenceOf = (message: Buffer): number => message.readUInt32BE(8);
const isTemplate = (message: Buffer): boolean => message.readUInt16BE(16) === 2;

/** Flow ids in a data message of the fake encoder. */
function idsOf(message: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 20; at < message.length; at += 8) ids.push(Number(message.readBigUInt64BE(at)));
  return ids;
}

function dataIds(sink: FakeSink): number[] {
  return sink.taken.filter((unit) => !isTemplate(unit.bytes)).flatMap((unit) => idsOf(unit.bytes));
}

function dropped(exporter: Exporter): number {
  return Object.values(exporter.counters().dropped).reduce((sum, count) => sum + count, 0);
}

function assertConserved(exporter: Exporter): void {
  const counters = exporter.counters();
  assert.equal(
    counters.created + counters.recovered,
    counters.exported + dropped(exporter) + counters.queued + counters.spooled,
    JSON.stringify(counters),
  );
}

test('why a sink is away is known while it is', async () => {
  const sink = Object.assign(new FakeSink(), { connected: false, failure: 'connect ECONNREFUSED' });
  const { exporter } = await rig({}, {}, sink);
  assert.equal(exporter.failure, 'connect ECONNREFUSED');
  sink.connected = true;
  assert.equal(exporter.failure, '');
});

test('templates go first, then every record in order with continuous sequence numbers', async () => {
  const { exporter, sink } = await rig();
  exporter.accept(fakeBatch(range(0, 95)));
  exporter.accept(fakeBatch(range(95, 100)));
  const messages = sink.taken.map((unit) => unit.bytes);
  assert.ok(isTemplate(messages[0] as Buffer));
  assert.equal(messages.filter(isTemplate).length, 1);
  assert.deepEqual(dataIds(sink), range(0, 100));
  let expected = 0;
  for (const message of messages) {
    assert.equal(sequenceOf(message), expected);
    if (!isTemplate(message)) expected += idsOf(message).length;
  }
  assert.equal(exporter.counters().exported, 100);
  assert.equal(exporter.counters().templateMessages, 1);
  assertConserved(exporter);
});

test('UDP: templates are sent in copies at first, and refreshed in time even when no flow comes', async () => {
  const { sink, clock, exporter } = await rig({ refreshMs: 600_000, copies: 2 });
  exporter.accept(fakeBatch([1]));
  assert.deepEqual(
    sink.taken.map((unit) => isTemplate(unit.bytes)),
    [true, true, false],
  );
  clock.advance(599_999);
  assert.equal(sink.taken.length, 3);
  clock.advance(1);
  assert.equal(sink.taken.length, 4);
  const refresh = sink.taken[3]?.bytes as Buffer;
  assert.ok(isTemplate(refresh));
  assert.equal(sequenceOf(refresh), 1, 'one Data Record came before it');
  assert.equal(refresh.readUInt32BE(4), Math.floor(clock.wall() / 1000));
  clock.advance(1_200_000);
  assert.equal(sink.taken.length, 6);
});

test('UDP: templates are refreshed every N messages, before the message that would exceed it', async () => {
  const { sink, exporter } = await rig({ refreshMessages: 3 }, { messageSize: 28 }); // one record a message
  exporter.accept(fakeBatch(range(0, 7)));
  const kinds = sink.taken.map((unit) => (isTemplate(unit.bytes) ? 'T' : 'd')).join('');
  assert.equal(kinds, 'TdddTdddTd');
});

test('a stream never gets its templates twice in a session', async () => {
  const { sink, clock, exporter } = await rig();
  exporter.accept(fakeBatch([1]));
  clock.advance(10_000_000);
  exporter.accept(fakeBatch([2]));
  assert.deepEqual(
    sink.taken.map((unit) => isTemplate(unit.bytes)),
    [true, false, false],
  );
});

test('a new session begins with templates and sequence number 0, and what waited is sent in it', async () => {
  const { sink, exporter, encoder } = await rig();
  exporter.accept(fakeBatch(range(0, 10)));
  sink.ready = false;
  exporter.accept(fakeBatch(range(10, 30)));
  sink.ready = true;
  sink.session();
  const second = sink.taken.filter((unit) => unit.session === 2).map((unit) => unit.bytes);
  assert.ok(isTemplate(second[0] as Buffer));
  assert.deepEqual(second.map(sequenceOf), [0, 0, 10]);
  assert.deepEqual(dataIds(sink), range(0, 30));
  assert.equal(encoder.resets, 2);
});

test('what came back after it was reported as sent and finds no room is unconfirmed, not dropped', async () => {
  const { sink, exporter } = await rig({ queueOctets: 2 * 28 }, { messageSize: 28 });
  exporter.accept(fakeBatch([0]));
  const { bytes } = sink.taken.at(-1)!;
  sink.ready = false;
  const run = { bytes, ends: Uint32Array.of(28), records: Uint32Array.of(1), dataRecords: Uint32Array.of(1) };
  sink.events.returned({ ...run, from: 0, to: 1 }, 1);
  exporter.accept(fakeBatch([1, 2]));
  const { exported, dropped, unconfirmed, queued } = exporter.counters();
  assert.deepEqual([exported, dropped.queueFull, unconfirmed, queued], [1, 0, 1, 2]);
});

test('a live sink that is full loses the oldest, and the sequence numbers show the gap', async () => {
  const { sink, exporter, notices } = await rig({ queueOctets: 3 * 28 }, { messageSize: 28 });
  exporter.accept(fakeBatch([0]));
  sink.ready = false;
  exporter.accept(fakeBatch(range(1, 11)));
  assert.equal(exporter.counters().dropped.queueFull, 7);
  assert.equal(exporter.counters().queued, 3);
  assert.equal(exporter.ready, true, 'live never waits');
  sink.free();
  assert.deepEqual(dataIds(sink), [0, 8, 9, 10]);
  assert.deepEqual(
    sink.taken.map((unit) => sequenceOf(unit.bytes)),
    [0, 0, 8, 9, 10],
  );
  assert.deepEqual(notices, ['fake: 1 flow record dropped: the queue of the sink is full']);
  assertConserved(exporter);
});

test('offline a full sink asks to wait, and loses nothing', async () => {
  const { sink, exporter } = await rig({ overflow: 'block', queueOctets: 1000 });
  let called = 0;
  exporter.onReady = () => called++;
  sink.ready = false;
  while (exporter.ready) exporter.accept(fakeBatch(range(0, 50)));
  const waiting = exporter.counters().queued;
  assert.ok(waiting >= 100);
  assert.equal(dropped(exporter), 0);
  assert.equal(called, 0);
  sink.free(1); // its template
  assert.equal(exporter.ready, false);
  sink.free();
  assert.equal(called, 1);
  assert.equal(exporter.ready, true);
  assert.equal(dataIds(sink).length, waiting);
});

test('an export rate lets so many records go in a second', async () => {
  const { sink, exporter, clock } = await rig({ overflow: 'block', maxExportRate: 1000 }, { messageSize: 28 });
  exporter.accept(fakeBatch(range(0, 5000)));
  const atOnce = dataIds(sink).length;
  assert.ok(atOnce <= 11, `${atOnce} went at once`);
  clock.advance(1000);
  const afterSecond = dataIds(sink).length;
  assert.ok(afterSecond >= 950 && afterSecond <= 1020, `${afterSecond} after one second`);
  clock.advance(4200);
  assert.deepEqual(dataIds(sink), range(0, 5000));
});

test('finish sends what waits, then closes; what is unsent at the deadline is dropped by shutdown', async () => {
  const good = await rig();
  good.exporter.accept(fakeBatch(range(0, 20)));
  await good.exporter.finish(1000);
  assert.equal(good.exporter.counters().exported, 20);
  assert.notEqual(good.sink.closed, undefined);

  const stuck = await rig();
  stuck.sink.room = 1; // one message of ten; the templates went when the session began
  stuck.exporter.accept(fakeBatch(range(0, 30)));
  const done = stuck.exporter.finish(5000);
  stuck.clock.advance(5000);
  await done;
  assert.equal(stuck.exporter.counters().exported, 10);
  assert.equal(stuck.exporter.counters().dropped.shutdown, 20);
  assert.equal(stuck.exporter.counters().queued, 0);
  stuck.exporter.accept(fakeBatch([99]));
  assert.equal(stuck.exporter.counters().dropped.shutdown, 21);
  assertConserved(stuck.exporter);
});

test('finish waits for a sink that reports later', async () => {
  const { sink, exporter } = await rig({ overflow: 'block' });
  sink.immediate = false;
  exporter.accept(fakeBatch(range(0, 20)));
  let finished = false;
  const done = exporter.finish(Infinity).then(() => (finished = true));
  assert.equal(exporter.counters().queued, 20);
  sink.events.sent(15, 2, 100);
  await Promise.resolve();
  assert.equal(finished, false);
  sink.events.lost('socketError', 5, 1);
  await done;
  assert.deepEqual([exporter.counters().exported, exporter.counters().dropped.socketError], [15, 5]);
});

test('a record that fits no message is counted, not sent', async () => {
  const { sink, exporter } = await rig({}, { unencodable: (id) => id % 10 === 3 });
  exporter.accept(fakeBatch(range(0, 100)));
  assert.equal(exporter.counters().dropped.unencodable, 10);
  assert.equal(exporter.counters().exported, 90);
  assert.deepEqual(
    dataIds(sink),
    range(0, 100).filter((id) => id % 10 !== 3),
  );
});

test('lines go out unchanged and without templates', async () => {
  const { sink, exporter } = await rig({}, { format: 'lines' });
  exporter.accept(fakeBatch(range(0, 300)));
  assert.equal(
    sink.taken.map((unit) => unit.bytes.toString()).join(''),
    range(0, 300)
      .map((id) => `${id}\n`)
      .join(''),
  );
  assert.equal(exporter.counters().templateMessages, 0);
});

test('a stuck sink delays no other one', async () => {
  const stuck = await rig({ queueOctets: 2000 });
  const quick = await rig();
  stuck.sink.ready = false;
  for (let round = 0; round < 50; round++) {
    const batch = fakeBatch(range(round * 20, round * 20 + 20));
    for (const { exporter } of [stuck, quick]) exporter.accept(batch);
  }
  assert.deepEqual(dataIds(quick.sink), range(0, 1000));
  assert.ok(stuck.exporter.counters().queuedOctets <= 2000);
  assertConserved(stuck.exporter);
});

test('a sink that says nothing when it has room again is found out at the next batch', async () => {
  const { sink, exporter } = await rig({}, { messageSize: 28 });
  sink.room = 2;
  exporter.accept(fakeBatch([0, 1])); // exactly full
  exporter.accept(fakeBatch([2]));
  sink.ready = true;
  sink.room = Infinity;
  exporter.accept(fakeBatch([3]));
  assert.deepEqual(dataIds(sink), [0, 1, 2, 3]);
});

test('export time waits for a clock that goes back a little', async () => {
  const { sink, exporter, clock } = await rig();
  exporter.accept(fakeBatch([1]));
  const wall = clock.wall();
  clock.set(-1500);
  exporter.accept(fakeBatch([2]));
  assert.deepEqual(
    sink.taken.map((unit) => unit.bytes.readUInt32BE(4)),
    Array(3).fill(Math.floor(wall / 1000)),
  );
});

const hourMs = 3_600_000;

for (const [what, byMs] of [
  ['forward by an hour', hourMs],
  ['back by an hour', -hourMs],
  ['forward by a day', 24 * hourMs],
  ['back by a day', -24 * hourMs],
] as const) {
  test(`export time follows a clock that is set ${what}, and a stream has its templates still`, async () => {
    const { sink, exporter, clock } = await rig();
    exporter.accept(fakeBatch([1]));
    clock.set(byMs);
    exporter.accept(fakeBatch([2]));
    clock.advance(2000);
    exporter.accept(fakeBatch([3]));
    const seconds = sink.taken.map((unit) => unit.bytes.readUInt32BE(4));
    const now = Math.floor(clock.wall() / 1000);
    assert.deepEqual(seconds, [now - 2 - byMs / 1000, now - 2 - byMs / 1000, now - 2, now]);
    assertConserved(exporter);
  });
}

test('UDP: a clock that is set back sends the templates again, before records of the new time', async () => {
  const { sink, exporter, clock } = await rig({ refreshMs: 600_000 });
  exporter.accept(fakeBatch([1]));
  clock.set(hourMs);
  exporter.accept(fakeBatch([2]));
  clock.set(-hourMs);
  exporter.accept(fakeBatch([3]));
  exporter.accept(fakeBatch([4]));
  assert.equal(sink.taken.map((unit) => (isTemplate(unit.bytes) ? 'T' : 'd')).join(''), 'TddTdd');
});

test('the start that sysUptime counts from goes back with the clock, so that no record lies before it', async () => {
  const { exporter, encoder, clock } = await rig({ startMs: 1_795_241_000_000 });
  clock.advance(60_000);
  exporter.accept(fakeBatch([1]));
  clock.set(hourMs);
  exporter.accept(fakeBatch([2]));
  assert.equal(exporter.startMs, 1_795_241_000_000, 'forward it leaps with the clock');
  clock.set(-24 * hourMs);
  exporter.accept(fakeBatch([3]));
  assert.equal(exporter.startMs, 1_795_241_000_000 - 24 * hourMs);
  assert.equal(encoder.start, exporter.startMs);
});

test('a path that takes less makes messages shorter, never longer than configured', async () => {
  const { exporter, sink, encoder } = await rig({ messageSize: 1400 });
  sink.events.messageSize(9000);
  assert.equal(encoder.messageSize, 1400);
  sink.events.messageSize(484);
  assert.equal(encoder.messageSize, 484);
  assert.equal(exporter.counters().dropped.messageTooLong, 0);
});

// Random sinks: they take some units, lose some later, are full, break and come back. The law holds at every step.
for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`created = exported + dropped + queued, whatever the sink does (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const { exporter, sink, clock } = await rig(
      {
        queueOctets: 3000,
        maxExportRate: seed % 3 === 0 ? 20_000 : 0,
        refreshMs: 1000,
        refreshMessages: 7,
      },
      { split: seed % 2 === 0, messageSize: 60 + 8 * seed, unencodable: (id) => id % 97 === 0 },
    );
    sink.immediate = false;
    let reported = 0;
    let id = 0;
    const report = (): void => {
      const units = sink.taken.slice(reported, reported + below(random, 20));
      reported += units.length;
      const records = units.reduce((sum, unit) => sum + unit.records, 0);
      if (random() < 0.2) sink.events.lost('socketError', records, units.length);
      else sink.events.sent(records, units.length, 0);
    };
    for (let step = 0; step < 2000; step++) {
      const what = random();
      if (what < 0.4) {
        const count = below(random, 40);
        exporter.accept(fakeBatch(range(id, id + count)));
        id += count;
      } else if (what < 0.6) sink.free(below(random, 12));
      else if (what < 0.8) report();
      else if (what < 0.95) clock.advance(below(random, 50));
      else sink.session();
      assertConserved(exporter);
    }
    assertTemplatesFirst(sink);
    const done = exporter.finish(100);
    clock.advance(100);
    await done;
    assertConserved(exporter);
    assert.equal(exporter.counters().queued, 0);
    assert.equal(exporter.counters().created, id);
  });
}

/** In each session: templates before data, and sequence numbers that never fall behind what was sent. */
function assertTemplatesFirst(sink: FakeSink): void {
  let session = 0;
  let next = 0;
  for (const unit of sink.taken) {
    if (unit.session !== session) {
      assert.ok(isTemplate(unit.bytes));
      assert.equal(sequenceOf(unit.bytes) >= 0, true);
      session = unit.session;
      next = 0;
    }
    assert.ok(sequenceOf(unit.bytes) >= next, 'sequence numbers go forward');
    if (!isTemplate(unit.bytes)) next = sequenceOf(unit.bytes) + idsOf(unit.bytes).length;
  }
  assert.ok(session > 1);
}
