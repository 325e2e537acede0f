// The broker is killed under load and comes back: nothing is missing, and nothing is doubled while no message times out.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { type Broker, brokerMissing, startBroker, versions } from './broker.js';
import { consume, Feeder, keyedRun, newSink } from './feeding.js';

const missing = process.env.KAFKA_BROKERS === undefined ? brokerMissing(versions.newest) : 'KAFKA_BROKERS is not ours';
const { available, reason } = loadAddon().kafka();

/** A batch of 200 records again and again; returns how to end it. */
function load(feeder: Feeder): () => void {
  let batch = 0;
  const timer = setInterval(() => feeder.give(keyedRun(`b${batch++}`, 200, 50)), 20);
  return () => clearInterval(timer);
}

describe('Kafka outage', { skip: missing, timeout: 180_000 }, () => {
  let broker: Broker;
  before(async () => {
    broker = await startBroker(versions.newest);
  });
  after(() => broker?.stop());

  /** Kills the broker under load, starts it again, and ends when all records are accounted for. */
  const outage = async (
    topic: string,
    client: 'librdkafka' | 'kafkajs',
    properties: Record<string, string>,
    down: (feeder: Feeder) => Promise<void>,
  ): Promise<{ feeder: Feeder; values: string[] }> => {
    await broker.createTopic(topic);
    const sink = newSink({ brokers: [broker.plain], topic, client, keyed: true, properties });
    const feeder = await new Feeder(sink).open();
    const end = load(feeder);
    await feeder.until(() => feeder.records > 1000);
    await broker.kill();
    await down(feeder);
    await broker.restart();
    const before = feeder.records;
    await feeder.until(() => feeder.records > before + 1000);
    end();
    await feeder.settled();
    await sink.close(5000);
    const values = (await consume(broker.plain, topic)).map(({ value }) => value);
    assert.deepEqual([feeder.records, feeder.waiting, feeder.dropped], [feeder.given, 0, {}]);
    assert.equal(new Set(values).size, feeder.given, 'records are missing');
    return { feeder, values };
  };

  test('librdkafka keeps what it took and doubles nothing', { skip: !available && reason }, async () => {
    const { feeder, values } = await outage('kept', 'librdkafka', {}, (during) => during.noticed(/no broker is reach/));
    assert.equal(values.length, feeder.given);
    assert.equal(feeder.sessions, 1);
    assert.equal(feeder.returnedRecords, 0);
    assert.equal(feeder.notices.filter((line) => /no broker is reachable/.test(line)).length, 1);
    assert.equal(feeder.notices.filter((line) => /delivered again/.test(line)).length, 1);
  });

  test('librdkafka gives back what times out, and it is sent again', { skip: !available && reason }, async () => {
    const properties = { 'message.timeout.ms': '1000', 'linger.ms': '5' };
    const { feeder } = await outage('timeout', 'librdkafka', properties, (during) =>
      during.until(() => during.returnedRecords > 0),
    );
    assert.equal(feeder.notices.filter((line) => /not acknowledged in time/.test(line)).length, 1);
  });

  test('kafkajs gives back what it cannot send', async () => {
    const { feeder } = await outage('kafkajs', 'kafkajs', {}, (during) =>
      during.until(() => during.returnedRecords > 0),
    );
    assert.ok(feeder.notices.some((line) => /delivered again/.test(line)));
  });
});
