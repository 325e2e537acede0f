// node dist/test/bench/kafka_sink.js [MESSAGES [OCTETS [RUNS]]]: messages a second through the Kafka sink, with both
// clients, beside a bare librdkafka producer that sends the same, in turns against one real broker on this machine.
// KAFKA_BROKERS takes another one. The bare producer is bench_kafka_producer (test/bench/kafka_producer.cc).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadAddon, packageRoot } from '../../src/native/load.js';
import { KafkaSink } from '../../src/sinks/kafka.js';
import type { NativeKafka } from '../../src/sinks/kafka_librdkafka.js';
import type { UnitRun } from '../../src/sinks/sink.js';
import { brokerMissing, createTopic, newClient, startBroker, versions } from '../kafka/broker.js';
import { Recorder } from '../support/sink_run.js';

const [messages = 500_000, octets = 400, runs = 3] = process.argv.slice(2).map(Number);
const keyOctets = 20;
const perRun = 4096;

/** Units as an encoder with keys writes them: the key is the number that the value begins with. */
class Source {
  readonly run: UnitRun;
  readonly #text: Buffer;
  #next = 0;

  constructor() {
    const unit = 2 + keyOctets + octets;
    const bytes = Buffer.alloc(perRun * unit);
    const value = Buffer.from(Array.from({ length: octets }, (_, index) => 97 + ((index * 7) % 26)));
    for (let i = 0; i < perRun; i++) {
      bytes.writeUInt16BE(keyOctets, i * unit);
      value.copy(bytes, i * unit + 2 + keyOctets);
    }
    const ones = new Uint32Array(perRun).fill(1);
    const ends = Uint32Array.from({ length: perRun }, (_, index) => (index + 1) * unit);
    this.run = { bytes, ends, records: ones, dataRecords: ones, from: 0, to: 0 };
    this.#text = bytes;
  }

  /** The next units; false at the end. */
  fill(): boolean {
    const count = Math.min(perRun, messages - this.#next);
    const unit = 2 + keyOctets + octets;
    for (let i = 0; i < count; i++) {
      const number = String(this.#next++).padStart(keyOctets, '0');
      this.#text.write(number, i * unit + 2, 'latin1');
      this.#text.write(number, i * unit + 2 + keyOctets, 'latin1');
    }
    this.run.from = 0;
    this.run.to = count;
    return count > 0;
  }
}

async function throughSink(brokers: string[], topic: string, client: 'librdkafka' | 'kafkajs'): Promise<number> {
  const native = loadAddon() as unknown as NativeKafka;
  const sink = new KafkaSink({ name: 'bench', brokers, topic, client, native, keyed: true });
  const source = new Source();
  const { run } = source;
  const pump = (): void => {
    while (sink.ready && (run.from < run.to || source.fill())) sink.write(run);
  };
  class Events extends Recorder {
    override drain(): void {
      pump();
      super.drain();
    }
  }
  const events = new Events();
  await sink.open(events);
  const start = performance.now();
  pump();
  await events.until(() => events.records === messages);
  const seconds = (performance.now() - start) / 1000;
  await sink.close(10_000);
  return messages / seconds;
}

function bare(brokers: string[], topic: string): number {
  const program = join(packageRoot(), 'build', 'native', 'bench_kafka_producer');
  const output = execFileSync(program, [brokers.join(','), topic, String(messages), String(octets)], {
    encoding: 'utf8',
  });
  const found = JSON.parse(output) as { messages: number; seconds: number };
  return found.messages / found.seconds;
}

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[(list.length - 1) >> 1] ?? 0;

async function main(): Promise<void> {
  const given = process.env.KAFKA_BROKERS;
  const missing = given === undefined ? brokerMissing(versions.newest) : undefined;
  if (missing !== undefined) throw new Error(missing);
  const broker = given === undefined ? await startBroker(versions.newest) : undefined;
  const brokers = (given ?? broker?.plain ?? '').split(',');
  const client = newClient(brokers[0] ?? '');
  const results: Record<string, number[]> = { 'bare librdkafka': [], 'weir, librdkafka': [], 'weir, kafkajs': [] };
  try {
    for (let turn = 0; turn < runs; turn++) {
      const topic = `bench-${process.pid}-${turn}`;
      await createTopic(client, topic, 4, { 'retention.bytes': '100000000' });
      if (turn === 0) bare(brokers, topic); // the broker's first run is slower, and does not count
      results['bare librdkafka']?.push(bare(brokers, topic));
      results['weir, librdkafka']?.push(await throughSink(brokers, topic, 'librdkafka'));
      results['weir, kafkajs']?.push(await throughSink(brokers, topic, 'kafkajs'));
    }
  } finally {
    await broker?.stop();
  }
  const base = median(results['bare librdkafka'] ?? []);
  process.stdout.write(`${messages} messages of ${octets} octets, key ${keyOctets}, acks=all, median of ${runs}\n\n`);
  process.stdout.write(`| producer | messages/s | of bare |\n|---|---|---|\n`);
  for (const [name, list] of Object.entries(results)) {
    const speed = median(list);
    process.stdout.write(`| ${name} | ${speed.toFixed(0)} | ${(speed / base).toFixed(2)} |\n`);
  }
}

await main();
