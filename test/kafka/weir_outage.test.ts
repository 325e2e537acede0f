// The whole probe while its broker is away: killed for half a minute under load, away when the probe stops, away at start.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { loadAddon } from '../../src/native/load.js';
import { LiveWeir } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { type SinkSummary, temporaryFolder } from '../support/weir.js';
import { type Broker, brokerMissing, startBroker, versions } from './broker.js';
import { type Consumed, consume } from './feeding.js';
import { flowCapture, PipedWeir } from './flow_pipe.js';

const missing = process.env.KAFKA_BROKERS === undefined ? brokerMissing(versions.newest) : 'KAFKA_BROKERS is not ours';
const librdkafka = loadAddon().kafka();
const clients = ['librdkafka', 'kafkajs'] as const;
const absent = (client: string): string | false =>
  client === 'librdkafka' && !librdkafka.available ? librdkafka.reason : false;

const downMs = 30_000;
const perSecond = 1000;

/** What the summary of a run says of a sink. */
interface Summary extends SinkSummary {
  spooled?: number;
  recovered?: number;
  queueFull?: number;
}

/** Flows of a topic: each has one record, and its flowId is its own. */
function distinct(found: Consumed[]): number {
  return new Set(found.map(({ value }) => (JSON.parse(value) as { flowId: string | number }).flowId)).size;
}

/** tcpreplay in the background. */
function replay(context: TestContext, end: End, file: string): ChildProcess {
  const [command, ...prefix] = end.prefix as [string, ...string[]];
  const args = [...prefix, 'tcpreplay', '-i', end.interface, '--pps', String(perSecond), file];
  const child = spawn(command, args, { stdio: 'ignore' });
  context.after(() => void child.kill('SIGKILL'));
  return child;
}

describe('weir while Kafka is away', { skip: missing, timeout: 300_000 }, () => {
  let broker: Broker;
  before(async () => {
    broker = await startBroker(versions.newest);
  });
  after(() => broker?.stop());

  const network = needsNetwork('tcpreplay');
  test('a broker killed for 30 s under load: nothing is missing with a spool, drops are counted without', {
    ...network,
    skip: network.skip ?? absent('librdkafka'),
    timeout: 200_000,
  }, async (t) => {
    const { near, far } = new Network(t);
    const folder = temporaryFolder(t);
    const capture = join(folder, 'flows.pcap');
    writeFileSync(capture, flowCapture(120 * perSecond));
    const sinks = {
      'out-kept': `client=librdkafka&spool=${join(folder, 'kept')}`,
      'out-kafkajs': `client=kafkajs&spool=${join(folder, 'kafkajs')}`,
      'out-dropping': 'client=librdkafka&spool=off&queue=65536&queue.buffering.max.kbytes=1024',
    };
    for (const topic of Object.keys(sinks)) await broker.createTopic(topic);
    const weir = await LiveWeir.metering(t, [
      ...['-i', far.point, '--idle-timeout', '1s', '-T', 'default'],
      ...Object.entries(sinks).flatMap(([topic, more]) => ['--to', `kafka://${broker.plain}/${topic}?${more}`]),
    ]);
    const load = replay(t, near, capture);
    await weir.said(/out-kafkajs\S* [1-9]\S* records/, 3);
    await broker.kill();
    await delay(downMs);
    await broker.restart();
    await weir.said(/delivered again/, 3);
    await weir.said(/out-kept\S* [1-9]\S* records/, 5);
    load.kill('SIGTERM');
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
    const topics = Object.keys(sinks);
    const [kept, kafkajs, dropping] = run.sinks as [Summary, Summary, Summary];
    const [ofKept, ofKafkajs, ofDropping] = await Promise.all(topics.map((topic) => consume(broker.plain, topic)));
    assert.ok(kept.records > (downMs / 1000) * perSecond, 'the load did not go on');
    for (const sink of run.sinks) assert.equal(sink.records, run.meter.records);

    assert.deepEqual([kept.dropped, kept.exported + (kept.spooled ?? 0)], [0, kept.records], run.stderr);
    assert.deepEqual([distinct(ofKept!), ofKept!.length], [kept.exported, kept.exported]);

    assert.deepEqual([kafkajs.dropped, kafkajs.exported + (kafkajs.spooled ?? 0)], [0, kafkajs.records], run.stderr);
    // Some may have come twice, and some in the spool may be there without weir having heard of it: at least once.
    const there = distinct(ofKafkajs!);
    assert.ok(there >= kafkajs.exported && there <= kafkajs.records, `${there} of ${kafkajs.exported} exported`);

    assert.ok((dropping.queueFull ?? 0) > 0, 'nothing was dropped: the test shows nothing');
    assert.equal(dropping.exported + dropping.dropped, dropping.records);
    assert.deepEqual([distinct(ofDropping!), ofDropping!.length], [dropping.exported, dropping.exported]);
    for (const line of [/no broker is reachable/g, /dropped: the queue of the sink is full/g])
      assert.ok([...run.stderr.matchAll(line)].length <= 3, run.stderr);
  });

  for (const client of clients) {
    test(`${client}: stopped while the broker is away, a second run delivers what stayed in the spool`, {
      skip: absent(client),
    }, async (t) => {
      const folder = temporaryFolder(t);
      const topic = `stopped-${client}`;
      await broker.createTopic(topic);
      const sink = ['--to', `kafka://${broker.plain}/${topic}?client=${client}&spool=${join(folder, 'spool')}`];
      const first = new PipedWeir(t, sink);
      first.load(2000);
      await first.said(new RegExp(`${topic}\\S* [1-9]\\S* records`));
      await broker.kill();
      await first.said(/no broker is reachable|trouble with one broker/);
      const before = first.given;
      await first.until(() => first.given > before + 4000, 'gave more');
      first.endLoad();
      const ended = await first.stop();
      assert.equal(ended.status, 0, ended.stderr);
      const [one] = ended.sinks as [Summary];
      assert.equal(one.dropped, 0, ended.stderr);
      assert.ok((one.spooled ?? 0) > 0, ended.stderr);
      assert.equal(one.exported + (one.spooled ?? 0), one.records);
      assert.equal(one.records, ended.meter.records);

      const second = new PipedWeir(t, sink, 1 << 20); // at start nobody answers
      await second.said(/no broker is reachable|trouble with one broker/);
      second.give(500);
      await broker.restart();
      await second.said(/delivered again/);
      second.end();
      const run = await second.ended;
      assert.equal(run.status, 0, run.stderr);
      const [two] = run.sinks as [Summary];
      assert.deepEqual([two.recovered, two.dropped, two.spooled ?? 0], [one.spooled, 0, 0], run.stderr);
      assert.deepEqual([two.records, two.exported], [500, 500 + (one.spooled ?? 0)]);
      const found = await consume(broker.plain, topic);
      const sources = found.map(({ value }) => JSON.parse(value) as Record<string, unknown>);
      const places = new Set(
        sources.map((flow) => `${flow.sourceIPv4Address as string} ${flow.sourceTransportPort as number}`),
      );
      assert.ok(found.length >= one.records + 500);
      assert.equal(places.size, one.records + 500);
    });
  }
});
