// What the reader gives, and what it counts.

import type { FieldValue } from './decode_value.js';

/** One Data Record. */
export interface DecodedRecord {
  '@type': 'flow' | 'options';
  /** NetFlow or IPFIX version: 5, 9 or 10. */
  version: 5 | 9 | 10;
  /** Who sent it: the name the caller gave. */
  exporter: string;
  /** Observation Domain (IPFIX), source id (v9), engine type and id (v5). */
  domain: number;
  /** From the message header, seconds since the Unix epoch. */
  exportTime: number;
  /** Sequence number of the message. */
  sequence: number;
  /** Template id, 0 in v5. */
  template: number;
  /** Names of the scope fields; options records only. */
  scope?: string[];
  /** By element name; `enterprise.id` where the name is unknown; a name that comes again has `#2`, `#3` ... */
  fields: Record<string, FieldValue>;
}

/** Why octets could not be read. */
export type Malformation =
  | 'shortMessage'
  | 'messageLength'
  | 'unknownVersion'
  | 'setLength'
  | 'reservedSet'
  | 'templateRecord'
  | 'dataRecord'
  | 'trailingOctets';

export interface ReaderCounters {
  messages: number;
  octets: number;
  flowRecords: number;
  optionsRecords: number;
  /** Template records, refreshes included. */
  templates: number;
  withdrawals: number;
  /** Templates that changed without a withdrawal. */
  redefinitions: number;
  /** Templates that found no room. */
  templatesRefused: number;
  /** Data Sets without a known template. */
  unknownTemplates: number;
  /** Messages with a sequence number ahead of the expected one, and what is missing: Data Records, in v9 messages. */
  sequenceGaps: number;
  lost: number;
  /** Messages that came late, and sessions whose sequence began anew. */
  outOfOrder: number;
  restarts: number;
  malformed: Record<Malformation, number>;
}

export function newReaderCounters(): ReaderCounters {
  return {
    messages: 0,
    octets: 0,
    flowRecords: 0,
    optionsRecords: 0,
    templates: 0,
    withdrawals: 0,
    redefinitions: 0,
    templatesRefused: 0,
    unknownTemplates: 0,
    sequenceGaps: 0,
    lost: 0,
    outOfOrder: 0,
    restarts: 0,
    malformed: {
      shortMessage: 0,
      messageLength: 0,
      unknownVersion: 0,
      setLength: 0,
      reservedSet: 0,
      templateRecord: 0,
      dataRecord: 0,
      trailingOctets: 0,
    },
  };
}
