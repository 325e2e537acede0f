// Where every flow record of one exporter is. created + recovered = exported + all drops + queued + spooled, at any moment, to the unit.

import type { DropCause, NoticeLevel } from '../sinks/sink.js';

export interface ExporterCounters {
  /** Flow records given to this exporter. */
  created: number;
  /** Handed to the kernel or the medium. */
  exported: number;
  dropped: Record<DropCause, number>;
  /** In the exporter's queue or inside the sink. */
  queued: number;
  queuedOctets: number;
  /** On disk now: created + recovered = exported + all drops + queued + spooled. */
  spooled: number;
  spooledOctets: number;
  /** Found in the spool of an earlier run. */
  recovered: number;
  /** Sent again because the session broke soon after they were sent: each once here and in exported, however often. */
  resent: number;
  /** Exported, but the session broke and nobody knows whether they arrived. */
  unconfirmed: number;
  /** Flow records that lost text to fit a message; they are exported. */
  truncated: number;
  /** Data Records or lines encoded (two a flow record where biflows are split). */
  dataRecords: number;
  /** Messages or lines, template messages included, and their octets. */
  units: number;
  octets: number;
  templateMessages: number;
  sessions: number;
  socketErrors: number;
}

export function newExporterCounters(): ExporterCounters {
  return {
    created: 0,
    exported: 0,
    dropped: noDrops(),
    queued: 0,
    queuedOctets: 0,
    spooled: 0,
    spooledOctets: 0,
    recovered: 0,
    resent: 0,
    unconfirmed: 0,
    truncated: 0,
    dataRecords: 0,
    units: 0,
    octets: 0,
    templateMessages: 0,
    sessions: 0,
    socketErrors: 0,
  };
}

export function noDrops(): Record<DropCause, number> {
  return Object.fromEntries(Object.keys(causeTexts).map((cause) => [cause, 0])) as Record<DropCause, number>;
}

const causeTexts: Record<DropCause, string> = {
  queueFull: 'the queue of the sink is full',
  socketError: 'the network refused them or the connection broke',
  messageTooLong: 'the path to the collector takes only shorter messages',
  fileError: 'the file cannot be written',
  unencodable: 'they fit no message, or the format has no place for them (IPv6 in NetFlow v5)',
  rejected: 'the collector or broker refused them',
  expired: 'they had waited for longer than they may',
  spoolFull: 'the spool has reached its size',
  spoolError: 'the spool cannot be written or read',
  shutdown: 'the time to stop has passed',
};

const reportEveryMs = 60_000;

/** Says in the log what is dropped: the first time at once, then the sum, at most once a minute and cause. */
export class DropReporter {
  #name: string;
  #notice: (level: NoticeLevel, text: string) => void;
  #state = new Map<DropCause, { unsaid: number; saidAt: number }>();

  constructor(name: string, notice: (level: NoticeLevel, text: string) => void) {
    this.#name = name;
    this.#notice = notice;
  }

  dropped(cause: DropCause, records: number, nowMs: number): void {
    if (records === 0) return;
    const state = this.#state.get(cause) ?? { unsaid: 0, saidAt: -Infinity };
    this.#state.set(cause, state);
    state.unsaid += records;
    if (nowMs - state.saidAt >= reportEveryMs) this.#say(cause, state, nowMs);
  }

  /** Says what was not said yet; at the end of the run. */
  last(nowMs: number): void {
    for (const [cause, state] of this.#state) if (state.unsaid > 0) this.#say(cause, state, nowMs);
  }

  #say(cause: DropCause, state: { unsaid: number; saidAt: number }, nowMs: number): void {
    this.#notice(
      'warning',
      `${this.#name}: ${state.unsaid} flow ${state.unsaid === 1 ? 'record' : 'records'} dropped: ${causeTexts[cause]}`,
    );
    state.unsaid = 0;
    state.saidAt = nowMs;
  }
}
