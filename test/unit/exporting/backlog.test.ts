// The backlog through its exporter: spill, replay, units that come back, and the conservation law under all of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exporter } from '../../../src/exporting/exporter.js';
import { SessionControl } from '../../../src/exporting/session_control.js';
import type { UnitRun } from '../../../src/sinks/sink.js';
import { FakeEncoder, fakeBatch } from '../../support/fake_encoder.js';
import { FakeSink } from '../../support/fake_sink.js';
import { FakeSpool } from '../../support/fake_spool.js';
import { ManualClock } from '../../support/manual_clock.js';
import { below, seededRandom } from '../../support/seeded_random.js';

interface Rig {
  exporter: Exporter;
  sink: FakeSink;
  spool: FakeSpool;
  clock: ManualClock;
}

async function rig(spool = new FakeSpool(), queueOctets = 10_000, immediate = true): Promise<Rig> {
  const encoder = new FakeEncoder({ format: 'lines' });
  const sink = new FakeSink();
  sink.immediate = immediate;
  const clock = new ManualClock();
  const control = new SessionControl({
    encoder,
    statisticsMs: 60_000,
    standAlone: false,
    refreshMs: 0,
    refreshMessages: 0,
    copies: 1,
  });
  const exporter = new Exporter({
    encoder,
    sink,
    control,
    clock,
    spool,
    queueOctets,
    framing: 'lines',
    overflow: 'dropOldest',
    onNotice: () => {},
  });
  await exporter.open();
  await settled();
  return { exporter, sink, spool, clock };
}

/** Promises that are due have run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const sentIds = (sink: FakeSink): number[] => sink.taken.map(({ bytes }) => Number(bytes.toString()));
const idsOnDisk = (spool: FakeSpool): number[] =>
  spool.contents.map(({ bytes }) => Number(Buffer.from(bytes).toString()));

function assertConserved(exporter: Exporter): void {
  const { created, recovered, exported, dropped, queued, spooled } = exporter.counters();
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(created + recovered, exported + lost + queued + spooled, JSON.stringify(exporter.counters()));
  assert.ok(queued >= 0 && spooled >= 0, JSON.stringify(exporter.counters()));
}

test('what a sink does not take goes to the spool after a while, and is replayed in order', async () => {
  const { exporter, sink, spool, clock } = await rig();
  sink.ready = false;
  exporter.accept(fakeBatch(range(0, 10)));
  assert.deepEqual([exporter.counters().queued, exporter.counters().spooled], [10, 0]);
  clock.advance(2_000);
  assert.deepEqual([exporter.counters().queued, exporter.counters().spooled], [0, 10]);
  exporter.accept(fakeBatch(range(10, 15)));
  assert.equal(exporter.counters().spooled, 15);
  sink.free();
  for (let turn = 0; turn < 20; turn++) await settled();
  assert.deepEqual(sentIds(sink), range(0, 15));
  assert.deepEqual([spool.records, exporter.counters().exported], [0, 15]);
  exporter.accept(fakeBatch([15])); // live again
  assert.deepEqual(sentIds(sink), range(0, 16));
  assert.equal(spool.contents.length, 0);
  assertConserved(exporter);
});

test('a full queue goes to the spool at once, older units first', async () => {
  const { exporter, sink, spool } = await rig(new FakeSpool(1000), 30);
  sink.ready = false;
  for (let id = 0; id < 100; id++) exporter.accept(fakeBatch([id]));
  const { queued, spooled, queuedOctets } = exporter.counters();
  assert.equal(queued + spooled, 100);
  assert.ok(queuedOctets <= 40, String(queuedOctets));
  assert.deepEqual(idsOnDisk(spool), range(0, spooled));
  sink.free();
  await settled();
  for (let turn = 0; turn < 300; turn++) await settled();
  assert.deepEqual(sentIds(sink), range(0, 100));
});

test('a spool that an earlier run left goes first', async () => {
  const before = new FakeSpool(3);
  const left = fakeBatch(range(100, 107));
  const earlier = await rig(before);
  earlier.sink.ready = false;
  earlier.exporter.accept(left);
  await earlier.exporter.finish(0);
  assert.deepEqual(idsOnDisk(before), range(100, 107));
  assert.ok(before.closed);
  const { exporter, sink, spool } = await rig(new FakeSpool(3, before.contents));
  exporter.accept(fakeBatch([1]));
  for (let turn = 0; turn < 20; turn++) await settled();
  assert.deepEqual(sentIds(sink), [...range(100, 107), 1]);
  assert.deepEqual([exporter.counters().recovered, exporter.counters().exported, spool.records], [7, 8, 0]);
  assertConserved(exporter);
});

test('a segment stays on disk until the sink has reported all of it', async () => {
  const spool = new FakeSpool(10);
  const { exporter, sink } = await rig(spool);
  sink.immediate = false;
  sink.ready = false;
  exporter.accept(fakeBatch(range(0, 10)));
  exporter.accept(fakeBatch(range(10, 20)));
  await exporter.finish(0);
  assert.equal(spool.records, 20);
  const next = await rig(new FakeSpool(10, spool.contents), 10_000, false);
  for (let turn = 0; turn < 20; turn++) await settled();
  assert.deepEqual(sentIds(next.sink), range(0, 10)); // the next segment waits
  assert.deepEqual(next.spool.released, []);
  next.sink.breakDown(); // all of it comes back, and is sent again
  assertConserved(next.exporter);
  next.sink.free();
  for (let turn = 0; turn < 100; turn++) {
    await settled();
    next.sink.report();
  }
  assert.deepEqual(next.spool.released, [0, 1]);
  assert.deepEqual(sentIds(next.sink), range(0, 20));
  assert.equal(next.exporter.counters().exported, 20);
});

/** The units 1 and 2 as a sink gives them back. */
const oneAndTwo = (): UnitRun => ({
  bytes: new Uint8Array(Buffer.from('1\n2\n')),
  ends: Uint32Array.of(2, 4),
  records: Uint32Array.of(1, 1),
  dataRecords: Uint32Array.of(1, 1),
  from: 0,
  to: 2,
});

test('units that were reported as sent are sent again, and counted once', async () => {
  const { exporter, sink } = await rig();
  exporter.accept(fakeBatch([1, 2]));
  sink.events.returned(oneAndTwo(), 2);
  sink.events.unconfirmed(5);
  const { exported, resent, unconfirmed, queued } = exporter.counters();
  assert.deepEqual([exported, resent, unconfirmed, queued], [2, 2, 5, 0]);
  assert.deepEqual(sentIds(sink), [1, 2, 1, 2]);
  assertConserved(exporter);
});

test('units that were reported as sent wait in the spool like others, though they count no records there', async () => {
  const { exporter, sink, spool, clock } = await rig();
  exporter.accept(fakeBatch([1, 2]));
  sink.ready = false;
  sink.events.returned(oneAndTwo(), 2);
  clock.advance(2_000);
  assert.equal(spool.units, 2);
  exporter.accept(fakeBatch([3]));
  sink.free();
  for (let turn = 0; turn < 20; turn++) await settled();
  assert.deepEqual(sentIds(sink), [1, 2, 1, 2, 3]);
  assert.deepEqual([spool.units, exporter.counters().exported], [0, 3]);
  assertConserved(exporter);
});

test('units that were reported as sent and are given up later are unconfirmed', async () => {
  const { exporter, sink } = await rig();
  exporter.accept(fakeBatch([1, 2]));
  sink.ready = false;
  sink.events.returned(oneAndTwo(), 2);
  exporter.spoolLost('spoolError', { records: 0, repeated: 2 });
  const { exported, dropped, unconfirmed } = exporter.counters();
  assert.deepEqual([exported, dropped.spoolError, unconfirmed], [2, 0, 2]);
});

test('model: whatever the sink does, no record is lost, doubled or miscounted', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const spool = new FakeSpool(1 + below(random, 6));
    const { exporter, sink, clock } = await rig(spool, 20 + below(random, 60));
    let next = 0;
    sink.immediate = below(random, 2) === 0;
    for (let step = 0; step < 120; step++) {
      switch (below(random, 6)) {
        case 0:
        case 1: {
          const count = 1 + below(random, 12);
          exporter.accept(fakeBatch(range(next, next + count)));
          next += count;
          break;
        }
        case 2:
          sink.breakDown();
          break;
        case 3:
          sink.free(1 + below(random, 10));
          break;
        case 4:
          clock.advance(below(random, 3_000));
          sink.report();
          break;
        default:
          await settled();
      }
      assertConserved(exporter);
    }
    if (below(random, 2) === 0) {
      sink.free();
      for (let turn = 0; turn < 400; turn++) {
        await settled();
        sink.report();
      }
      assert.equal(exporter.counters().exported, next, `seed ${seed}: all is delivered`);
    } else sink.breakDown();
    await exporter.finish(0);
    assertConserved(exporter);
    const found = new Set([...sentIds(sink), ...idsOnDisk(spool)]);
    assert.deepEqual(
      [...found].sort((a, b) => a - b),
      range(0, next),
      `seed ${seed}: nothing is missing`,
    );
    const sent = sentIds(sink);
    assert.equal(new Set(sent).size, sent.length, `seed ${seed}: nothing was sent twice`);
  }
});
