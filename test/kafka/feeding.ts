// What stands for the exporter in tests of the Kafka sink, and the consumers that check what arrived.
import { execFile } from 'node:child_process';
import type { Kafka } from 'kafkajs';
import { loadAddon } from '../../src/native/load.js';
import { KafkaSink, type KafkaSinkOptions } from '../../src/sinks/kafka.js';
import type { NativeKafka } from '../../src/sinks/kafka_librdkafka.js';
import { type Clock, recordsOf, systemClock, type UnitRun } from '../../src/sinks/sink.js';
import { Recorder, unitRun } from '../support/sink_run.js';

/** Queues what the sink gives back and writes it again, as the exporter does. */
export class Feeder extends Recorder {
  readonly sink: KafkaSink;
  given = 0;
  returnedRecords = 0;
  /** Times that the sink took less than it was given. */
  held = 0;
  #queue: UnitRun[] = [];

  constructor(sink: KafkaSink) {
    super();
    this.sink = sink;
  }

  async open(): Promise<this> {
    await this.sink.open(this);
    return this;
  }

  give(run: UnitRun): void {
    this.given += recordsOf(run, run.from, run.to);
    this.#queue.push(run);
    this.#pump();
  }

  override drain(): void {
    this.#pump();
    super.drain();
  }

  override returned(run: UnitRun, reported: number): void {
    this.returnedRecords += recordsOf(run, run.from, run.to);
    this.#queue.unshift(run);
    super.returned(run, reported);
  }

  /** Records that wait here. */
  get waiting(): number {
    return this.#queue.reduce((sum, run) => sum + recordsOf(run, run.from, run.to), 0);
  }

  get lostRecords(): number {
    return Object.values(this.dropped).reduce((sum, count) => sum + count, 0);
  }

  /** Everything given is delivered or lost. */
  settled(): Promise<void> {
    return this.until(() => this.records + this.lostRecords === this.given);
  }

  /** A line of the log has this in it. */
  noticed(pattern: RegExp): Promise<void> {
    return this.until(() => this.notices.some((line) => pattern.test(line)));
  }

  #pump(): void {
    for (let run = this.#queue[0]; run !== undefined && this.sink.ready; run = this.#queue[0]) {
      this.sink.write(run);
      if (run.from < run.to) {
        this.held++;
        return;
      }
      this.#queue.shift();
    }
  }
}

/** Backs off ten times faster than the system's. */
export const fastClock: Clock = {
  now: () => systemClock.now(),
  wall: () => systemClock.wall(),
  after: (ms, call) => systemClock.after(ms / 10, call),
};

export function newSink(options: Partial<KafkaSinkOptions> & { brokers: string[]; topic: string }): KafkaSink {
  const native = loadAddon() as unknown as NativeKafka;
  return new KafkaSink({ name: `kafka://${options.topic}`, native, clock: fastClock, ...options });
}

/** Length, key and value, as a keyed encoder writes them. */
export function keyedUnit(key: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(key));
  return Buffer.concat([length, Buffer.from(key), Buffer.from(value)]);
}

/** count values PREFIX-0 ... with keys k0 .. k(keys-1). */
export function keyedRun(prefix: string, count: number, keys: number): UnitRun {
  return unitRun(Array.from({ length: count }, (_, index) => keyedUnit(`k${index % keys}`, `${prefix}-${index}`)));
}

export interface Consumed {
  partition: number;
  key: string;
  value: string;
  headers: string;
}

export interface ConsumedBytes extends Omit<Consumed, 'value'> {
  value: Buffer;
}

/** All messages of a topic, by kcat: whatever they hold, however they are compressed. */
export function consumeBytes(broker: string, topic: string): Promise<ConsumedBytes[]> {
  const args = [
    '-C',
    '-b',
    broker,
    '-t',
    topic,
    '-o',
    'beginning',
    '-e',
    '-q',
    '-X',
    'fetch.wait.max.ms=10',
    '-f',
    '%p %K %S %h\\n%k%s',
  ];
  return new Promise((resolve, reject) => {
    execFile('kcat', args, { maxBuffer: 1 << 28, timeout: 60_000, encoding: 'buffer' }, (error, output) => {
      if (error) {
        reject(error);
        return;
      }
      const found: ConsumedBytes[] = [];
      for (let at = 0; at < output.length; ) {
        const body = output.indexOf(10, at) + 1;
        const [partition, keyOctets, octets, ...headers] = output.toString('utf8', at, body - 1).split(' ');
        const value = body + Math.max(0, Number(keyOctets)); // -1: no key
        at = value + Math.max(0, Number(octets));
        const key = output.toString('utf8', body, value);
        found.push({
          partition: Number(partition),
          key,
          headers: headers.join(' '),
          value: output.subarray(value, at),
        });
      }
      resolve(found);
    });
  });
}

/** The same with values as text. */
export async function consume(broker: string, topic: string): Promise<Consumed[]> {
  return (await consumeBytes(broker, topic)).map((found) => ({ ...found, value: found.value.toString() }));
}

/** The first `count` messages of a topic, by kafkajs. */
export async function consumeByKafkajs(client: Kafka, topic: string, count: number): Promise<Consumed[]> {
  const consumer = client.consumer({ groupId: `weir-test-${topic}` });
  const found: Consumed[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    void consumer
      .run({
        eachMessage: ({ message, partition }) => {
          const headers = Object.entries(message.headers ?? {}).map(([name, value]) => `${name}=${String(value)}`);
          const key = message.key?.toString() ?? '';
          found.push({ partition, key, headers: headers.join(','), value: message.value?.toString() ?? '' });
          if (found.length === count) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return found;
}
