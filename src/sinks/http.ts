// HTTP and HTTPS: lines are posted in batches, one request at a time so that their order stays. What fails for the
// moment is tried again with growing pauses; what the server refuses is counted.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { WeirError } from '../errors.js';
import { errorText, FailureLog } from './failure_log.js';
import { giveBack, type HeldUnits, hold } from './held_units.js';
import { allSent, type BulkResult, bulkBody, bulkResult } from './http_bulk.js';
import { type Answer, Poster, PostError, type PostOptions } from './http_post.js';
import { type Clock, newCounters, type Sink, type SinkEvents, systemClock, unitsWithin, type UnitRun } from './sink.js';

export interface HttpSinkOptions extends PostOptions {
  name: string;
  /** Octets of one request before compression. Default 1 MiB. */
  batchOctets?: number;
  /** Seconds that a line waits for its batch to fill. Default 1. */
  batchSeconds?: number;
  /** Default on. */
  gzip?: boolean;
  /** Index or data stream: the URL is a _bulk endpoint of Elasticsearch or OpenSearch. Each unit must be one line. */
  bulk?: string;
  contentType?: string;
  /** Octets waiting inside this process; beyond, the exporter's queue fills. Default four batches. */
  bufferOctets?: number;
  clock?: Clock;
  /** [0, 1): the jitter of pauses. */
  random?: () => number;
}

const compress = promisify(gzip);
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
const longestRetryAfterMs = 3_600_000;
const partOctets = 65_536;
const saidOctets = 200;

export class HttpSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  #options: HttpSinkOptions;
  #clock: Clock;
  #random: () => number;
  #poster: Poster;
  #events: SinkEvents | undefined;
  #log: FailureLog;
  #refusals: FailureLog;
  #batchOctets: number;
  #bufferOctets: number;
  /** Taken, oldest first; a request is about the first ones and takes them away when it is answered. */
  #waiting: HeldUnits[] = [];
  #waitingOctets = 0;
  #blocked = false;
  #working: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #due = false; // a batch goes though it is not full
  #failures = 0;
  #wake: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #giveUp = false;
  #flushers: (() => void)[] = [];

  constructor(options: HttpSinkOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#poster = new Poster(options, this.#clock);
    this.#batchOctets = options.batchOctets ?? 1 << 20;
    this.#bufferOctets = options.bufferOctets ?? 4 * this.#batchOctets;
    const log = () => new FailureLog(this.name, this.#clock, (level, text) => this.#events?.notice(level, text));
    this.#log = log();
    this.#refusals = log();
  }

  get ready(): boolean {
    const room = this.#waitingOctets < this.#bufferOctets;
    return this.#events !== undefined && this.#closing === undefined && this.connected && room;
  }

  /** While requests fail nothing more is taken: what waits is safer in the exporter's spool. */
  get connected(): boolean {
    return this.#failures === 0;
  }

  get failure(): string {
    return this.#log.last;
  }

  async open(events: SinkEvents): Promise<void> {
    try {
      await this.#poster.check();
    } catch (error) {
      if (error instanceof WeirError) throw new WeirError(error.code, `${this.name}: ${error.message}`);
      throw error;
    }
    this.#events = events;
    this.counters.sessions = 1;
    events.session();
  }

  write(run: UnitRun): void {
    while (run.from < run.to && this.ready) {
      const held = hold(run, unitsWithin(run, Math.min(partOctets, this.#batchOctets)));
      this.#waiting.push(held);
      this.#waitingOctets += held.octets;
    }
    this.#blocked = !this.ready;
    if (this.#waitingOctets >= this.#batchOctets) this.#work();
    else if (this.#waiting.length > 0) this.#arm();
  }

  flush(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    this.#due = true;
    this.#work();
    return new Promise((resolve) => this.#flushers.push(resolve));
  }

  reopen(): void {}

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    const cancel = this.#clock.after(deadlineMs, () => {
      this.#giveUp = true;
      this.#poster.abort();
      this.#wake?.();
      this.#work();
    });
    this.#wake?.(); // one more attempt, whatever the pause was
    await this.flush();
    cancel();
    this.#cancelTimer?.();
    this.#poster.close();
  }

  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#working !== undefined) return;
    this.#cancelTimer = this.#clock.after((this.#options.batchSeconds ?? 1) * 1000, () => {
      this.#cancelTimer = undefined;
      this.#due = true;
      this.#work();
    });
  }

  #work(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
      if (this.#due || this.#waitingOctets >= this.#batchOctets)
        this.#work(); // came in while the last step was ending
      else if (this.#waiting.length > 0) this.#arm();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#giveUp) {
      if (!this.#due && this.#waitingOctets < this.#batchOctets) return;
      const batch = this.#batch();
      this.#due = batch.length < this.#waiting.length && (this.#due || this.#flushers.length > 0);
      const pause = await this.#send(batch);
      if (pause > 0 || this.#waiting[0] === batch[0]) this.#due = true;
      if (pause > 0 && !this.#giveUp) await this.#pause(pause);
      if (this.#blocked && this.ready) {
        this.#blocked = false;
        this.#events?.drain();
      }
    }
    if (this.#giveUp) {
      giveBack(this.#events, [], this.#waiting);
      this.#waiting = [];
      this.#waitingOctets = 0;
    }
    this.#due = false;
    this.#flushed();
  }

  /** The first units that make one request. */
  #batch(): HeldUnits[] {
    let octets = 0;
    let count = 0;
    for (const part of this.#waiting) {
      if (count > 0 && octets + part.octets > this.#batchOctets) break;
      octets += part.octets;
      count++;
    }
    return this.#waiting.slice(0, count);
  }

  /** One request. Returns milliseconds until the next one, 0 = at once. */
  async #send(batch: HeldUnits[]): Promise<number> {
    try {
      const answer = await this.#post(batch);
      return this.#answered(batch, answer);
    } catch (error) {
      if (this.#giveUp || (error instanceof PostError && error.stale)) return 0;
      this.counters.errors++;
      return this.#failed(errorText(error), 0);
    }
  }

  async #post(batch: HeldUnits[]): Promise<Answer> {
    const { bulk, gzip: zipped = true, contentType = 'application/x-ndjson' } = this.#options;
    const plain = bulk ? bulkBody(bulk, batch) : Buffer.concat(batch.map((part) => part.bytes));
    const headers = { 'Content-Type': contentType };
    if (!zipped) return this.#poster.post(plain, headers);
    return this.#poster.post(await compress(plain), { ...headers, 'Content-Encoding': 'gzip' });
  }

  #answered(batch: HeldUnits[], answer: Answer): number {
    const { status } = answer;
    if (status >= 200 && status < 300) return this.#accepted(batch, answer);
    const said = `HTTP ${status}${answer.body === '' ? '' : ` (${oneLine(answer.body)})`}`;
    this.counters.errors++;
    if (status === 413 && this.#halve(batch)) return 0;
    const hint = answer.location === '' ? hints[status] : `use ${answer.location}`;
    const explained = hint === undefined ? said : `${said}: ${hint}`;
    // What is not about these lines can be put right at the server: they are kept until then.
    if (!aboutContent.includes(status))
      return this.#failed(explained, retryAfterMs(answer.retryAfter, this.#clock.wall()));
    this.#failures = 0; // it answers: the next request need not wait
    this.#remove(batch);
    this.#refusals.failed(explained, 'what it refuses is dropped');
    for (const part of batch) this.#events?.lost('rejected', part.flowRecords, part.units);
    return 0;
  }

  /** A request too large for the server: from now on smaller ones. False when it cannot be divided. */
  #halve(batch: HeldUnits[]): boolean {
    const octets = batch.reduce((sum, part) => sum + part.octets, 0);
    const units = batch.reduce((sum, part) => sum + part.units, 0);
    if (units < 2) return false;
    this.#batchOctets = Math.max(1, Math.floor(octets / 2));
    this.#remove(batch);
    const smaller = batch.flatMap((part) => split(part, this.#batchOctets));
    this.#waiting.unshift(...smaller);
    this.#waitingOctets += octets;
    this.#due = true;
    this.#events?.notice('warning', `${this.name}: HTTP 413: requests have ${this.#batchOctets} octets from now on`);
    return true;
  }

  #accepted(batch: HeldUnits[], answer: Answer): number {
    const units = batch.reduce((sum, part) => sum + part.units, 0);
    const result = this.#options.bulk ? bulkResult(answer.body, units) : allSent(units);
    this.#remove(batch);
    const again = this.#sort(batch, result);
    if (again.length === 0) {
      this.#failures = 0;
      this.#log.succeeded(`sending to ${this.#poster.target}`);
      return 0;
    }
    this.#waiting.unshift(...again);
    this.#waitingOctets += again.reduce((sum, part) => sum + part.octets, 0);
    return this.#failed(`the index is busy (${result.delay})`, retryAfterMs(answer.retryAfter, this.#clock.wall()));
  }

  /** Reports what was taken and what was refused; returns what is to be sent again. */
  #sort(batch: HeldUnits[], { outcomes, refusal }: BulkResult): HeldUnits[] {
    const again: HeldUnits[] = [];
    let rejected = 0;
    let at = 0;
    for (const part of batch) {
      for (const piece of splitByOutcome(part, outcomes.slice(at, at + part.units))) {
        const outcome = outcomes[at];
        at += piece.units;
        if (outcome === 'again') again.push(piece);
        else if (outcome === 'sent') this.#sent(piece);
        else {
          rejected += piece.flowRecords;
          this.#events?.lost('rejected', piece.flowRecords, piece.units);
        }
      }
    }
    if (rejected > 0) this.#refusals.failed(`the index refuses documents (${refusal})`, 'they are dropped');
    return again;
  }

  #sent(part: HeldUnits): void {
    this.counters.units += part.units;
    this.counters.octets += part.octets;
    this.#events?.sent(part.flowRecords, part.units, part.octets);
  }

  #remove(batch: HeldUnits[]): void {
    this.#waiting.splice(0, batch.length);
    this.#waitingOctets -= batch.reduce((sum, part) => sum + part.octets, 0);
  }

  /** Says so, and returns the pause: doubled each time, with jitter so that many probes do not come back at once. */
  #failed(reason: string, atLeastMs: number): number {
    const grown = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#blocked = true;
    const pause = Math.max(atLeastMs, (grown * (1 + this.#random())) / 2);
    this.#log.failed(reason, `next attempt in ${Math.max(1, Math.round(pause / 1000))} s`);
    return pause;
  }

  #pause(ms: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    }).then(() => {
      this.#wake = undefined;
    });
  }

  #flushed(): void {
    const waiting = this.#flushers;
    this.#flushers = [];
    for (const resolve of waiting) resolve();
  }
}

/** The server refuses the lines themselves, and would the next time. */
const aboutContent = [400, 413, 415, 422];
const hints: Record<number, string> = {
  400: 'check the format',
  401: 'check user and password, or the token',
  403: 'the account may not write there',
  404: 'check the path',
  405: 'check the path',
  413: 'a single line is too long for it',
  415: 'check the content type, or switch gzip off',
  422: 'check the format',
};

/** Retry-After, RFC 9110 section 10.2.3: seconds or a date. */
function retryAfterMs(text: string, wallMs: number): number {
  if (text === '') return 0;
  const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - wallMs;
  return Number.isFinite(wait) ? Math.min(longestRetryAfterMs, Math.max(0, wait)) : 0;
}

function oneLine(body: string): string {
  return body.slice(0, saidOctets).replace(/\s+/g, ' ').trim();
}

/** The same units in pieces of at most so many octets. */
function split(part: HeldUnits, octets: number): HeldUnits[] {
  const run: UnitRun = { ...part, from: 0, to: part.units };
  const pieces: HeldUnits[] = [];
  while (run.from < run.to) pieces.push(hold(run, unitsWithin(run, octets)));
  return pieces;
}

/** The same units in pieces that have one outcome each. */
function splitByOutcome(part: HeldUnits, outcomes: readonly string[]): HeldUnits[] {
  if (outcomes.every((outcome) => outcome === outcomes[0])) return [part];
  const run: UnitRun = { ...part, from: 0, to: part.units };
  const pieces: HeldUnits[] = [];
  while (run.from < run.to) {
    let to = run.from + 1;
    while (to < run.to && outcomes[to] === outcomes[run.from]) to++;
    pieces.push(hold(run, to));
  }
  return pieces;
}
