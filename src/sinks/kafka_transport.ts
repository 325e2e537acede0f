// What the Kafka sink asks of a client: take units into a bounded queue, and report each one exactly once.

import type { NoticeLevel, UnitRun } from './sink.js';

export interface KafkaTopic {
  name: string;
  /** Each unit begins with its message key: length (2 octets, big-endian) and octets; a key of 0 octets is none. */
  keyed: boolean;
  /** Key of every message of a topic that is not keyed, '' = none. */
  constantKey: string;
}

export interface KafkaTransportOptions {
  brokers: readonly string[];
  /** Of flow units, then of statistics units when there is a second topic. */
  topics: readonly KafkaTopic[];
  headers: readonly (readonly [string, string])[];
  /** librdkafka's names, as the user wrote them. */
  properties: Readonly<Record<string, string>>;
}

/**
 * Names of trouble are those of librdkafka's errors. rejected: messages refused for good; failed: messages that come back;
 * error: of the client, which tries again by itself; fatal: only a new client can go on.
 */
export interface KafkaTrouble {
  kind: 'rejected' | 'failed' | 'error' | 'fatal';
  code: string;
  text: string;
  /** How often it happened since it was last told. */
  count: number;
  /** Whose messages they were; 0 where it is not of a topic. */
  topic: number;
}

/** None of these is called inside write(). Troubles come before the units they explain. */
export interface KafkaTransportEvents {
  delivered(records: number, units: number, octets: number): void;
  rejected(records: number, units: number): void;
  /** Units that were not delivered; `statistics` says of which topic. Their arrays belong to the receiver. */
  returned(run: UnitRun): void;
  trouble(trouble: KafkaTrouble): void;
  notice(level: NoticeLevel, text: string): void;
}

export interface KafkaTransport {
  /** Name and version of the client, for the log. */
  readonly client: string;
  /** Rejects with WeirError or WeirErrors for what the user must correct. A broker that is away is no error. */
  open(events: KafkaTransportEvents): Promise<void>;
  /** Copies units from run.from on and moves it. False: the queue is full, and something will be reported later. */
  write(topic: number, run: UnitRun): boolean;
  /** What waits is sent without lingering. */
  flush(): void;
  /** Ends at once: what is not delivered is returned, all of it reported when this resolves. */
  close(): Promise<void>;
}
