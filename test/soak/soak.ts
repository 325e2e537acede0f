// One soak: rounds of traffic and faults, after each a quiet point at which the laws are looked at.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../support/seeded_random.js';
import type { Undo } from '../support/undo.js';
import { DatagramPeer } from './collectors.js';
import { cacheFlows, Lab } from './lab.js';
import {
  compared,
  countersAddUp,
  datagramsAreKnown,
  framesHaveOutcomes,
  exportedArrives,
  inventedBy,
  meteredIsRecorded,
  notEvaluated,
  onTheWay,
  recordsReachSinks,
  referenceIsComplete,
  sentIsMetered,
  since,
  type Totals,
  totalsOf,
} from './laws.js';
import { Load } from './load.js';
import { judgeEnd } from './last_laws.js';
import { judgeLog } from './log_judge.js';
import { octetsBelow, Reading, type Sample, sampleProcess } from './sampling.js';
import { type Fault, feasible, plan, type Round, type SoakOptions } from './schedule.js';
import { ports, type SoakSink } from './sinks.js';
import type { Tally } from './tally.js';
import { judgeGrowth, supervisorBounds } from './verdicts.js';

/** 64 MB may wait for files of 20 MB, and what could not be compressed leaves its full disk after 15 s. */
const quietLimitMs = 180_000;
const lookMs = 100;
const collectLooks = 300;
/** What src/cli/live_run.ts allows. */
const stopLimitS = 12;
/** A block of numbered flows; several make a compressed minute. */
const blockFlows = 2000;

export interface RoundResult {
  round: number;
  flows: number;
  records: number;
  /** At its quiet point. */
  quiet: Sample;
  /** Most of what was seen in the round. */
  most: Sample;
  faults: Fault[];
  /** Seconds until nothing was on the way. */
  settling: number;
}

export class Soak {
  readonly broken: string[] = [];
  /** What else is worth a line in the report. */
  readonly facts: string[] = [];
  readonly rounds: RoundResult[] = [];
  readonly samples: Sample[] = [];
  /** What weir said. */
  log = '';
  /** Of the supervisor, at quiet points. */
  readonly #supervisor: Sample[] = [];
  readonly options: SoakOptions;
  readonly #undo: Undo;
  readonly #say: (text: string) => void;
  #lab!: Lab;
  #load!: Load;
  #random: () => number;
  #start = 0;
  #faults: Fault[] = [];
  /** Of the last quiet point: its totals, and blocks sent until then. */
  #before: Totals | undefined;
  #blocksBefore = 0;

  constructor(undo: Undo, options: SoakOptions, say: (text: string) => void) {
    this.#undo = undo;
    this.options = options;
    this.#say = say;
    this.#random = seededRandom(options.seed + 1);
  }

  async run(): Promise<void> {
    this.#lab = await Lab.build(this.#undo, this.options);
    this.#load = new Load(this.#lab.network, this.#lab.folder, blockFlows, 2 * cacheFlows);
    this.#start = performance.now();
    const { missing } = this.#lab;
    this.facts.push(...[...missing].map(([what, why]) => `nothing befell ${what}: ${why}`));
    for (const [index, round] of feasible(plan(this.options), missing).entries()) {
      await this.#busy(round);
      await this.#quiet(index, round);
    }
    await this.#stop();
  }

  get #minuteMs(): number {
    return 60_000 / this.options.compress;
  }

  #minutes(): number {
    return (performance.now() - this.#start) / this.#minuteMs;
  }

  #break(where: string, laws: readonly string[]): void {
    for (const law of laws) {
      this.broken.push(`${where}: ${law}`);
      this.#say(`broken: ${where}: ${law}`);
    }
  }

  async #busy(round: Round): Promise<void> {
    const begin = this.#minutes();
    const now = (): number => this.#minutes() - begin;
    const over = (): boolean => now() >= round.busy;
    await Promise.all([
      this.#trouble(round.faults, now),
      this.#numbered(round, now, over),
      this.#sockets(round, now, over),
      this.#sampleWhile(over),
    ]);
  }

  async #trouble(faults: readonly Fault[], now: () => number): Promise<void> {
    await Promise.all(
      faults.map(async (fault) => {
        await delay(Math.max(0, fault.from - now()) * this.#minuteMs);
        this.#faults.push(fault);
        this.#say(
          `${this.#minutes().toFixed(1)} min: ${fault.what} ${fault.how} until ${(fault.to - fault.from).toFixed(1)} min later`,
        );
        const captured = this.#lab.captures();
        if (fault.what === 'interface') this.#load.interfaceTurns++;
        await this.#lab.begin(fault);
        await delay(Math.max(0, fault.to - now()) * this.#minuteMs);
        await this.#lab.end(fault);
        if (fault.what !== 'interface') return;
        await this.#lab.capturesAgain(captured);
        this.#load.interfaceTurns++;
      }),
    );
  }

  async #numbered(round: Round, now: () => number, over: () => boolean): Promise<void> {
    const floods = [...round.floods];
    const seconds = blockFlows / (this.options.flowsAnHour / (3600 / this.options.compress));
    while (!over()) {
      if (round.idles.some(({ from, to }) => now() >= from && now() < to)) await delay(this.#minuteMs / 4);
      else if (floods[0] !== undefined && now() >= floods[0]) {
        floods.shift();
        await this.#load.flood();
      } else await this.#load.mixed(seconds * (0.5 + this.#random()));
    }
  }

  async #sockets(round: Round, now: () => number, over: () => boolean): Promise<void> {
    while (!over()) {
      if (round.idles.some(({ from, to }) => now() >= from && now() < to)) await delay(this.#minuteMs / 4);
      else await this.#load.sockets(this.#random(), 20 + Math.floor(100 * this.#random()));
    }
  }

  async #sampleWhile(over: () => boolean): Promise<void> {
    while (!over()) {
      await this.#sample();
      await delay(this.#minuteMs);
    }
  }

  async #sample(): Promise<{ sample: Sample; reading: Reading } | undefined> {
    try {
      const reading = await Reading.of(ports.metrics);
      this.#break(`minute ${this.#minutes().toFixed(0)}`, countersAddUp(reading, this.#lab.sinks));
      for (const { file } of this.#lab.sinks) file?.read();
      const heap = (name: string) => reading.sum(`weir_nodejs_${name}_bytes`);
      const sample: Sample = {
        ...sampleProcess(this.#lab.pid),
        minute: this.#minutes(),
        heapUsed: heap('heap_size_used'),
        heapTotal: heap('heap_size_total'),
        external: heap('external_memory'),
        spool: octetsBelow(join(this.#lab.folder, 'spool')) + octetsBelow(this.#lab.disk),
        flows: reading.sum('weir_cache_flows'),
      };
      this.samples.push(sample);
      return { sample, reading };
    } catch (error) {
      if (!this.options.supervised) throw error;
      return undefined; // it has crashed and comes back
    }
  }

  /** Until nothing is on the way in weir; then everything of it is at the collectors, or never comes. */
  async #settle(where: string): Promise<number> {
    const begin = performance.now();
    for (;;) {
      const left = await Reading.of(ports.metrics)
        .then((reading) => onTheWay(reading, this.#lab.sinks))
        .catch((error: unknown) => [String(error)]);
      for (const { file } of this.#lab.sinks) file?.read(); // a full disk gets room by that alone
      const passed = performance.now() - begin;
      if (left.length === 0) return passed / 1000;
      if (process.env.SOAK_TALK) this.#say(`${(passed / 1000).toFixed(1)} s: ${left.join(', ')}`);
      if (passed > quietLimitMs) {
        this.#break(
          where,
          left.map((what) => `after ${quietLimitMs / 1000} s without load or faults still ${what}`),
        );
        return passed / 1000;
      }
      await delay(lookMs);
    }
  }

  /** Until the collectors have read what is on its way to them; what is missing then, the laws tell. */
  async #collected(): Promise<void> {
    const reading = await Reading.of(ports.metrics);
    const reference = this.#lab.sinks[0]!.collector!.tally;
    const late = ({ mark, collector }: SoakSink): boolean => {
      if (collector === undefined || collector instanceof DatagramPeer) return false;
      const of = (name: string) => reading.sink(mark, `records_${name}_total`);
      if (collector.tally.records < of('exported') - of('unconfirmed')) return true;
      // What came twice hides what is still to come.
      return compared(this.#load.flows, reference, collector.tally).missing > of('dropped') + of('unconfirmed');
    };
    for (let looks = 0; looks < collectLooks && this.#lab.sinks.some(late); looks++) await delay(lookMs);
    await delay(lookMs); // and the datagrams in the socket
  }

  async #quiet(index: number, round: Round): Promise<void> {
    const where = `quiet point ${index + 1}`;
    const settling = await this.#settle(where);
    await this.#collected();
    const { weir } = this.#lab;
    const collected = [...weir.stderr.matchAll(/^soak: heap collected/gm)].length;
    process.kill(this.#lab.pid, 'SIGUSR2');
    await weir.said(/^soak: heap collected/, collected + 1);
    const most = this.#mostSince(this.rounds.at(-1)?.quiet.minute ?? 0);
    const taken = await this.#sample();
    if (taken === undefined) throw new Error('no /metrics at a quiet point');
    const { sample, reading } = taken;
    if (this.options.supervised) this.#supervisor.push({ ...sample, ...sampleProcess(weir.child.pid!) });
    this.#break(where, this.#lawsAtRest(where, reading));
    const [reference] = this.#lab.sinks;
    const flows = reading.sum('weir_flows_created_total');
    const records = reading.sink(reference!.mark, 'records_created_total');
    this.rounds.push({ round: index + 1, flows, records, quiet: sample, most, faults: round.faults, settling });
  }

  #mostSince(minute: number): Sample {
    const since = this.samples.filter((sample) => sample.minute >= minute);
    const most = (name: keyof Sample) => Math.max(...since.map((sample) => sample[name]));
    return Object.fromEntries(Object.keys(since[0] ?? {}).map((name) => [name, most(name as keyof Sample)])) as never;
  }

  /** Of the round alone, so that what was lost before hides nothing. */
  #lawsOfRound(where: string, reading: Reading, reference: Tally): string[] {
    const now = totalsOf(reading, reference);
    const round = since(now, this.#before);
    const blocks = this.#load.sent.slice(this.#blocksBefore);
    this.#before = now;
    this.#blocksBefore = this.#load.sent.length;
    this.facts.push(...notEvaluated(blocks, round).map((law) => `${where}: not evaluated: ${law}`));
    return [...meteredIsRecorded(round), ...sentIsMetered(blocks, reference, round)];
  }

  #lawsAtRest(where: string, reading: Reading): string[] {
    const { sinks } = this.#lab;
    const [reference] = sinks;
    const { tally } = reference!.collector!;
    const complaints = [
      ...new Set(this.#load.failures.splice(0)),
      ...sinks.flatMap(({ name, collector }) => (collector?.complaints() ?? []).map((text) => `${name}: ${text}`)),
      ...inventedBy(this.#load.sent, tally),
      ...framesHaveOutcomes(reading),
    ];
    // A crash loses what was not exported yet, but nothing comes up that was never sent.
    if (this.options.supervised) return complaints;
    const broken = [
      ...complaints,
      ...recordsReachSinks(reading, sinks),
      ...referenceIsComplete(reading, reference!),
      ...this.#lawsOfRound(where, reading, tally),
    ];
    for (const sink of sinks.slice(1)) {
      const { collector } = sink;
      if (collector === undefined) continue;
      if (collector instanceof DatagramPeer) {
        broken.push(...datagramsAreKnown(sink, collector, reading));
        continue;
      }
      const found = compared(this.#load.flows, tally, collector.tally);
      broken.push(...exportedArrives(sink, reading, found, collector.tally));
    }
    return broken;
  }

  async #stop(): Promise<void> {
    const begin = performance.now();
    const run = await this.#lab.weir.stop();
    const seconds = (performance.now() - begin) / 1000;
    this.facts.push(`stopped with status ${run.status} after ${seconds.toFixed(1)} s`);
    if (run.status !== 0) this.#break('stop', [`exit status ${run.status}`]);
    if (seconds > stopLimitS) this.#break('stop', [`it took ${seconds.toFixed(1)} s`]);
    const log = judgeLog(run.stderr, this.#faults);
    const grown = this.options.supervised
      ? judgeGrowth(this.#supervisor, supervisorBounds) // its children begin anew
      : judgeGrowth(this.rounds.map(({ quiet }) => quiet));
    this.log = run.stderr;
    const last = this.options.supervised ? { broken: [], facts: [] } : await judgeEnd(run, this.#lab.sinks);
    this.#break('log', log.broken);
    this.#break('growth', grown.broken);
    this.#break('end', last.broken);
    this.facts.push(`${log.lines} lines in the log, ${log.warnings} of them warnings or errors`);
    this.facts.push(...grown.facts, ...last.facts);
  }
}
