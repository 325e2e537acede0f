// TLS, SASL/SCRAM and permissions against a real broker, with both clients.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { unitRun } from '../support/sink_run.js';
import { type Broker, brokerMissing, permit, startBroker, users, versions } from './broker.js';
import type { Certificates } from './certificates.js';
import { consume, Feeder, newSink } from './feeding.js';

const missing =
  process.env.KAFKA_BROKERS === undefined
    ? brokerMissing(versions.tolerant)
    : 'the broker of KAFKA_BROKERS is not ours';
const librdkafka = loadAddon().kafka();

function tls(authority: string): Record<string, string> {
  return { 'security.protocol': 'ssl', 'ssl.ca.location': authority };
}

function scram(authority: string, user: keyof typeof users, mechanism = 'SCRAM-SHA-256'): Record<string, string> {
  return {
    'security.protocol': 'sasl_ssl',
    'ssl.ca.location': authority,
    'sasl.mechanism': mechanism,
    'sasl.username': user,
    'sasl.password': users[user],
  };
}

/** One request over Node's own TLS. */
async function askByHttps(certificates: Certificates): Promise<string> {
  const server = createServer(
    { cert: readFileSync(certificates.certificate), key: readFileSync(certificates.key) },
    (_, response) => response.end('answer'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request(
      { host: 'localhost', port, ca: readFileSync(certificates.authority), agent: false, family: 4 },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
  await new Promise((resolve) => server.close(resolve));
  return answer;
}

describe('Kafka security', { skip: missing, timeout: 120_000 }, () => {
  let broker: Broker;
  let folder: string;
  before(async () => {
    broker = await startBroker(versions.tolerant);
    folder = mkdtempSync(join(tmpdir(), 'weir-kafka-'));
  });
  after(async () => {
    await broker?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  for (const client of ['librdkafka', 'kafkajs'] as const) {
    describe(client, { skip: client === 'librdkafka' && !librdkafka.available ? librdkafka.reason : false }, () => {
      const deliver = async (
        topic: string,
        address: string,
        properties: Record<string, string>,
        meanwhile: () => Promise<void> = () => Promise.resolve(),
      ): Promise<Feeder> => {
        await broker.createTopic(topic, 1);
        const sink = newSink({ brokers: [address], topic, client, properties });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(['one', 'two']));
        await meanwhile();
        await feeder.settled();
        feeder.give(unitRun(['three']));
        await feeder.settled();
        await sink.close(2000);
        const found = await consume(broker.plain, topic);
        assert.deepEqual(
          found.map(({ value }) => value),
          ['one', 'two', 'three'],
        );
        assert.equal(feeder.returnedRecords, 0);
        return feeder;
      };

      test('TLS', async () => {
        await deliver(`${client}-tls`, broker.ssl, tls(broker.certificates.authority));
      });

      test('TLS with SCRAM-SHA-512', async () => {
        const properties = scram(broker.certificates.authority, 'alice', 'SCRAM-SHA-512');
        await deliver(`${client}-scram512`, broker.sasl, properties);
      });

      test('TLS with SCRAM-SHA-256 beside HTTPS in the same process', async () => {
        const properties = scram(broker.certificates.authority, 'alice');
        if (client === 'librdkafka') properties.debug = 'security';
        assert.equal(await askByHttps(broker.certificates), 'answer');
        const feeder = await deliver(`${client}-scram256`, broker.sasl, properties, async () => {
          assert.equal(await askByHttps(broker.certificates), 'answer');
        });
        assert.equal(await askByHttps(broker.certificates), 'answer');
        if (client !== 'librdkafka') return;
        // librdkafka found the system's OpenSSL, not the one that Node exports.
        const system = /Library: (OpenSSL [\d.]+)/.exec(
          execFileSync('openssl', ['version'], { encoding: 'utf8' }),
        )?.[1];
        const line = feeder.notices.find((notice) => notice.includes('Using OpenSSL version'));
        assert.ok(system !== undefined && line?.includes(`Using OpenSSL version ${system} `), line);
      });

      test('a wrong CA gives one line; with the right one in its place records arrive', async () => {
        const topic = `${client}-wrong-ca`;
        await broker.createTopic(topic, 1);
        const authority = join(folder, `${client}-ca.pem`);
        copyFileSync(broker.certificates.otherAuthority, authority);
        const sink = newSink({ brokers: [broker.ssl], topic, client, properties: tls(authority) });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(['one', 'two']));
        await feeder.noticed(/TLS failed/);
        assert.equal(feeder.records, 0);
        copyFileSync(broker.certificates.authority, authority);
        await feeder.settled();
        await feeder.noticed(/delivered again/);
        assert.equal(feeder.notices.filter((line) => line.includes('TLS failed')).length, 1, feeder.notices.join('\n'));
        assert.ok(feeder.sessions > 1);
        await sink.close(2000);
        assert.equal((await consume(broker.plain, topic)).length, 2);
      });

      test('a wrong password gives one line', async () => {
        const properties = { ...scram(broker.certificates.authority, 'alice'), 'sasl.password': 'wrong' };
        const sink = newSink({ brokers: [broker.sasl], topic: 'nowhere', client, properties });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(['one']));
        await feeder.noticed(/refused the credentials/);
        await sink.close(100);
        assert.deepEqual([feeder.records, feeder.returnedRecords], [0, 1]);
        assert.equal(feeder.notices.filter((line) => line.includes('refused the credentials')).length, 1);
      });

      test('without permission records come back with one line; once permitted they arrive', async () => {
        const topic = `${client}-forbidden`;
        await broker.createTopic(topic, 1);
        const properties = scram(broker.certificates.authority, 'bob');
        if (client === 'librdkafka') properties['topic.metadata.refresh.interval.ms'] = '500';
        const sink = newSink({ brokers: [broker.sasl], topic, client, properties });
        const feeder = await new Feeder(sink).open();
        feeder.give(unitRun(['one', 'two']));
        await feeder.until(() => feeder.returnedRecords >= 2);
        assert.equal(feeder.records, 0);
        assert.equal(feeder.notices.filter((line) => /do not permit/.test(line)).length, 1, feeder.notices.join('\n'));
        await permit(broker.client, 'bob', topic);
        await feeder.settled();
        await feeder.noticed(/delivered again/);
        await sink.close(2000);
        const found = await consume(broker.plain, topic);
        assert.deepEqual(
          found.map(({ value }) => value),
          ['one', 'two'],
        );
      });
    });
  }
});
