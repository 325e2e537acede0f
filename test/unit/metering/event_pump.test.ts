import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventPump, type EventPumpOptions } from '../../../src/metering/event_pump.js';
import type { Notice } from '../../../src/metering/metering_process.js';
import type { WantedContainer } from '../../../src/native/boundary.js';
import { CollectingConsumer, range } from '../../support/collecting_consumer.js';
import { FakeAttribution } from '../../support/fake_attribution.js';

/** A pump whose deferred turns the test runs. */
function rig(options: Partial<EventPumpOptions> = {}, consumers = [new CollectingConsumer()]) {
  const turns: { call: () => void; ms: number }[] = [];
  const notices: Notice[] = [];
  const wanted: WantedContainer[] = [];
  const failures: unknown[] = [];
  let attribution!: FakeAttribution;
  const pump = new EventPump({
    createAttribution: (onWake) => (attribution = new FakeAttribution(onWake)),
    onNotice: (notice) => notices.push(notice),
    onWanted: (list) => wanted.push(...list),
    onFailure: (error) => failures.push(error),
    batchCapacity: 8,
    now: () => 0,
    defer: (call, ms) => turns.push({ call, ms }),
    ...options,
  });
  pump.setConsumers(consumers);
  const runTurns = (limit = 1000): void => {
    for (let count = 0; turns.length > 0 && count < limit; count++) turns.shift()?.call();
  };
  return { pump, attribution, consumer: consumers[0]!, consumers, turns, notices, wanted, failures, runTurns };
}

test('events go to every consumer, full batches first; many wake-ups make one turn', () => {
  const { pump, attribution, consumers, turns, runTurns } = rig({}, [
    new CollectingConsumer(),
    new CollectingConsumer(),
  ]);
  pump.start();
  assert.ok(attribution.started);
  for (const id of range(0, 20)) attribution.add([id]);
  assert.equal(turns.length, 1);
  runTurns();
  for (const consumer of consumers) {
    assert.deepEqual(consumer.ids, range(0, 20));
    assert.deepEqual(consumer.sizes, [8, 8, 4]);
  }
  assert.equal(pump.records, 20);
});

test('a turn yields after its budget and goes on in the next one', () => {
  const { attribution, consumer, turns, runTurns } = rig({ budgetBatches: 2 });
  attribution.add(range(0, 40));
  runTurns(1);
  assert.equal(consumer.ids.length, 16);
  assert.equal(turns.length, 1);
  runTurns();
  assert.equal(consumer.ids.length, 40);
});

test('notices and wanted containers go their ways in the same turn', () => {
  const { attribution, notices, wanted, runTurns } = rig();
  const container = { id: 'a'.repeat(64), runtime: 'docker', processId: 7 };
  attribution.add([], {
    notices: [{ kind: 'notice', level: 'warning', code: '', text: 'the ring is full' }],
    wanted: [container],
  });
  runTurns();
  assert.deepEqual(
    notices.map(({ text }) => text),
    ['the ring is full'],
  );
  assert.deepEqual(wanted, [container]);
});

test('finish hands on what waits, but not for ever; nothing moves afterwards', () => {
  const { pump, attribution, consumer, runTurns } = rig();
  attribution.add(range(0, 20));
  pump.finish();
  assert.deepEqual(consumer.ids, range(0, 20));
  attribution.add(range(20, 30));
  runTurns();
  pump.finish();
  assert.equal(consumer.ids.length, 20);

  const endless = rig();
  endless.attribution.takeEvents = (batch) => (batch.count = 1);
  endless.pump.finish();
  assert.equal(endless.consumer.sizes.length, 256);
});

test('an exception of the Attribution is told once, and ends the turns', () => {
  const { attribution, failures, turns, runTurns } = rig();
  attribution.takeEvents = () => {
    throw new Error('broken queue');
  };
  attribution.add([1]);
  runTurns();
  attribution.add([2]);
  assert.equal(turns.length, 0);
  assert.deepEqual(failures.map(String), ['Error: broken queue']);
});
