// What an operator can put right while weir runs: no such topic, no permission, a wrong CA. Each gives one clear line, loses
// nothing, and weir goes on by itself once it is right.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { temporaryFolder, type WeirRun } from '../support/weir.js';
import { type Broker, brokerMissing, permit, startBroker, users, versions } from './broker.js';
import { consume } from './feeding.js';
import { PipedWeir } from './flow_pipe.js';

const missing =
  process.env.KAFKA_BROKERS === undefined ? brokerMissing(versions.tolerant) : 'KAFKA_BROKERS is not ours';
const librdkafka = loadAddon().kafka();

/** Log lines of a run that are no mere information. */
function troublesOf(run: WeirRun): string[] {
  return run.stderr.split('\n').filter((line) => /"level":"(warning|error)"/.test(line));
}

const sumsOf = (run: WeirRun): number[][] =>
  run.sinks.map(({ records, exported, dropped }) => [records, exported, dropped]);

describe('weir and what a Kafka operator puts right', { skip: missing, timeout: 240_000 }, () => {
  let broker: Broker;
  before(async () => {
    broker = await startBroker(versions.tolerant);
  });
  after(() => broker?.stop());

  for (const client of ['librdkafka', 'kafkajs'] as const) {
    const skip = client === 'librdkafka' && !librdkafka.available ? librdkafka.reason : false;
    describe(client, { skip, concurrency: true }, () => {
      /** Gives flows, waits for the trouble, puts it right, gives more, and ends: everything has arrived. */
      const recovers = async (
        t: TestContext,
        sink: string,
        topic: string,
        trouble: RegExp,
        putRight: () => Promise<void>,
      ): Promise<void> => {
        const weir = new PipedWeir(t, ['--to', sink]);
        weir.give(300);
        await weir.said(trouble);
        await putRight();
        weir.give(300);
        await weir.said(/delivered again/);
        weir.end();
        const run = await weir.ended;
        assert.equal(run.status, 0, run.stderr);
        assert.deepEqual(sumsOf(run), [[600, 600, 0]]);
        const lines = troublesOf(run);
        assert.equal(lines.filter((line) => trouble.test(line)).length, 1, run.stderr);
        const values = new Set((await consume(broker.plain, topic)).map(({ value }) => value));
        assert.equal(values.size, 600);
      };

      test('a topic that is made while weir runs', async (t) => {
        const topic = `${client}-late`;
        await recovers(
          t,
          `kafka://${broker.plain}/${topic}?client=${client}`,
          topic,
          /topic \S+: the topic does not exist/,
          () => broker.createTopic(topic),
        );
      });

      test('a permission that is given while weir runs', async (t) => {
        const topic = `${client}-forbidden`;
        await broker.createTopic(topic);
        const login = `sasl.mechanism=SCRAM-SHA-256&sasl.username=bob&sasl.password=${users.bob}`;
        const sink = `kafka+tls://${broker.sasl}/${topic}?client=${client}&ca=${broker.certificates.authority}&${login}`;
        await recovers(t, sink, topic, /topic \S+: the brokers do not permit writing/, () =>
          permit(broker.client, 'bob', topic),
        );
      });

      test('a CA file that is put right while weir runs', async (t) => {
        const topic = `${client}-ca`;
        await broker.createTopic(topic);
        const file = join(temporaryFolder(t), 'ca.pem');
        copyFileSync(broker.certificates.otherAuthority, file);
        await recovers(t, `kafka+tls://${broker.ssl}/${topic}?client=${client}&ca=${file}`, topic, /TLS failed/, () => {
          copyFileSync(broker.certificates.authority, file);
          return Promise.resolve();
        });
      });

      // kafkajs delivers the flows too, but may not tell of the topic within a minute.
      const tells =
        client === 'librdkafka' ? {} : { skip: 'kafkajs asks for a missing topic again and again in silence' };
      test('a statistics topic that does not exist costs no flow, and is named', tells, async (t) => {
        const topic = `${client}-flows`;
        await broker.createTopic(topic);
        const more = `client=${client}&statisticstopic=${client}-nowhere&statistics=1s`;
        const weir = new PipedWeir(t, ['--to', `kafka://${broker.plain}/${topic}?${more}`]);
        weir.give(300);
        await weir.said(/-nowhere: the topic does not exist/);
        weir.give(300);
        weir.end();
        const run = await weir.ended;
        assert.equal(run.status, 0, run.stderr);
        assert.deepEqual(sumsOf(run), [[600, 600, 0]]);
        assert.equal(troublesOf(run).length, 1, run.stderr);
        assert.equal((await consume(broker.plain, topic)).length, 600);
      });

      test('messages too large for the topic are counted as rejected, each record once', async (t) => {
        const [narrow, wide] = [`${client}-narrow`, `${client}-wide`];
        await broker.createTopic(narrow, 1, { 'max.message.bytes': '1500' });
        await broker.createTopic(wide, 1);
        const shallow = `${client}-shallow`;
        await broker.createTopic(shallow, 1, { 'max.message.bytes': '20000' });
        const fitting = client === 'librdkafka' ? '&batch.size=15000' : ''; // kafkajs's requests are halved until they fit
        const sinks = [narrow, wide].flatMap((topic) => [
          '--to',
          `kafka://${broker.plain}/${topic}?client=${client}&batch=500&compression=none`,
        ]);
        sinks.push('--to', `kafka://${broker.plain}/${shallow}?client=${client}&compression=none${fitting}`);
        const weir = new PipedWeir(t, sinks);
        weir.give(2000);
        weir.end();
        const run = await weir.ended;
        assert.deepEqual(sumsOf(run), [
          [2000, 0, 2000],
          [2000, 2000, 0],
          [2000, 2000, 0],
        ]);
        assert.equal((run.sinks[0] as { rejected?: number }).rejected, 2000);
        assert.equal(troublesOf(run).filter((line) => /too large for the brokers/.test(line)).length, 1, run.stderr);
        const lines = (await consume(broker.plain, wide)).flatMap(({ value }) => value.trim().split('\n'));
        assert.equal(lines.length, 2000);
      });
    });
  }
});
