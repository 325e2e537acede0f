// The Kafka sink against a real broker, with both clients. KAFKA_BROKERS=host:port takes a broker that runs already.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Kafka } from 'kafkajs';
import { loadAddon } from '../../src/native/load.js';
import { unitRun } from '../support/sink_run.js';
import { type Broker, brokerMissing, createTopic, newClient, startBroker, versions } from './broker.js';
import { consume, consumeByKafkajs, Feeder, keyedRun, keyedUnit, newSink } from './feeding.js';

const elsewhere = process.env.KAFKA_BROKERS;
const missing = elsewhere === undefined ? brokerMissing(versions.newest) : undefined;
const librdkafka = loadAddon().kafka();
const partitionOf = new Map<string, Map<string, number>>();

describe('Kafka delivery', { skip: missing, timeout: 120_000 }, () => {
  let broker: Broker | undefined;
  let client: Kafka;
  let address: string;
  const run = Math.random().toString(36).slice(2, 8); // topics of another broker stay there

  before(async () => {
    if (elsewhere === undefined) broker = await startBroker(versions.newest);
    address = broker?.plain ?? (elsewhere as string);
    client = newClient(address.split(',')[0] as string);
  });
  after(() => broker?.stop());

  for (const name of ['librdkafka', 'kafkajs'] as const) {
    describe(name, { skip: name === 'librdkafka' && !librdkafka.available ? librdkafka.reason : false }, () => {
      const topicOf = async (what: string, partitions = 3, settings = {}): Promise<string> => {
        const topic = `weir-${run}-${name}-${what}`;
        await createTopic(client, topic, partitions, settings);
        return topic;
      };

      test('records arrive once, with their keys and headers; a key has one partition and its order', async () => {
        const topic = await topicOf('keys');
        const headers = [
          ['schema', 'ipfix'],
          ['version', '1'],
        ] as const;
        const sink = newSink({ brokers: [address], topic, client: name, keyed: true, headers });
        const feeder = await new Feeder(sink).open();
        for (let batch = 0; batch < 5; batch++) feeder.give(keyedRun(`v${batch}`, 1000, 20));
        await feeder.settled();
        assert.equal(feeder.records, 5000);
        assert.equal(feeder.sessions, 1);
        assert.equal(sink.counters.units, 5000);
        await sink.close(1000);

        const found = await consume(address, topic);
        assert.equal(found.length, 5000);
        assert.equal(new Set(found.map(({ value }) => value)).size, 5000);
        assert.deepEqual([...new Set(found.map((message) => message.headers))], ['schema=ipfix,version=1']);
        assert.equal(new Set(found.map(({ partition }) => partition)).size, 3);
        const partitions = new Map<string, number>();
        for (const { key, partition } of found) {
          assert.equal(partitions.get(key) ?? partition, partition, `${key} is in two partitions`);
          partitions.set(key, partition);
        }
        assert.equal(partitions.size, 20);
        partitionOf.set(name, partitions);
        const ofKey = found.filter(({ key }) => key === 'k7').map(({ value }) => value);
        assert.deepEqual(
          ofKey,
          [0, 1, 2, 3, 4].flatMap((batch) => Array.from({ length: 50 }, (_, index) => `v${batch}-${7 + 20 * index}`)),
        );
      });

      test('statistics go to their own topic, one key for all where asked', async () => {
        const topic = await topicOf('flows', 1);
        const statisticsTopic = await topicOf('statistics', 1);
        const sink = newSink({ brokers: [address], topic, statisticsTopic, client: name, constantKey: 'probe-1' });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(['flow-a', 'flow-b']));
        feeder.give({ ...unitRun(['sums'], [0]), statistics: true });
        await feeder.until(() => feeder.units === 3);
        await sink.close(1000);
        assert.deepEqual([feeder.records, sink.takesStatistics], [2, true]);
        assert.deepEqual(
          (await consumeByKafkajs(client, topic, 2)).map(({ key, value }) => [key, value]),
          [
            ['probe-1', 'flow-a'],
            ['probe-1', 'flow-b'],
          ],
        );
        assert.deepEqual(
          (await consume(address, statisticsTopic)).map(({ key, value }) => [key, value]),
          [['probe-1', 'sums']],
        );
      });

      const codecs = name === 'librdkafka' ? ['none', 'gzip', 'snappy', 'lz4', 'zstd'] : ['none', 'gzip'];
      test(`every compression: ${codecs.join(', ')}`, async () => {
        for (const codec of codecs) {
          const topic = await topicOf(codec, 1);
          const sink = newSink({ brokers: [address], topic, client: name, properties: { 'compression.codec': codec } });
          const feeder = await new Feeder(sink).open();
          const values = Array.from({ length: 500 }, (_, index) => `${codec} ${index}`.padEnd(200, 'x'));
          feeder.give(unitRun(values));
          await feeder.settled();
          await sink.close(1000);
          assert.deepEqual(
            (await consume(address, topic)).map(({ value }) => value),
            values,
          );
        }
      });

      test('a full queue holds the exporter back and loses nothing', async () => {
        const topic = await topicOf('full');
        const properties = { 'queue.buffering.max.kbytes': '16' };
        const sink = newSink({ brokers: [address], topic, client: name, properties });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(Array.from({ length: 2000 }, (_, index) => `${index}`.padStart(64, '0'))));
        assert.equal(sink.ready, false);
        await feeder.settled();
        assert.ok(feeder.held > 1 && feeder.drains > 1, `held ${feeder.held}, drained ${feeder.drains}`);
        await sink.close(1000);
        assert.equal(new Set((await consume(address, topic)).map(({ value }) => value)).size, 2000);
        assert.equal(feeder.returnedRecords, 0);
      });

      test('a message that is too large for the topic is lost as rejected, the others arrive', async () => {
        const topic = await topicOf('large', 1, { 'max.message.bytes': '3000' });
        // Each message is a batch of its own, so that the broker refuses the large one alone.
        const properties = {
          'compression.codec': 'none',
          ...(name === 'librdkafka' ? { 'batch.num.messages': '1' } : {}),
        };
        const sink = newSink({ brokers: [address], topic, client: name, properties });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(['small-1', 'x'.repeat(5000), 'small-2']));
        await feeder.settled();
        await sink.close(1000);
        assert.deepEqual([feeder.records, feeder.dropped], [2, { rejected: 1 }]);
        assert.deepEqual((await consume(address, topic)).map(({ value }) => value).sort(), ['small-1', 'small-2']);
        assert.equal(feeder.notices.filter((line) => /too large/.test(line)).length, 1);
      });

      test('an unknown topic gives the records back with one clear line; once it is there they arrive', async () => {
        const topic = `weir-${run}-${name}-late`;
        const properties: Record<string, string> =
          name === 'librdkafka'
            ? { 'topic.metadata.propagation.max.ms': '200', 'topic.metadata.refresh.interval.ms': '500' }
            : {};
        const sink = newSink({ brokers: [address], topic, client: name, keyed: true, properties });
        const feeder = await new Feeder(sink).open();
        feeder.give(keyedRun('late', 10, 3));
        await feeder.until(() => feeder.returnedRecords >= 10);
        assert.equal(sink.ready, false);
        assert.equal(feeder.records, 0);
        assert.equal(
          feeder.notices.filter((line) => line.includes('does not exist')).length,
          1,
          feeder.notices.join('\n'),
        );
        await createTopic(client, topic, 1, {});
        await feeder.settled();
        await feeder.noticed(/delivered again after \d+ s/);
        await sink.close(1000);
        assert.deepEqual(
          (await consume(address, topic)).map(({ key, value }) => `${key} ${value}`),
          Array.from({ length: 10 }, (_, index) => `k${index % 3} late-${index}`),
        );
      });

      test('what cannot be delivered in time is given back at the end', async () => {
        const sink = newSink({ brokers: ['127.0.0.1:1'], topic: 'nowhere', client: name, keyed: true });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun([keyedUnit('k', 'one'), keyedUnit('', 'two')], [3, 4]));
        await feeder.noticed(/trouble with one broker|no broker is reachable/);
        await sink.close(500);
        assert.equal(feeder.returnedRecords, 7);
        assert.deepEqual(feeder.returns[0]?.units, ['\0\x01kone', '\0\0two']);
        assert.deepEqual([feeder.records, feeder.dropped], [0, {}]);
      });
    });
  }

  test('both clients put a key into the same partition', { skip: !librdkafka.available && librdkafka.reason }, () => {
    assert.equal(partitionOf.size, 2);
    assert.deepEqual(
      [...(partitionOf.get('librdkafka') as Map<string, number>)].sort(),
      [...(partitionOf.get('kafkajs') as Map<string, number>)].sort(),
    );
  });
});
