import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WeirError, WeirErrors } from '../../../src/errors.js';
import { loadAddon } from '../../../src/native/load.js';
import { KafkaSink, type KafkaSinkOptions } from '../../../src/sinks/kafka.js';
import { librdkafkaProperties, type NativeKafka } from '../../../src/sinks/kafka_librdkafka.js';
import type { KafkaTransport, KafkaTransportEvents } from '../../../src/sinks/kafka_transport.js';
import { kafkajsSettings } from '../../../src/sinks/kafkajs_settings.js';
import type { UnitRun } from '../../../src/sinks/sink.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';

/** Takes up to `room` units and reports when the test says so. */
class FakeTransport implements KafkaTransport {
  readonly client = 'fake';
  room = Infinity;
  events!: KafkaTransportEvents;
  taken: { topic: number; units: number }[] = [];
  flushes = 0;
  closes = 0;
  /** Given back by close(). */
  left: UnitRun | undefined;

  open(events: KafkaTransportEvents): Promise<void> {
    this.events = events;
    return Promise.resolve();
  }

  write(topic: number, run: UnitRun): boolean {
    const units = Math.min(run.to - run.from, this.room);
    this.room -= units;
    run.from += units;
    if (units > 0) this.taken.push({ topic, units });
    return run.from >= run.to;
  }

  flush(): void {
    this.flushes++;
  }

  close(): Promise<void> {
    this.closes++;
    if (this.left) this.events.returned(this.left);
    this.left = undefined;
    return Promise.resolve();
  }

  fail(run: UnitRun, code = '_MSG_TIMED_OUT'): void {
    this.events.trouble({ kind: 'failed', code, text: 'why', count: run.to, topic: 0 });
    this.events.returned(run);
  }
}

async function opened(options: Partial<KafkaSinkOptions> = {}): Promise<{
  sink: KafkaSink;
  events: Recorder;
  clock: ManualClock;
  transports: FakeTransport[];
}> {
  const clock = new ManualClock();
  const transports: FakeTransport[] = [];
  const openTransport = (): FakeTransport => {
    transports.push(new FakeTransport());
    return transports.at(-1) as FakeTransport;
  };
  const sink = new KafkaSink({ name: 'kafka', brokers: ['b:9092'], topic: 't', clock, openTransport, ...options });
  const events = new Recorder();
  await sink.open(events);
  return { sink, events, clock, transports };
}

test('records count as sent when the broker acknowledged them, in one session', async () => {
  const { sink, events, transports } = await opened();
  const run = unitRun(['a', 'b', 'c'], [1, 2, 3]);
  sink.write(run);
  assert.deepEqual([run.from, events.records, events.sessions], [3, 0, 1]);
  transports[0]!.events.delivered(6, 3, 33);
  assert.deepEqual([events.records, events.units, events.octets, sink.counters.units], [6, 3, 33, 3]);
});

test('statistics go to the second topic, and are refused without one', async () => {
  const { sink, events, transports } = await opened({ statisticsTopic: 's' });
  sink.write({ ...unitRun(['x'], [0]), statistics: true });
  assert.deepEqual([sink.takesStatistics, transports[0]!.taken], [true, [{ topic: 1, units: 1 }]]);
  transports[0]!.events.returned({ ...unitRun(['x'], [0]), statistics: true });
  assert.deepEqual([sink.ready, events.returns.length, events.dropped], [true, 0, { rejected: 0 }]);

  const without = await opened();
  const run = { ...unitRun(['x'], [0]), statistics: true };
  without.sink.write(run);
  assert.deepEqual([run.from, without.sink.takesStatistics, without.transports[0]!.taken], [1, false, []]);
});

test('a full queue makes the sink wait until a quarter of it has left', async () => {
  const { sink, events, transports } = await opened();
  const [transport] = transports as [FakeTransport];
  transport.room = 8;
  const run = unitRun(Array.from({ length: 10 }, (_, index) => `${index}`));
  sink.write(run);
  assert.deepEqual([run.from, sink.ready], [8, false]);
  transport.events.delivered(1, 1, 1);
  assert.deepEqual([sink.ready, events.drains], [false, 0]);
  transport.events.delivered(1, 1, 1);
  assert.deepEqual([sink.ready, events.drains], [true, 1]);
});

test('what failed comes back, and the sink backs off for 1, 2, 4 .. 30 s until something is delivered', async () => {
  const { sink, events, clock, transports } = await opened();
  const [transport] = transports as [FakeTransport];
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    sink.write(unitRun(['a']));
    const drains = events.drains;
    transport.fail(unitRun(['a'], [5]));
    assert.equal(sink.ready, false);
    clock.advance(seconds * 1000 - 1);
    assert.equal(events.drains, drains);
    clock.advance(1);
    assert.deepEqual([sink.ready, events.drains], [true, drains + 1]);
  }
  assert.deepEqual(events.returns[0], { units: ['a'], records: 5, reported: 0 });
  sink.write(unitRun(['a']));
  transport.events.delivered(5, 1, 1);
  transport.fail(unitRun(['a']));
  clock.advance(1000);
  assert.equal(sink.ready, true);
});

test('one line a kind of trouble and minute with how often, one at recovery', async () => {
  const { sink, events, clock, transports } = await opened();
  const [transport] = transports as [FakeTransport];
  const trouble = (code: string, count = 1): void =>
    transport.events.trouble({ kind: 'failed', code, text: 'why', count, topic: 0 });
  events.notices.length = 0;
  trouble('UNKNOWN_TOPIC_OR_PART', 3);
  trouble('UNKNOWN_TOPIC_OR_PART', 4);
  clock.advance(59_000);
  trouble('_UNKNOWN_TOPIC');
  trouble('_PURGE_QUEUE');
  clock.advance(1_000);
  trouble('UNKNOWN_TOPIC_OR_PART');
  assert.deepEqual(events.notices, [
    'kafka: topic t: the topic does not exist: why (UNKNOWN_TOPIC_OR_PART, 3 times)',
    'kafka: topic t: the topic does not exist: why (UNKNOWN_TOPIC_OR_PART, 6 times)',
  ]);
  assert.equal(sink.failure, 'topic t: the topic does not exist: why');
  transport.events.delivered(1, 1, 1);
  transport.events.delivered(1, 1, 1);
  assert.equal(sink.failure, '');
  assert.deepEqual(events.notices.slice(2), ['kafka: messages are delivered again after 60 s of trouble']);
});

test('a fatal error begins a new session with a new client; what the old one held comes back', async () => {
  const { sink, events, clock, transports } = await opened();
  const [first] = transports as [FakeTransport];
  sink.write(unitRun(['a']));
  first.left = unitRun(['a']);
  first.events.trouble({ kind: 'fatal', code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', text: 'why', count: 1, topic: 0 });
  await new Promise(setImmediate);
  assert.deepEqual([sink.ready, events.returns.length, transports.length, first.closes], [false, 1, 1, 1]);
  clock.advance(4000);
  await new Promise(setImmediate);
  assert.deepEqual([sink.ready, transports.length, events.sessions, sink.counters.sessions], [true, 2, 2, 2]);
  sink.write(unitRun(['a']));
  assert.equal(transports[1]!.taken.length, 1);
});

test('refused certificates are read again by a new client after 30 s, unless messages pass meanwhile', async () => {
  for (const passes of [false, true]) {
    const { events, clock, transports } = await opened();
    const [first] = transports as [FakeTransport];
    first.events.trouble({ kind: 'error', code: '_SSL', text: 'why', count: 1, topic: 0 });
    if (passes) first.events.delivered(1, 1, 1);
    clock.advance(30_000);
    await new Promise(setImmediate);
    clock.advance(1000);
    await new Promise(setImmediate);
    assert.deepEqual([transports.length, events.sessions], passes ? [1, 1] : [2, 2]);
  }
});

test('close flushes until the deadline, then gives back what is left', async () => {
  const { sink, events, clock, transports } = await opened();
  const [transport] = transports as [FakeTransport];
  sink.write(unitRun(['a', 'b']));
  transport.left = unitRun(['b'], [7]);
  const closed = sink.close(500);
  assert.equal(transport.flushes, 1);
  transport.events.delivered(1, 1, 1);
  clock.advance(499);
  assert.equal(transport.closes, 0);
  clock.advance(1);
  await closed;
  await sink.close(500);
  assert.deepEqual([transport.closes, events.returns.map(({ records }) => records)], [1, [7]]);
  assert.deepEqual([sink.ready, clock.waiting], [false, []]);
});

test('the properties of librdkafka: defaults, aliases, and idempotence off with other acks', () => {
  const of = (given: Record<string, string>): Record<string, string> =>
    Object.fromEntries(librdkafkaProperties(['a:1', 'b:2'], given).properties);
  assert.deepEqual(of({}), {
    'bootstrap.servers': 'a:1,b:2',
    'client.id': 'weir',
    acks: 'all',
    'enable.idempotence': 'true',
    'compression.codec': 'lz4',
    'linger.ms': '50',
    'batch.num.messages': '10000',
    'queue.buffering.max.messages': '1000000',
    'queue.buffering.max.kbytes': '65536',
    'message.timeout.ms': '120000',
    'topic.metadata.propagation.max.ms': '5000',
    'topic.metadata.refresh.interval.ms': '10000',
    partitioner: 'murmur2_random',
    'log.connection.close': 'false',
  });
  const { acks, 'compression.codec': codec } = of({ 'request.required.acks': '-1', 'compression.type': 'zstd' });
  assert.deepEqual([acks, codec], ['-1', 'zstd']);
  assert.deepEqual(librdkafkaProperties(['a'], { acks: '-1' }).notices, []);
  const one = librdkafkaProperties(['a'], { acks: '1' });
  assert.equal(Object.fromEntries(one.properties)['enable.idempotence'], 'false');
  assert.match(one.notices.join(), /^acks=1 switches idempotence off/);
});

test('the properties of kafkajs: all that it lacks is named at once', () => {
  const settings = kafkajsSettings({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.username': 'u',
    'sasl.password': 'p',
    'compression.type': 'gzip',
    acks: '1',
  });
  assert.deepEqual(settings.sasl, { mechanism: 'scram-sha-512', username: 'u', password: 'p' });
  assert.deepEqual([settings.acks, settings.gzip, settings.idempotent, settings.lingerMs], [1, true, false, 50]);
  assert.throws(
    () => kafkajsSettings({ 'fetch.wait.max.ms': '1', 'compression.codec': 'lz4', 'ssl.ca.location': '/no/such' }),
    (error) => {
      assert.ok(error instanceof WeirErrors);
      assert.deepEqual(
        error.errors.map(({ code, message }) => [code, message]),
        [
          ['WEIR_KAFKA', 'the client kafkajs has no property fetch.wait.max.ms: use the client librdkafka'],
          ['WEIR_KAFKA', 'compression.codec: kafkajs has no lz4, only none, gzip'],
        ],
      );
      return true;
    },
  );
});

const native = loadAddon() as unknown as NativeKafka;
const { available, reason } = native.kafka();
const skip = available ? false : reason;

test('librdkafka names every bad property', { skip }, async () => {
  const properties = { 'no.such.property': '1', acks: 'some' };
  const sink = new KafkaSink({ name: 'kafka', brokers: ['127.0.0.1:1'], topic: 't', native, properties });
  await assert.rejects(sink.open(new Recorder()), (error) => {
    assert.ok(error instanceof WeirError);
    assert.equal(error.code, 'WEIR_KAFKA');
    assert.match(error.message, /acks".*"no\.such\.property"/);
    return true;
  });
  const missing = { kafka: () => ({ available: false, version: '', reason: 'not built' }), KafkaProducer: class {} };
  const without = new KafkaSink({
    ...{ name: 'kafka', brokers: ['b'], topic: 't', client: 'librdkafka' },
    native: missing as unknown as NativeKafka,
  });
  await assert.rejects(without.open(new Recorder()), { code: 'WEIR_KAFKA_LIBRARY', message: 'kafka: not built' });
});

test('librdkafka delivers to its own mock cluster, refuses what is too large, ends cleanly', { skip }, async () => {
  const properties = { 'test.mock.num.brokers': '1', 'message.max.bytes': '2000', 'linger.ms': '1' };
  const sink = new KafkaSink({ name: 'kafka', brokers: ['mock'], topic: 't', native, properties });
  const events = new Recorder();
  await sink.open(events);
  assert.match(sink.client, /^librdkafka \d/);
  const run = unitRun(['one', 'x'.repeat(3000), 'three'], [1, 2, 4]);
  sink.write(run);
  assert.deepEqual([run.from, events.dropped], [3, {}]);
  await sink.flush();
  assert.deepEqual([events.records, events.octets, events.dropped], [5, 8, { rejected: 2 }]);
  sink.write(unitRun(['four']));
  await sink.close(5000);
  assert.deepEqual([events.records, events.returns], [6, []]);
});
