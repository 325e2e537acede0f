// Kafka through librdkafka in the addon: no JavaScript object a message, delivery counted in C++.

import { WeirError } from '../errors.js';
import type { KafkaTopic, KafkaTransport, KafkaTransportEvents, KafkaTransportOptions } from './kafka_transport.js';
import type { UnitRun } from './sink.js';

/** The part of the addon that native/boundary.ts describes as KafkaProducer. */
export interface NativeKafkaProducer {
  produce(topic: number, run: UnitRun): number;
  poll(): {
    records: number;
    units: number;
    octets: number;
    rejectedRecords: number;
    rejectedUnits: number;
    returned: number;
    events: number;
    closed: boolean;
  };
  events(): {
    kind: 'rejected' | 'failed' | 'error' | 'fatal' | 'log' | 'statistics';
    code: string;
    text: string;
    count: number;
    topic: number;
  }[];
  takeReturned(topic: number): UnitRun | null;
  flush(): void;
  close(): void;
  release(): void;
}

/** The addon as far as Kafka goes. */
export interface NativeKafka {
  kafka(): { available: boolean; version: string; reason: string };
  KafkaProducer: new (
    options: {
      properties: readonly (readonly [string, string])[];
      topics: readonly KafkaTopic[];
      headers: readonly (readonly [string, string])[];
    },
    onWake: () => void,
  ) => NativeKafkaProducer;
}

const defaults: Readonly<Record<string, string>> = {
  'client.id': 'weir',
  acks: 'all',
  'enable.idempotence': 'true',
  'compression.codec': 'lz4',
  'linger.ms': '50',
  'batch.num.messages': '10000',
  'queue.buffering.max.messages': '1000000',
  'queue.buffering.max.kbytes': '65536',
  'message.timeout.ms': '120000',
  // librdkafka waits 30 s before it says that a topic is missing, and 5 min before it asks again.
  'topic.metadata.propagation.max.ms': '5000',
  'topic.metadata.refresh.interval.ms': '10000',
  // The same key goes to the same partition as with Java producers and with kafkajs.
  partitioner: 'murmur2_random',
  'log.connection.close': 'false', // brokers close idle connections; that is no trouble
};

/** Names by which librdkafka knows a property that has a default here. */
const aliases: Readonly<Record<string, string>> = {
  'request.required.acks': 'acks',
  'compression.type': 'compression.codec',
  'queue.buffering.max.ms': 'linger.ms',
  'delivery.timeout.ms': 'message.timeout.ms',
};

/** librdkafka's properties: defaults, then what the user gave; and what the user should know of them. */
export function librdkafkaProperties(
  brokers: readonly string[],
  given: Readonly<Record<string, string>>,
): { properties: [string, string][]; notices: string[] } {
  const notices: string[] = [];
  const properties = new Map<string, string>([['bootstrap.servers', brokers.join(',')], ...Object.entries(defaults)]);
  const named = new Set<string>();
  for (const [name, value] of Object.entries(given)) {
    const known = aliases[name] ?? name;
    named.add(known);
    properties.set(known, value);
  }
  const acks = properties.get('acks') ?? '';
  if (acks !== 'all' && acks !== '-1' && !named.has('enable.idempotence')) {
    properties.set('enable.idempotence', 'false');
    notices.push(`acks=${acks} switches idempotence off: messages may be lost or doubled when a broker fails`);
  }
  return { properties: [...properties], notices };
}

export class LibrdkafkaTransport implements KafkaTransport {
  readonly client: string;
  readonly #native: NativeKafka;
  readonly #options: KafkaTransportOptions;
  #events: KafkaTransportEvents | undefined;
  #producer: NativeKafkaProducer | undefined;
  #closing: Promise<void> | undefined;
  #ended: () => void = () => {};

  constructor(native: NativeKafka, options: KafkaTransportOptions) {
    this.#native = native;
    this.#options = options;
    this.client = `librdkafka ${native.kafka().version}`;
  }

  open(events: KafkaTransportEvents): Promise<void> {
    const { brokers, topics, headers } = this.#options;
    const { properties, notices } = librdkafkaProperties(brokers, this.#options.properties);
    this.#events = events;
    try {
      this.#producer = new this.#native.KafkaProducer({ properties, topics, headers }, () => this.#poll());
    } catch (cause) {
      const error = cause as Error & { code?: string };
      const code = error.code === 'WEIR_KAFKA_LIBRARY' ? 'WEIR_KAFKA_LIBRARY' : 'WEIR_KAFKA';
      return Promise.reject(new WeirError(code, error.message, { cause }));
    }
    for (const text of notices) events.notice('warning', text);
    return Promise.resolve();
  }

  write(topic: number, run: UnitRun): boolean {
    if (this.#producer === undefined) return false;
    run.from = this.#producer.produce(topic, run);
    return run.from >= run.to;
  }

  flush(): void {
    this.#producer?.flush();
  }

  close(): Promise<void> {
    if (this.#producer === undefined) return Promise.resolve();
    this.#closing ??= new Promise((resolve) => {
      this.#ended = resolve;
      this.#producer?.close();
    });
    return this.#closing;
  }

  #poll(): void {
    const producer = this.#producer;
    const events = this.#events;
    if (producer === undefined || events === undefined) return;
    const report = producer.poll();
    const { closed, returned } = report;
    if (report.events > 0) this.#tell(producer, events);
    if (report.units > 0) events.delivered(report.records, report.units, report.octets);
    if (report.rejectedUnits > 0) events.rejected(report.rejectedRecords, report.rejectedUnits);
    if (returned > 0) this.#giveBack(producer, events);
    if (!closed) return;
    this.#producer = undefined;
    producer.release();
    this.#ended();
  }

  #tell(producer: NativeKafkaProducer, events: KafkaTransportEvents): void {
    for (const { kind, code, text, count, topic } of producer.events()) {
      if (kind === 'statistics') continue;
      if (kind !== 'log') events.trouble({ kind, code, text: `${text}${this.#hint(code)}`, count, topic });
      // Log lines repeat the errors, but for these: doubtful properties, and what the property debug asks for.
      else if (code === 'CONFWARN') events.notice('warning', text);
      else if (this.#options.properties.debug !== undefined) events.notice('info', `${code}: ${text}`);
    }
  }

  /** librdkafka before 2.6.1 writes the client's nonce twice, which Kafka 4 takes for a wrong password. */
  #hint(code: string): string {
    const { 'sasl.mechanisms': mechanisms, 'sasl.mechanism': mechanism } = this.#options.properties;
    const scram = (mechanisms ?? mechanism ?? '').toUpperCase().startsWith('SCRAM');
    const [major = 0, minor = 0, patch = 0] = this.client.replace(/^\D+/, '').split('.').map(Number);
    const old = major < 2 || (major === 2 && (minor < 6 || (minor === 6 && patch < 1)));
    if (code !== '_AUTHENTICATION' || !scram || !old) return '';
    return `; with Kafka 4 ${this.client} is too old for ${mechanisms ?? mechanism}: use the client kafkajs`;
  }

  #giveBack(producer: NativeKafkaProducer, events: KafkaTransportEvents): void {
    for (let topic = 0; topic < this.#options.topics.length; topic++) {
      const run = producer.takeReturned(topic);
      if (run !== null) events.returned(topic === 0 ? run : { ...run, statistics: true });
    }
  }
}
