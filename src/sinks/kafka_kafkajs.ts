// Kafka through kafkajs: needs nothing built, but makes an object a message and compresses on Node's thread.
// A request that fails says nothing of its single partitions: all its units come back, and some may arrive twice.

import type { ICustomPartitioner, Kafka, KafkaConfig, Message, Producer } from 'kafkajs';
import type { KafkaTopic, KafkaTransport, KafkaTransportEvents, KafkaTransportOptions } from './kafka_transport.js';
import { type KafkajsSettings, kafkajsSettings } from './kafkajs_settings.js';
import { type Clock, recordsOf, startOf, type UnitRun } from './sink.js';

/** The part of the package kafkajs that is used here. */
export interface KafkajsModule {
  Kafka: new (config: KafkaConfig) => Kafka;
  Partitioners: { DefaultPartitioner: ICustomPartitioner };
  CompressionTypes: { None: number; GZIP: number };
  logLevel: { ERROR: number };
}

const batchOctets = 900_000; // brokers refuse requests above 1 MiB by default
const batchUnits = 10_000;
const requestsAtOnce = 5; // idempotence allows one with kafkajs
// kafkajs cannot be stopped while it tries again, so it tries for about 2 s; the exporter has the units meanwhile.
const retry = { initialRetryTime: 300, retries: 3 };
const longestRetryMs = 30_000;
const farewellMs = 1_000;
const codes: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'UNKNOWN_TOPIC_OR_PART',
  MESSAGE_TOO_LARGE: 'MSG_SIZE_TOO_LARGE',
  KafkaJSSASLAuthenticationError: '_AUTHENTICATION',
  SASL_AUTHENTICATION_FAILED: '_AUTHENTICATION',
  KafkaJSConnectionError: '_TRANSPORT',
  KafkaJSConnectionClosedError: '_TRANSPORT',
  KafkaJSBrokerNotFound: '_TRANSPORT',
  KafkaJSRequestTimeoutError: '_TIMED_OUT',
};
const fatalTypes = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);
const rejectedTypes = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

/** Units that are sent together, in arrays of their own. */
interface Portion {
  topic: number;
  run: UnitRun;
  octets: number;
  records: number;
  at: number;
  /** Goes in a request of its own: something in it is refused. */
  alone?: boolean;
}

export class KafkajsTransport implements KafkaTransport {
  readonly client = 'kafkajs';
  readonly #options: KafkaTransportOptions;
  readonly #clock: Clock;
  readonly #load: () => Promise<KafkajsModule>;
  #settings!: KafkajsSettings;
  #kafkajs!: KafkajsModule;
  #events!: KafkaTransportEvents;
  #producer: Producer | undefined;
  #connected = false;
  #waiting: Portion[] = [];
  #sending = new Set<Portion[]>();
  #octets = 0;
  #hurry = false;
  #closed = false;
  #attempts = 0;
  #cancelLinger: (() => void) | undefined;
  #cancelConnect: (() => void) | undefined;

  constructor(options: KafkaTransportOptions, clock: Clock, load?: () => Promise<KafkajsModule>) {
    this.#options = options;
    this.#clock = clock;
    this.#load = load ?? (async () => (await import('kafkajs')).default as unknown as KafkajsModule);
  }

  async open(events: KafkaTransportEvents): Promise<void> {
    this.#events = events;
    this.#settings = kafkajsSettings(this.#options.properties);
    this.#kafkajs = await this.#load();
    const { idempotent, clientId, ssl, sasl } = this.#settings;
    const kafka = new this.#kafkajs.Kafka({
      clientId,
      brokers: [...this.#options.brokers],
      ssl,
      sasl,
      retry,
      logLevel: this.#kafkajs.logLevel.ERROR,
      logCreator: () => (entry) => this.#logged(entry.log),
    });
    this.#producer = kafka.producer({
      createPartitioner: () => steady(this.#kafkajs.Partitioners.DefaultPartitioner()),
      idempotent,
      retry,
      maxInFlightRequests: idempotent ? 1 : requestsAtOnce,
    });
    void this.#connect();
  }

  write(topic: number, run: UnitRun): boolean {
    if (topic > 0 && this.#isBusy(topic)) {
      // kafkajs looks for topics one request at a time: statistics for a missing one must not hold up flows.
      const [records, units] = [recordsOf(run, run.from, run.to), run.to - run.from];
      run.from = run.to;
      queueMicrotask(() => this.#events.rejected(records, units));
      return true;
    }
    while (run.from < run.to) {
      const room = this.#settings.queueOctets - this.#octets;
      if (room <= 0) break;
      this.#add(topic, run, Math.min(room, this.#batchOctets()));
    }
    this.#pump();
    return run.from >= run.to;
  }

  flush(): void {
    this.#hurry = true;
    this.#pump();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelLinger?.();
    this.#cancelConnect?.();
    const left = [...[...this.#sending].flat(), ...this.#waiting];
    this.#sending.clear();
    this.#waiting = [];
    for (const portion of left) this.#giveBack(portion, '_PURGE_QUEUE', 'the producer ends');
    const disconnected = this.#producer?.disconnect().catch(() => {});
    await Promise.race([disconnected, new Promise<void>((resolve) => this.#clock.after(farewellMs, resolve))]);
  }

  /** Units of the topic wait or are on their way. */
  #isBusy(topic: number): boolean {
    return [...this.#waiting, ...[...this.#sending].flat()].some((portion) => portion.topic === topic);
  }

  #batchOctets(): number {
    return Math.min(batchOctets, this.#settings.messageOctets);
  }

  async #connect(): Promise<void> {
    try {
      await this.#producer?.connect();
    } catch (error) {
      if (this.#closed) return;
      this.#trouble('error', error);
      this.#expire();
      const wait = Math.min(1000 * 2 ** this.#attempts++, longestRetryMs);
      this.#cancelConnect = this.#clock.after(wait, () => void this.#connect());
      return;
    }
    this.#connected = true;
    this.#pump();
  }

  /** Copies units of up to `octets` octets, one at least, since the exporter reuses its buffer. */
  #add(topic: number, run: UnitRun, octets: number): void {
    const from = run.from;
    const start = startOf(run, from);
    let to = from + 1;
    while (to < run.to && to - from < batchUnits && (run.ends[to] ?? 0) - start <= octets) to++;
    const end = run.ends[to - 1] ?? 0;
    const copy: UnitRun = {
      bytes: run.bytes.slice(start, end),
      ends: run.ends.slice(from, to).map((offset) => offset - start),
      records: run.records.slice(from, to),
      dataRecords: run.dataRecords.slice(from, to),
      from: 0,
      to: to - from,
      ...(run.statistics === true ? { statistics: true } : {}),
    };
    const records = recordsOf(copy, 0, copy.to);
    run.from = to;
    this.#octets += end - start;
    this.#waiting.push({ topic, run: copy, octets: end - start, records, at: this.#clock.now() });
  }

  #pump(): void {
    const most = this.#settings.idempotent ? 1 : requestsAtOnce;
    while (this.#connected && !this.#closed && this.#sending.size < most && this.#waiting.length > 0) {
      const wait = this.#lingers();
      if (wait > 0) {
        this.#cancelLinger ??= this.#clock.after(wait, () => {
          this.#cancelLinger = undefined;
          this.#pump();
        });
        return;
      }
      void this.#send(this.#next());
    }
    if (this.#waiting.length === 0) this.#hurry = false;
  }

  /** Milliseconds that the first portion may still wait for others. */
  #lingers(): number {
    const [first] = this.#waiting;
    const octets = this.#waiting.reduce((sum, portion) => sum + portion.octets, 0);
    if (first === undefined || this.#hurry || first.alone || octets >= this.#batchOctets()) return 0;
    return Math.max(0, first.at + this.#settings.lingerMs - this.#clock.now());
  }

  /** Portions of one topic from the front that fit into a request. */
  #next(): Portion[] {
    const [first] = this.#waiting;
    let count = 1;
    let octets = first?.octets ?? 0;
    for (let next = this.#waiting[1]; next !== undefined; next = this.#waiting[count]) {
      octets += next.octets;
      if (next.topic !== first?.topic || next.alone || first.alone || octets > this.#batchOctets()) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(portions: Portion[]): Promise<void> {
    this.#sending.add(portions);
    const topic = this.#options.topics[portions[0]?.topic ?? 0] as KafkaTopic;
    const { acks, gzip } = this.#settings;
    const { GZIP, None } = this.#kafkajs.CompressionTypes;
    let failure: unknown;
    let failed = false;
    try {
      const messages = portions.flatMap((portion) => this.#messages(topic, portion.run));
      const topicMessages = [{ topic: topic.name, messages }];
      await this.#producer?.sendBatch({ topicMessages, acks, compression: gzip ? GZIP : None });
    } catch (error) {
      failed = true;
      failure = error;
    }
    if (!this.#sending.delete(portions)) return; // given back by close()
    if (failed) this.#failed(portions, failure);
    else for (const portion of portions) this.#delivered(portion);
    this.#pump();
  }

  #messages(topic: KafkaTopic, run: UnitRun): Message[] {
    const headers = Object.fromEntries(this.#options.headers);
    const bytes = Buffer.from(run.bytes.buffer, run.bytes.byteOffset, run.bytes.byteLength);
    const messages: Message[] = [];
    for (let unit = 0, start = 0; unit < run.to; unit++) {
      const end = run.ends[unit] ?? 0;
      const keyEnd = topic.keyed ? start + 2 + bytes.readUInt16BE(start) : start;
      const key = topic.keyed
        ? keyEnd > start + 2
          ? bytes.subarray(start + 2, keyEnd)
          : null
        : topic.constantKey || null;
      messages.push({ key, value: bytes.subarray(keyEnd, end), headers });
      start = end;
    }
    return messages;
  }

  #delivered(portion: Portion): void {
    this.#octets -= portion.octets;
    const lengths = this.#options.topics[portion.topic]?.keyed ? 2 * portion.run.to : 0; // of keys, not sent
    this.#events.delivered(portion.records, portion.run.to, portion.octets - lengths);
  }

  #failed(portions: Portion[], error: unknown): void {
    if (!rejectedTypes.has(typeOf(error))) {
      // An idempotent client counts messages by partition: after a request in doubt, other messages must not follow.
      const fatal = this.#settings.idempotent || fatalTypes.has(typeOf(error));
      this.#trouble(fatal ? 'fatal' : 'failed', error, portions);
      for (const portion of portions) this.#giveBack(portion);
      return;
    }
    // One unit of them is refused, and the broker does not say which: halves are tried until it is alone.
    const halves = portions.length > 1 ? portions : portions.flatMap(split);
    if (halves.length > 1) {
      this.#waiting.unshift(...halves.map((half) => ({ ...half, alone: true })));
      return;
    }
    this.#trouble('rejected', error, portions);
    for (const portion of portions) {
      this.#octets -= portion.octets;
      this.#events.rejected(portion.records, portion.run.to);
    }
  }

  #giveBack(portion: Portion, code?: string, text?: string): void {
    if (code !== undefined)
      this.#events.trouble({ kind: 'failed', code, text: text ?? '', count: portion.run.to, topic: portion.topic });
    this.#octets -= portion.octets;
    this.#events.returned(portion.run);
  }

  /** Without a connection nothing is sent: what has waited for too long goes back. */
  #expire(): void {
    const oldest = this.#clock.now() - this.#settings.messageTimeoutMs;
    const old = this.#waiting.filter((portion) => portion.at <= oldest);
    this.#waiting = this.#waiting.filter((portion) => portion.at > oldest);
    for (const portion of old) this.#giveBack(portion, '_MSG_TIMED_OUT', 'no broker could be reached');
  }

  /** error: while connecting, all brokers were tried. */
  #trouble(kind: 'rejected' | 'failed' | 'error' | 'fatal', error: unknown, portions: readonly Portion[] = []): void {
    const type = typeOf(error);
    const text = error instanceof Error ? error.message : String(error);
    const known = isTls(text) ? '_SSL' : (codes[type] ?? type);
    const away = kind === 'error' && (known === '_TRANSPORT' || known === '_TIMED_OUT');
    this.#events.trouble({
      kind,
      code: away ? '_ALL_BROKERS_DOWN' : known,
      text,
      count: 1,
      topic: portions[0]?.topic ?? 0,
    });
  }

  /** kafkajs logs what it tries again by itself. */
  #logged(log: { message: string; error?: unknown }): void {
    const text = typeof log.error === 'string' && log.error !== '' ? log.error : log.message;
    if (this.#closed || this.#events === undefined) return;
    const code = isTls(text) ? '_SSL' : /SASL|auth/i.test(text) ? '_AUTHENTICATION' : '_TRANSPORT';
    if (/connect|ECONN|ENOTFOUND|SASL|auth|certificate/i.test(text))
      this.#events.trouble({ kind: 'error', code, text, count: 1, topic: 0 });
  }
}

/** kafkajs asks again for each message when it tries again; another answer would lose messages without a key. */
function steady(choose: ReturnType<ICustomPartitioner>): ReturnType<ICustomPartitioner> {
  const chosen = new WeakMap<Message, number>();
  return (given) => {
    const before = chosen.get(given.message);
    if (before !== undefined) return before;
    const partition = choose(given);
    chosen.set(given.message, partition);
    return partition;
  };
}

function isTls(text: string): boolean {
  return /certificate|SSL|TLS|self.signed/i.test(text);
}

/** The name of the first cause: the broker's type, or the class of the error. */
function typeOf(error: unknown): string {
  let cause = error as { name?: string; type?: string; cause?: unknown } | undefined;
  while (cause?.cause !== undefined && cause.type === undefined) cause = cause.cause as typeof cause;
  return cause?.type ?? cause?.name ?? 'unknown';
}

function split(portion: Portion): Portion[] {
  const { run } = portion;
  if (run.to < 2) return [portion];
  const middle = run.to >> 1;
  return [part(portion, 0, middle), part(portion, middle, run.to)];
}

function part(portion: Portion, from: number, to: number): Portion {
  const { run } = portion;
  const start = startOf(run, from);
  const end = run.ends[to - 1] ?? 0;
  const half: UnitRun = {
    ...run,
    bytes: run.bytes.subarray(start, end),
    ends: run.ends.slice(from, to).map((offset) => offset - start),
    records: run.records.slice(from, to),
    dataRecords: run.dataRecords.slice(from, to),
    from: 0,
    to: to - from,
  };
  return { ...portion, run: half, octets: end - start, records: recordsOf(half, 0, half.to) };
}
