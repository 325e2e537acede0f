// What every sink is: a Transport Session that takes bytes. Sinks know units (messages or lines), never fields.

/** Encoded units back to back in one buffer; the exporter owns it and the sink borrows it for one call of write(). */
export interface UnitRun {
  bytes: Uint8Array;
  /** ends[i] = offset behind unit i in bytes. */
  ends: Uint32Array;
  /** Flow Records in unit i, for the sink's reports; 0 for template messages. */
  records: Uint32Array;
  /** Data Records (lines) in unit i: kept with a unit that a sink gives back. */
  dataRecords: Uint32Array;
  /** First unit not yet taken: write() moves it on. */
  from: number;
  /** Behind the last unit. */
  to: number;
  /** What the probe says of itself (options records); sinks that have a second place for it send it there. */
  statistics?: boolean;
}

/** Why a flow record did not reach its sink. Each record is in exactly one cause, or exported, or queued. */
export type DropCause =
  | 'queueFull' // the sink was slower than the flows, and its queue was full
  | 'socketError' // the network refused the message, or the session broke with it inside
  | 'messageTooLong' // the path MTU shrank below a message already encoded
  | 'fileError' // the file could not be written
  | 'unencodable' // the record does not fit any message
  | 'rejected' // the collector or broker refused the record itself: too large, not allowed for good, malformed
  | 'expired' // it waited in the spool, or for the broker, for longer than it may
  | 'spoolFull' // the spool has reached its size: its oldest segment was given up
  | 'spoolError' // the spool could not be written or read
  | 'shutdown'; // still unsent when the time to stop had passed

export type NoticeLevel = 'info' | 'warning' | 'error';

/** What a sink tells its exporter. Calls may come during write(), except session(). */
export interface SinkEvents {
  /** A new Transport Session is ready: templates must be the next units written. Never called inside write(). */
  session(): void;
  /** `ready` has turned true again within the session. Never called inside write(). */
  drain(): void;
  /** Units left this process: handed to the kernel or the medium. */
  sent(records: number, units: number, octets: number): void;
  /** Units that were taken and are lost. */
  lost(cause: DropCause, records: number, units: number): void;
  /**
   * Units that were taken and are not sent: the exporter queues them again, in front. The first `reported` of them had
   * been reported as sent, but the session broke so soon after that the collector may not have them: they are sent
   * again and counted as `resent`. Bytes and arrays are the exporter's from now on. Never called inside write().
   */
  returned(run: UnitRun, reported: number): void;
  /** Flow records reported as sent in a session that broke, of which nobody knows whether they arrived. */
  unconfirmed(records: number): void;
  /** From now on a unit may have at most this many octets. */
  messageSize(octets: number): void;
  /** The reader is gone for good (closed pipe): nothing more can be written, the probe may end. */
  ended(): void;
  /** One readable line for the log. */
  notice(level: NoticeLevel, text: string): void;
}

export interface SinkCounters {
  /** Transport Sessions (or files) begun. */
  sessions: number;
  units: number;
  octets: number;
  /** Errors of the socket or file, whether or not they cost a record. */
  errors: number;
}

export interface Sink {
  /** As the user wrote it, for the log and counters. */
  readonly name: string;
  readonly counters: SinkCounters;
  /** True when write() would take units now. */
  readonly ready: boolean;
  /** False while the collector is away or the medium fails; sinks without it are connected once a session began. */
  readonly connected?: boolean;
  /** Why it was not to be had last, '' = not known, or since it is. */
  readonly failure?: string;
  /** Octets a unit may have now, 0 = no limit. */
  readonly messageSize: number;
  /**
   * Starts the first session; events may come from now on. Rejects with WeirError only for what the user must correct
   * (no such directory); a collector that is merely away is retried for ever.
   */
  open(events: SinkEvents): Promise<void>;
  /** Takes units from run.from on, as many as there is room for, and moves run.from. Never blocks, never throws. */
  write(run: UnitRun): void;
  /** Resolves when all taken units are sent or lost. */
  flush(): Promise<void>;
  /** SIGHUP: files are opened anew; elsewhere nothing. */
  reopen(): void;
  /**
   * Ends the session cleanly within deadlineMs; what is left then is returned() where the sink still has its bytes, or
   * lost by 'shutdown'. Idempotent.
   */
  close(deadlineMs: number): Promise<void>;
}

/** Time as sinks and exporters use it, so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Calls back once after ms; returns how to cancel. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Flow records of units [from, to) of a run. */
export function recordsOf(run: UnitRun, from: number, to: number): number {
  let sum = 0;
  for (let unit = from; unit < to; unit++) sum += run.records[unit] ?? 0;
  return sum;
}

/**
 * Data Records of units [from, to) that were reported as sent before: such units count no flow records any more. Not of
 * statistics, which count none either.
 */
export function repeatedOf(run: UnitRun, from: number, to: number): number {
  let sum = 0;
  if (run.statistics === true) return sum;
  for (let unit = from; unit < to; unit++) if (run.records[unit] === 0) sum += run.dataRecords[unit] ?? 0;
  return sum;
}

/** Offset where unit i of a run begins. */
export function startOf(run: UnitRun, unit: number): number {
  return unit === 0 ? 0 : (run.ends[unit - 1] ?? 0);
}

/** First unit behind `from` such that [from, result) has at most `octets` octets; at least one unit. */
export function unitsWithin(run: UnitRun, octets: number): number {
  const limit = startOf(run, run.from) + octets;
  let to = run.from + 1;
  while (to < run.to && (run.ends[to] ?? 0) <= limit) to++;
  return Math.min(to, run.to);
}

export function newCounters(): SinkCounters {
  return { sessions: 0, units: 0, octets: 0, errors: 0 };
}
