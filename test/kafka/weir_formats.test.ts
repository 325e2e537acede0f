// What weir writes into topics, with both clients: keys, namings, batches, IPFIX messages, statistics, headers.
// One run of weir has a sink for each, beside files with the same lines.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DecodedRecord, MessageReader } from '../../src/ipfix/index.js';
import { loadAddon } from '../../src/native/load.js';
import { flowsOf } from '../support/live_weir.js';
import { runWeir, type WeirRun } from '../support/weir.js';
import { type Broker, brokerMissing, createTopic, newClient, startBroker, versions } from './broker.js';
import { type Consumed, type ConsumedBytes, consume, consumeBytes } from './feeding.js';
import { flowCapture } from './flow_pipe.js';

const elsewhere = process.env.KAFKA_BROKERS;
const missing = elsewhere === undefined ? brokerMissing(versions.newest) : undefined;
const librdkafka = loadAddon().kafka();

const flows = 300;
const packets = 4; // a minute apart: a record each
const records = flows * packets;
const template =
  'sourceIPv4Address destinationIPv4Address sourceTransportPort destinationTransportPort protocolIdentifier ' +
  'packetDeltaCount octetDeltaCount flowStartMilliseconds flowEndMilliseconds flowId recordIndex communityId';

/** Topics by what is in them: parameters of the sink, and whether a file sink writes the same lines. */
const topics: Record<string, { parameters: string; lines?: string }> = {
  json: { parameters: 'schemaheader=on', lines: '' },
  nprobe: { parameters: 'naming=nprobe&schemaheader=on', lines: 'naming=nprobe' },
  ecs: { parameters: 'naming=ecs&schemaheader=on', lines: 'naming=ecs' },
  batch: { parameters: 'batch=50&statisticstopic=TOPIC-statistics', lines: '' },
  host: { parameters: 'messagekey=host', lines: '' },
  unkeyed: { parameters: 'messagekey=none', lines: '' },
  ipfix: { parameters: 'format=ipfix&statisticstopic=TOPIC-statistics&schemaheader=on' },
  quiet: { parameters: 'format=ipfix' },
};

const sorted = (lines: string[]): string[] => [...lines].sort();
const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);

describe('weir to Kafka', { skip: missing, timeout: 120_000 }, () => {
  let broker: Broker | undefined;
  let address: string;
  let folder: string;
  const tag = Math.random().toString(36).slice(2, 8); // topics of another broker stay there

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-kafka-'));
    writeFileSync(join(folder, 'flows.pcap'), flowCapture(flows, packets, 60_000));
    if (elsewhere === undefined) broker = await startBroker(versions.newest);
    address = broker?.plain ?? (elsewhere as string);
  });
  after(async () => {
    await broker?.stop();
    rmSync(folder, { recursive: true });
  });

  for (const client of ['librdkafka', 'kafkajs'] as const) {
    const skip = client === 'librdkafka' && !librdkafka.available ? librdkafka.reason : false;
    describe(client, { skip }, () => {
      let run: WeirRun;
      const topicOf = (name: string): string => `weir-${tag}-${client}-${name}`;
      const read = (name: string): Promise<Consumed[]> => consume(address, topicOf(name));
      const file = (name: string): string[] => linesOf(readFileSync(join(folder, `${client}-${name}.json`), 'utf8'));

      before(async () => {
        const kafka = newClient(address.split(',')[0] as string);
        const all = [...Object.keys(topics), 'batch-statistics', 'ipfix-statistics'];
        for (const name of all) await createTopic(kafka, topicOf(name), 4, {});
        const sinks = Object.entries(topics).flatMap(([name, { parameters, lines }]) => {
          const more = parameters.replaceAll('TOPIC', topicOf(name));
          const kafkaSink = ['--to', `kafka://${address}/${topicOf(name)}?client=${client}&${more}`];
          if (lines === undefined) return kafkaSink;
          return [...kafkaSink, '--to', `file://${join(folder, `${client}-${name}`)}.json?${lines}`];
        });
        const timeouts = ['--active-timeout', '30s', '--idle-timeout', '90s'];
        run = await runWeir(['-r', join(folder, 'flows.pcap'), ...timeouts, '-T', template, ...sinks]);
      });

      test('every record is exported, at every sink', () => {
        assert.equal(run.status, 0, run.stderr);
        assert.equal(
          run.sinks.length,
          Object.values(topics).reduce((sum, { lines }) => sum + (lines === undefined ? 1 : 2), 0),
        );
        for (const { sink, records: created, exported, dropped } of run.sinks)
          assert.deepEqual([created, exported, dropped], [records, records, 0], sink);
        assert.doesNotMatch(run.stderr, /"level":"(warning|error)"/);
        if (client === 'librdkafka') assert.match(run.stderr, /producing to topic \S+ with librdkafka \d/);
      });

      test('JSON: one flow a message, its key the Community ID, all records of a flow in one partition', async () => {
        const found = await read('json');
        assert.deepEqual(sorted(found.map(({ value }) => value.trimEnd())), sorted(file('json')));
        const places = new Map<string, number>();
        const inPlace = new Map<string, number>();
        for (const { key, value, partition, headers } of found) {
          const [flow, ...more] = flowsOf(value);
          assert.ok(flow !== undefined && more.length === 0, value);
          assert.equal(key, flow.communityId);
          assert.equal(headers, 'schema=weir.flow.ipfix,schema-version=1');
          assert.equal(places.get(String(flow.flowId)) ?? partition, partition);
          places.set(String(flow.flowId), partition);
          assert.equal(flow.recordIndex ?? 0, inPlace.get(key) ?? 0, 'records of a flow are out of order');
          inPlace.set(key, (inPlace.get(key) ?? 0) + 1);
        }
        assert.equal(places.size, flows);
        assert.equal(new Set(places.values()).size, 4);
      });

      for (const naming of ['nprobe', 'ecs']) {
        test(`naming=${naming} is what a file has, with the same keys`, async () => {
          const found = await read(naming);
          assert.deepEqual(sorted(found.map(({ value }) => value.trimEnd())), sorted(file(naming)));
          assert.deepEqual(sorted(found.map(({ key }) => key)), sorted((await read('json')).map(({ key }) => key)));
          assert.deepEqual(
            [...new Set(found.map(({ headers }) => headers))],
            [`schema=weir.flow.${naming},schema-version=1`],
          );
        });
      }

      test('batch=50: lines of many flows in a message, keyed by the probe; statistics are lines of their own', async () => {
        const found = await read('batch');
        const messages = found.map(({ value }) => linesOf(value));
        assert.deepEqual(sorted(messages.flat()), sorted(file('batch')));
        assert.equal(Math.max(...messages.map(({ length }) => length)), 50);
        assert.ok(messages.length < records / 25, `${messages.length} messages`);
        assert.deepEqual([...new Set(found.map(({ key, headers }) => `${key} ${headers}`))], [`${hostname()} `]);
        const statistics = (await read('batch-statistics')).map(
          ({ value }) => JSON.parse(value) as Record<string, never>,
        );
        const last = statistics.at(-1) as unknown as { '@type': string; exporter: Record<string, number> };
        assert.deepEqual(
          [last['@type'], last.exporter.created, last.exporter.exported],
          ['statistics', records, records],
        );
      });

      test('messagekey=host is the source address, none is none', async () => {
        for (const { key, value } of await read('host')) assert.equal(key, flowsOf(value)[0]?.sourceIPv4Address);
        const unkeyed = await read('unkeyed');
        assert.deepEqual([...new Set(unkeyed.map(({ key }) => key))], ['']);
        assert.deepEqual(sorted(unkeyed.map(({ value }) => value.trimEnd())), sorted(file('json')));
      });

      /** Each message read by a reader that has seen nothing before. */
      const readAlone = (messages: ConsumedBytes[]): DecodedRecord[] =>
        messages.flatMap(({ value }) => {
          const reader = new MessageReader();
          const found = [...reader.read(value, 'topic')];
          assert.deepEqual([reader.counters.unknownTemplates, reader.counters.messages], [0, 1]);
          assert.equal(
            Object.values(reader.counters.malformed).reduce((sum, count) => sum + count),
            0,
          );
          return found;
        });

      test('format=ipfix: each message stands alone; options records go to their own topic or nowhere', async () => {
        const key = (record: Record<string, unknown>): string =>
          `${record.flowId as string} ${(record.recordIndex as number) ?? 0}`;
        const expected = sorted(flowsOf(file('json').join('\n')).map(key));
        for (const name of ['ipfix', 'quiet']) {
          const messages = await consumeBytes(address, topicOf(name));
          const found = readAlone(messages);
          assert.deepEqual(new Set(found.map((record) => record['@type'])), new Set(['flow']));
          assert.deepEqual(sorted(found.map(({ fields }) => key(fields))), expected);
          assert.deepEqual(
            [...new Set(messages.map((message) => message.headers))],
            [name === 'ipfix' ? 'schema=ipfix,schema-version=1' : ''],
          );
        }
        const options = readAlone(await consumeBytes(address, topicOf('ipfix-statistics')));
        assert.deepEqual(new Set(options.map((record) => record['@type'])), new Set(['options']));
        const sent = options
          .map(({ fields }) => fields.exportedFlowRecordTotalCount)
          .filter((count) => count !== undefined);
        assert.equal(sent.at(-1), records);
      });

      test('IPFIX sequence numbers of a partition have no gap', async () => {
        const messages = await consumeBytes(address, topicOf('ipfix'));
        const counts = messages.map(({ value }) => {
          const flowRecords = readAlone([{ partition: 0, key: '', headers: '', value }]).length;
          return { sequence: value.readUInt32BE(8), flowRecords };
        });
        assert.deepEqual(new Set(messages.map(({ partition }) => partition)).size, 1); // the key is the probe
        let next = 0;
        for (const { sequence, flowRecords } of counts) {
          assert.equal(sequence, next);
          next += flowRecords;
        }
        assert.equal(next, records);
      });
    });
  }
});
