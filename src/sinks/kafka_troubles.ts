// Troubles with Kafka in words: one line a kind, at most once a minute with how often it happened, and one at recovery.

import type { KafkaTrouble } from './kafka_transport.js';
import type { NoticeLevel } from './sink.js';

const intervalMs = 60_000;

/** Kinds as the user sees them; several errors of the clients are one kind. */
type Kind =
  | 'unreachable'
  | 'broker'
  | 'tls'
  | 'authentication'
  | 'permission'
  | 'topic'
  | 'timeout'
  | 'tooLarge'
  | 'refused'
  | 'other';

const kinds: Readonly<Record<string, Kind>> = {
  _ALL_BROKERS_DOWN: 'unreachable',
  _TRANSPORT: 'broker',
  _RESOLVE: 'broker',
  _TIMED_OUT: 'broker',
  _SSL: 'tls',
  _AUTHENTICATION: 'authentication',
  SASL_AUTHENTICATION_FAILED: 'authentication',
  TOPIC_AUTHORIZATION_FAILED: 'permission',
  CLUSTER_AUTHORIZATION_FAILED: 'permission',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'permission',
  UNKNOWN_TOPIC_OR_PART: 'topic',
  _UNKNOWN_TOPIC: 'topic',
  _UNKNOWN_PARTITION: 'topic',
  TOPIC_EXCEPTION: 'topic',
  _MSG_TIMED_OUT: 'timeout',
  MSG_SIZE_TOO_LARGE: 'tooLarge',
  INVALID_MSG_SIZE: 'tooLarge',
  RECORD_LIST_TOO_LARGE: 'tooLarge',
};

const words: Readonly<Record<Kind, string>> = {
  unreachable: 'no broker is reachable',
  broker: 'trouble with one broker',
  tls: 'TLS failed',
  authentication: 'the brokers refused the credentials',
  permission: 'the brokers do not permit writing',
  topic: 'the topic does not exist',
  timeout: 'messages were not acknowledged in time and will be sent again',
  tooLarge: 'messages are too large for the brokers and are lost (message.max.bytes)',
  refused: 'messages were refused and are lost',
  other: 'messages were not delivered and will be sent again',
};

/** Asked for by the sink itself, or told by another event. */
const quiet: ReadonlySet<string> = new Set(['_PURGE_QUEUE', '_PURGE_INFLIGHT', '_FATAL']);

function kindOf({ kind, code }: KafkaTrouble): Kind {
  const known = kinds[code] ?? (kind === 'rejected' ? 'refused' : 'other');
  return known === 'broker' && kind !== 'error' ? 'timeout' : known; // with messages in doubt
}

/** Only a new client reads certificates and credentials anew. */
export function needsNewClient({ kind, code }: KafkaTrouble): boolean {
  return kind === 'fatal' || kinds[code] === 'tls' || kinds[code] === 'authentication';
}

export class KafkaTroubles {
  readonly #topics: readonly string[];
  /** By kind, and the topic where it is not the first one. */
  readonly #told = new Map<string, { at: number; held: number }>();
  #since: number | undefined;
  #last = '';

  /** topics: of flows, of statistics. */
  constructor(topics: readonly string[]) {
    this.#topics = topics;
  }

  /** What was wrong last, '' since messages are delivered. */
  get last(): string {
    return this.#last;
  }

  /** A line for the log, or undefined: held back. */
  line(trouble: KafkaTrouble, nowMs: number): { level: NoticeLevel; text: string } | undefined {
    if (quiet.has(trouble.code)) return undefined;
    const kind = kindOf(trouble);
    if (kind !== 'broker' && trouble.topic === 0) this.#since ??= nowMs;
    const said = `${this.#words(kind, trouble.topic)}: ${trouble.text}`;
    this.#last = said;
    const key = trouble.topic === 0 ? kind : `${kind} ${trouble.topic}`;
    const told = this.#told.get(key) ?? (kind === 'unreachable' ? this.#refusal(nowMs) : undefined);
    if (told !== undefined && nowMs - told.at < intervalMs) {
      told.held += trouble.count;
      return undefined;
    }
    const count = trouble.count + (told?.held ?? 0);
    this.#told.set(key, { at: nowMs, held: 0 });
    const lost = trouble.kind === 'rejected' || trouble.kind === 'fatal';
    return {
      level: kind === 'broker' ? 'info' : lost ? 'error' : 'warning',
      text: `${said} (${trouble.code}${count > 1 ? `, ${count} times` : ''})`,
    };
  }

  /** Where TLS or credentials were refused, no broker is usable, and that was told. */
  #refusal(nowMs: number): { at: number; held: number } | undefined {
    const recent = [this.#told.get('tls'), this.#told.get('authentication')];
    return recent.some((told) => told !== undefined && nowMs - told.at < intervalMs)
      ? { at: nowMs, held: 0 }
      : undefined;
  }

  /** Messages are delivered: a line when there was trouble before. */
  recovered(nowMs: number): string | undefined {
    this.#last = '';
    if (this.#since === undefined) return undefined;
    const seconds = Math.round((nowMs - this.#since) / 1000);
    this.#since = undefined;
    return `messages are delivered again after ${seconds} s of trouble`;
  }

  #words(kind: Kind, topic: number): string {
    const ofTopic = topic > 0 || kind === 'topic' || kind === 'permission';
    return ofTopic ? `topic ${this.#topics[topic] ?? ''}: ${words[kind]}` : words[kind];
  }
}
