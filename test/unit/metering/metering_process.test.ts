import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeteringProcess, type MeteringOptions, type Notice } from '../../../src/metering/metering_process.js';
import { CollectingConsumer, range } from '../../support/collecting_consumer.js';
import { FakeMeter } from '../../support/fake_meter.js';

/** A Metering Process whose deferred turns the test runs. */
function rig(options: Partial<MeteringOptions> = {}, consumers = [new CollectingConsumer()]) {
  const turns: { call: () => void; ms: number }[] = [];
  const notices: Notice[] = [];
  let meter!: FakeMeter;
  const metering = new MeteringProcess({
    createMeter: (onWake) => (meter = new FakeMeter(onWake)),
    consumers,
    offline: false,
    onNotice: (notice) => notices.push(notice),
    batchCapacity: 8,
    now: () => 0,
    defer: (call, ms) => turns.push({ call, ms }),
    ...options,
  });
  const runTurns = (limit = 1000): number => {
    let count = 0;
    for (; turns.length > 0 && count < limit; count++) turns.shift()?.call();
    return count;
  };
  return { metering, meter, consumers, consumer: consumers[0] as CollectingConsumer, turns, notices, runTurns };
}

test('takes full batches until nothing is there, and ends when finished was said and the rings are empty', async () => {
  const { metering, meter, consumer, runTurns } = rig({ offline: true });
  metering.start();
  assert.ok(meter.started);
  meter.add(range(0, 20));
  runTurns();
  assert.deepEqual(consumer.sizes, [8, 8, 4]);
  let ended = false;
  void metering.ended.then(() => (ended = true));
  await Promise.resolve();
  assert.equal(ended, false);
  meter.add(range(20, 30), { kind: 'finished' });
  runTurns();
  await metering.ended;
  assert.deepEqual(consumer.ids, range(0, 30));
  assert.equal(metering.records, 30);
});

test('many wake-ups make one turn', () => {
  const { metering, meter, turns, runTurns } = rig();
  metering.start();
  runTurns();
  for (let id = 0; id < 100; id++) meter.add([id]);
  assert.equal(turns.length, 1);
});

test('a turn yields after its batches or its time, and goes on in the next one', () => {
  const byBatches = rig({ budgetBatches: 2 });
  byBatches.meter.add(range(0, 40));
  assert.equal(byBatches.runTurns(1), 1);
  assert.equal(byBatches.consumer.ids.length, 16);
  assert.equal(byBatches.turns.length, 1);
  byBatches.runTurns();
  assert.equal(byBatches.consumer.ids.length, 40);

  let now = 0;
  const byTime = rig({ budgetMs: 10, now: () => (now += 4) });
  byTime.meter.add(range(0, 100));
  byTime.runTurns(1);
  assert.equal(byTime.consumer.ids.length, 16);
});

test('live, records wait a little to share messages, but not while they come fast', () => {
  const { meter, turns, runTurns } = rig({ coalesceMs: 20 });
  meter.add([1]);
  assert.equal(turns[0]?.ms, 20);
  runTurns();
  meter.add(range(0, 20));
  runTurns();
  meter.add([1]);
  assert.equal(turns[0]?.ms, 0);
});

test('offline, taking stops while a consumer is full, and nothing is lost', async () => {
  const [slow, quick] = [new CollectingConsumer(), new CollectingConsumer()];
  const { metering, meter, runTurns, turns } = rig({ offline: true }, [slow, quick]);
  meter.add(range(0, 30), { kind: 'finished' });
  slow.ready = false;
  runTurns();
  assert.deepEqual([slow.ids.length, quick.ids.length, meter.ids.length], [0, 0, 30]);
  assert.equal(turns.length, 0, 'it waits without spinning');
  slow.ready = true;
  slow.onReady();
  runTurns();
  await metering.ended;
  assert.deepEqual(slow.ids, range(0, 30));
  assert.deepEqual(quick.ids, range(0, 30));
});

test('live, taking never stops for a consumer', () => {
  const { meter, consumer, runTurns } = rig();
  consumer.ready = false;
  meter.add(range(0, 30));
  runTurns();
  assert.equal(consumer.ids.length, 30);
});

test('stopWaiting ends the back-pressure of a consumer that never gets ready', async () => {
  const { metering, meter, consumer, runTurns } = rig({ offline: true });
  consumer.ready = false;
  meter.add(range(0, 10), { kind: 'finished' });
  runTurns();
  metering.stop();
  assert.ok(meter.stopped);
  metering.stopWaiting();
  runTurns();
  await metering.ended;
  assert.equal(consumer.ids.length, 10);
});

test('notices are handed on; counters survive the end of the Meter', async () => {
  const { metering, meter, notices, runTurns } = rig();
  meter.add(
    [],
    { kind: 'notice', level: 'warning', code: 'WEIR_INTERFACE', text: 'eth9 is down' },
    { kind: 'finished' },
  );
  runTurns();
  await metering.ended;
  assert.deepEqual(
    notices.map((notice) => notice.text),
    ['eth9 is down'],
  );
  metering.close();
  assert.ok(meter.closed);
  assert.equal(metering.counters().frames, 7);
});

test('an exception of the Meter rejects `ended`', async () => {
  const { metering, meter, runTurns } = rig();
  meter.take = () => {
    throw new Error('broken ring');
  };
  meter.add([1]);
  runTurns();
  await assert.rejects(metering.ended, /broken ring/);
});
