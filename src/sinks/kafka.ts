// Kafka: units are messages of a topic. Delivered is what the broker acknowledged; what it did not take is given back.

import { WeirError } from '../errors.js';
import { KafkajsTransport } from './kafka_kafkajs.js';
import { LibrdkafkaTransport, type NativeKafka } from './kafka_librdkafka.js';
import type { KafkaTransport, KafkaTransportOptions, KafkaTrouble } from './kafka_transport.js';
import { KafkaTroubles, needsNewClient } from './kafka_troubles.js';
import { type Clock, newCounters, recordsOf, type Sink, type SinkEvents, systemClock, type UnitRun } from './sink.js';

export interface KafkaSinkOptions {
  name: string;
  /** host:port, one at least. */
  brokers: readonly string[];
  topic: string;
  /** Topic of statistics units, '' = none: they are refused. */
  statisticsTopic?: string;
  /** auto: librdkafka where the addon has it, else kafkajs. */
  client?: 'librdkafka' | 'kafkajs' | 'auto';
  /** librdkafka's properties; kafkajs knows the common ones. */
  properties?: Readonly<Record<string, string>>;
  /** Flow units begin with their key: length (2 octets, big-endian) and octets. Statistics units never do. */
  keyed?: boolean;
  /** Key of all messages without a key of their own, '' = none. */
  constantKey?: string;
  /** Record headers of every message. */
  headers?: readonly (readonly [string, string])[];
  /** The addon. */
  native?: NativeKafka;
  /** Tests give their own. */
  openTransport?: (options: KafkaTransportOptions) => KafkaTransport;
  clock?: Clock;
}

const longestBackOffMs = 30_000;
const renewAfterMs = 10_000; // with certificates or credentials refused, a new client reads them anew

export class KafkaSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  readonly #options: KafkaSinkOptions;
  readonly #clock: Clock;
  readonly #troubles: KafkaTroubles;
  #events: SinkEvents | undefined;
  #transport: KafkaTransport | undefined;
  #outstanding = 0; // units taken and not reported yet
  #fullAt = 0; // units outstanding when the queue was full, 0 = it is not
  #failures = 0; // in a row: decides how long to back off
  #cancelBackOff: (() => void) | undefined;
  #cancelRenewal: (() => void) | undefined;
  #renewing = false;
  #closed = false;
  #flushers: (() => void)[] = [];

  constructor(options: KafkaSinkOptions) {
    this.#options = options;
    this.name = options.name;
    this.#clock = options.clock ?? systemClock;
    this.#troubles = new KafkaTroubles([options.topic, options.statisticsTopic ?? '']);
  }

  get ready(): boolean {
    const usable = this.#transport !== undefined && !this.#renewing && !this.#closed;
    return usable && this.#fullAt === 0 && this.#cancelBackOff === undefined;
  }

  get connected(): boolean {
    return this.#transport !== undefined && !this.#renewing && this.#failures === 0;
  }

  get failure(): string {
    return this.#troubles.last;
  }

  /** False: there is no topic for statistics units, and write() refuses them. */
  get takesStatistics(): boolean {
    return (this.#options.statisticsTopic ?? '') !== '';
  }

  /** Name and version of the client in use, '' before open(). */
  get client(): string {
    return this.#transport?.client ?? '';
  }

  async open(events: SinkEvents): Promise<void> {
    this.#events = events;
    const transport = this.#choose();
    await transport.open(this.#transportEvents(transport));
    this.#transport = transport;
    this.#notice('info', `producing to topic ${this.#options.topic} with ${transport.client}`);
    this.counters.sessions++;
    events.session();
  }

  write(run: UnitRun): void {
    if (run.statistics === true && !this.takesStatistics) {
      const units = run.to - run.from;
      const records = recordsOf(run, run.from, run.to);
      run.from = run.to;
      if (units > 0) this.#events?.lost('rejected', records, units);
      return;
    }
    if (!this.ready || run.from >= run.to) return;
    const from = run.from;
    const room = this.#transport?.write(run.statistics === true ? 1 : 0, run) ?? true;
    this.#outstanding += run.from - from;
    // With nothing outstanding no report will ever come: the unit alone is too large for the queue, and time must pass.
    if (room) return;
    if (this.#outstanding > 0) this.#fullAt = this.#outstanding;
    else this.#backOff();
  }

  flush(): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve();
    this.#transport?.flush();
    return new Promise((resolve) => this.#flushers.push(resolve));
  }

  reopen(): void {}

  async close(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelBackOff?.();
    this.#cancelRenewal?.();
    const transport = this.#transport;
    if (transport === undefined) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(deadlineMs, resolve);
      void this.flush().then(() => {
        cancel();
        resolve();
      });
    });
    await transport.close();
  }

  #choose(): KafkaTransport {
    const { brokers, topic, properties, headers, native, openTransport } = this.#options;
    const constantKey = this.#options.constantKey ?? '';
    const topics = [{ name: topic, keyed: this.#options.keyed ?? false, constantKey }];
    if (this.takesStatistics) topics.push({ name: this.#options.statisticsTopic ?? '', keyed: false, constantKey });
    const options = { brokers, topics, headers: headers ?? [], properties: properties ?? {} };
    if (openTransport !== undefined) return openTransport(options);
    const client = this.#options.client ?? 'auto';
    if (client === 'kafkajs') return new KafkajsTransport(options, this.#clock);
    const found = native?.kafka() ?? { available: false, reason: 'the addon is not loaded' };
    if (native !== undefined && found.available) return new LibrdkafkaTransport(native, options);
    if (client === 'librdkafka') throw new WeirError('WEIR_KAFKA_LIBRARY', `${this.name}: ${found.reason}`);
    if (this.counters.sessions === 0) this.#notice('warning', `using kafkajs, which is slower: ${found.reason}`);
    return new KafkajsTransport(options, this.#clock);
  }

  #transportEvents(transport: KafkaTransport): Parameters<KafkaTransport['open']>[0] {
    return {
      delivered: (records, units, octets) => this.#delivered(records, units, octets),
      rejected: (records, units) => {
        this.counters.errors += units;
        this.#events?.lost('rejected', records, units);
        this.#reported(units);
      },
      returned: (run) => this.#returned(run),
      trouble: (trouble) => this.#trouble(transport, trouble),
      notice: (level, text) => this.#notice(level, text),
    };
  }

  #delivered(records: number, units: number, octets: number): void {
    this.#failures = 0;
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
    const line = this.#troubles.recovered(this.#clock.now());
    if (line !== undefined) this.#notice('info', line);
    this.counters.units += units;
    this.counters.octets += octets;
    this.#events?.sent(records, units, octets);
    this.#reported(units);
  }

  #returned(run: UnitRun): void {
    const units = run.to - run.from;
    if (!this.#closed && run.statistics !== true) this.#backOff();
    // Statistics grow old while they wait, and must not hold up flows: the next ones say the same.
    if (run.statistics === true) this.#events?.lost('rejected', recordsOf(run, run.from, run.to), units);
    else this.#events?.returned(run, 0);
    this.#reported(units);
  }

  /** Every unit comes through here once. */
  #reported(units: number): void {
    this.#outstanding -= units;
    if (this.#fullAt > 0 && this.#outstanding <= (this.#fullAt * 3) / 4) {
      this.#fullAt = 0;
      if (this.ready) this.#events?.drain();
    }
    if (this.#outstanding > 0) return;
    const waiting = this.#flushers;
    this.#flushers = [];
    for (const resolve of waiting) resolve();
  }

  #trouble(transport: KafkaTransport, trouble: KafkaTrouble): void {
    if (trouble.kind === 'error' || trouble.kind === 'fatal') this.counters.errors += trouble.count;
    else if (trouble.kind === 'failed' && !trouble.code.startsWith('_PURGE')) this.counters.errors += trouble.count;
    const line = this.#troubles.line(trouble, this.#clock.now());
    if (line !== undefined) this.#notice(line.level, line.text);
    if (this.#closed || !needsNewClient(trouble) || transport !== this.#transport) return;
    if (trouble.kind === 'fatal') this.#renew(transport);
    else this.#cancelRenewal ??= this.#clock.after(renewAfterMs, () => this.#renew(transport));
  }

  /** 1, 2, 4 .. 30 s until the next try. */
  #backOff(): void {
    if (this.#cancelBackOff !== undefined) return;
    const wait = Math.min(1000 * 2 ** this.#failures, longestBackOffMs);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#cancelBackOff = this.#clock.after(wait, () => {
      this.#cancelBackOff = undefined;
      if (this.ready) this.#events?.drain();
    });
  }

  /** Ends the client and begins another: a new session. What the old one had not delivered comes back. */
  #renew(old: KafkaTransport): void {
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
    if (this.#renewing || this.#closed) return;
    this.#renewing = true;
    void old.close().then(() => this.#replace());
  }

  #replace(): void {
    this.#transport = undefined;
    this.#fullAt = 0;
    if (this.#closed) return;
    const wait = Math.min(1000 * 2 ** this.#failures, longestBackOffMs);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#cancelRenewal = this.#clock.after(wait, () => {
      this.#cancelRenewal = undefined;
      const transport = this.#choose();
      transport.open(this.#transportEvents(transport)).then(
        () => this.#replaced(transport),
        (error: Error) => {
          this.#notice('error', `the producer cannot be opened again: ${error.message}`);
          this.#replace();
        },
      );
    });
  }

  #replaced(transport: KafkaTransport): void {
    if (this.#closed) {
      void transport.close();
      return;
    }
    this.#transport = transport;
    this.#renewing = false;
    this.counters.sessions++;
    this.#events?.session();
    if (this.ready) this.#events?.drain();
  }

  #notice(level: 'info' | 'warning' | 'error', text: string): void {
    this.#events?.notice(level, `${this.name}: ${text}`);
  }
}
