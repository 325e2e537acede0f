// What goes before and between the flow records of a Transport Session: templates, Options Templates and options
// records (RFC 7011 sections 4 and 8), each when it is due.

import type { Encoder, OptionsEncoder, OptionsRow, UnitBuffer } from '../native/boundary.js';
import { startOf } from '../sinks/sink.js';
import { type OptionsState, type OptionsTable, sameRows } from './options_records.js';
import { TemplateTiming } from './template_timing.js';
import { newOutput, type Units } from './units.js';

export interface SessionControlOptions {
  encoder: Encoder;
  /** undefined: the format, profile or user wants no options records. */
  optionsEncoder?: OptionsEncoder | undefined;
  optionsTables?: readonly OptionsTable[];
  /** What the rows are made from. */
  optionsState?: () => OptionsState;
  /** JSON: the statistics as lines, with their line feeds. */
  statisticsLines?: (() => string[]) | undefined;
  /** Between two sets of statistics records. */
  statisticsMs: number;
  /** Messages stand alone (Kafka): each one has the template of its records in it. */
  standAlone: boolean;
  /** UDP: templateRefreshTimeout and messages between refreshes; both 0 elsewhere (RFC 7011 section 8). */
  refreshMs: number;
  refreshMessages: number;
  /** How often templates are sent at the begin of a session; UDP should send them more than once. */
  copies: number;
}

/** Refreshes by the number of messages may come many times a second; those of one second say the same. */
const sameForMs = 1000;
const outputOctets = 256 << 10;
const outputUnits = 1024;

export class SessionControl {
  readonly timing: TemplateTiming;
  #options: SessionControlOptions;
  #statisticsAt = -Infinity;
  /** Rows as they were last sent, by table: those of 'change' tables go again when they differ. */
  #sent = new Map<OptionsTable, readonly OptionsRow[]>();
  /** Template messages of other templates, whose records are replayed from the spool in this session. */
  #foreign = new Map<string, Units>();
  #foreignDue: Units[] = [];
  #changesDue = false;
  /** The last refresh, and when it was made. */
  #refresh: readonly Units[] = [];
  #refreshMadeAt = -Infinity;

  constructor(options: SessionControlOptions) {
    this.#options = options;
    this.timing = new TemplateTiming({ refreshMs: options.refreshMs, refreshMessages: options.refreshMessages });
  }

  /** Statistics go another way than flow records (Kafka's second topic), so their messages are counted apart. */
  get hasOwnStream(): boolean {
    return this.#options.standAlone;
  }

  get #hasStatistics(): boolean {
    const { optionsTables = [], statisticsLines } = this.#options;
    return statisticsLines !== undefined || optionsTables.some(({ when }) => when !== 'session');
  }

  /** A new Transport Session knows no template; its statistics come one interval after its begin. */
  newSession(nowMs: number): void {
    this.timing.newSession();
    this.#refreshMadeAt = -Infinity;
    this.#statisticsAt = nowMs;
    this.#foreignDue = [...this.#foreign.values()];
  }

  /** Template messages that must go before the replayed records of another template, once a session. */
  addForeign(signature: string, templates: Units): void {
    if (this.#foreign.has(signature)) return;
    this.#foreign.set(signature, templates);
    this.#foreignDue.push(templates);
  }

  /** Octets of a message at most. */
  setMessageSize(octets: number): void {
    this.#options.optionsEncoder?.setMessageSize(octets);
    this.#refreshMadeAt = -Infinity;
  }

  /** Observation Points may be others: collectors should know their names before their flows come. */
  lookForChanges(): void {
    const { optionsTables = [], standAlone } = this.#options;
    this.#changesDue = !standAlone && optionsTables.some(({ when }) => when === 'change');
  }

  /** Templates of before have an export time of after the records to come; over UDP that may be what counts. */
  clockSetBack(): void {
    this.timing.again();
    this.#refreshMadeAt = -Infinity;
    this.lookForChanges();
  }

  due(nowMs: number): boolean {
    const late = this.#foreignDue.length > 0 || this.#changesDue;
    return late || this.timing.due(nowMs) || this.#statisticsDue(nowMs);
  }

  /** Milliseconds until something is due by time, undefined when nothing will be. */
  waitMs(nowMs: number): number | undefined {
    const templates = this.timing.waitMs(nowMs);
    if (!this.#hasStatistics) return templates;
    const statistics = Math.max(1, this.#statisticsAt + this.#options.statisticsMs - nowMs);
    return templates === undefined ? statistics : Math.min(templates, statistics);
  }

  /** What is due now, to be stamped and sent before any flow record; undefined when it comes to nothing. */
  make(nowMs: number, exportSeconds: number): { templates?: Units | undefined; statistics?: Units | undefined } {
    const made: { templates?: Units | undefined; statistics?: Units | undefined } = {};
    if (this.timing.due(nowMs) || this.#foreignDue.length > 0) made.templates = this.#templates(nowMs, exportSeconds);
    if (this.#statisticsDue(nowMs)) {
      this.#statisticsAt = nowMs;
      made.statistics = this.#statistics(exportSeconds);
    } else if (this.#changesDue) {
      const tables = (this.#options.optionsTables ?? []).filter(({ when }) => when === 'change');
      made.statistics = joined(this.#records(tables, false, exportSeconds));
    }
    this.#changesDue = false;
    return made;
  }

  /** The last word of a session: statistics up to now. */
  last(exportSeconds: number): Units | undefined {
    return this.#hasStatistics ? this.#statistics(exportSeconds) : undefined;
  }

  #statisticsDue(nowMs: number): boolean {
    return this.#hasStatistics && nowMs - this.#statisticsAt >= this.#options.statisticsMs;
  }

  #templates(nowMs: number, exportSeconds: number): Units | undefined {
    const parts: Units[] = [];
    if (this.timing.due(nowMs)) {
      if (nowMs - this.#refreshMadeAt >= sameForMs) {
        this.#refresh = this.#makeRefresh(exportSeconds);
        this.#refreshMadeAt = this.timing.first ? -Infinity : nowMs; // the first one has copies
      }
      parts.push(...this.#refresh);
      this.timing.templatesSent(nowMs);
    }
    parts.push(...this.#foreignDue);
    this.#foreignDue = [];
    const run = joined(parts);
    // Options records among them: a sink gives none of it back, since the next session begins with its own.
    if (run !== undefined) run.statistics = true;
    return run;
  }

  #makeRefresh(exportSeconds: number): Units[] {
    const { encoder, standAlone, copies } = this.#options;
    const own = encode((out) => encoder.templates(exportSeconds, out).units);
    if (standAlone) return [];
    const times = this.timing.first ? copies : 1;
    return [
      ...this.#complete(true, exportSeconds),
      ...Array<Units>(times).fill(own),
      ...this.#complete(false, exportSeconds),
    ];
  }

  #statistics(exportSeconds: number): Units | undefined {
    const { standAlone, statisticsLines, optionsTables = [] } = this.#options;
    const parts = this.#records(optionsTables, standAlone, exportSeconds);
    if (statisticsLines !== undefined) parts.push(linesUnits(statisticsLines()));
    const run = joined(parts);
    if (run !== undefined) run.statistics = true;
    return run;
  }

  /** Options Templates and all rows: of the tables that lead, or of the others. */
  #complete(leading: boolean, exportSeconds: number): Units[] {
    const { optionsEncoder, optionsTables = [] } = this.#options;
    const tables = optionsTables.filter(({ leads = false }) => leads === leading);
    if (optionsEncoder === undefined || tables.length === 0) return [];
    const templates = tables.map(({ template }) => template);
    const first = encode((out) => optionsEncoder.templates(templates, exportSeconds, out).units);
    return [first, ...this.#records(tables, true, exportSeconds)];
  }

  /** Rows of the tables that are due: all of them, or those of every interval and those that have changed. */
  #records(tables: readonly OptionsTable[], all: boolean, exportSeconds: number): Units[] {
    const { optionsEncoder, optionsState, standAlone } = this.#options;
    if (optionsEncoder === undefined || optionsState === undefined) return [];
    const state = optionsState();
    const parts: Units[] = [];
    for (const table of tables) {
      const rows = table.rows(state);
      const changed = table.when === 'change' && !sameRows(rows, this.#sent.get(table) ?? []);
      if (!all && !changed && table.when !== 'interval') continue;
      this.#sent.set(table, rows);
      const messages = encodeRows(optionsEncoder, table, rows, exportSeconds);
      if (!standAlone) parts.push(...messages);
      else {
        const template = encode((out) => optionsEncoder.templates([table.template], exportSeconds, out).units);
        parts.push(...messages.map((run) => withTemplate(run, template)));
      }
    }
    return parts;
  }
}

function encodeRows(
  encoder: OptionsEncoder,
  { template }: OptionsTable,
  rows: readonly OptionsRow[],
  exportSeconds: number,
): Units[] {
  const parts: Units[] = [];
  for (let first = 0; first < rows.length; ) {
    let consumed = 0;
    const part = encode((out) => {
      const result = encoder.records(template, rows, first, exportSeconds, out);
      consumed = result.records;
      return result.units;
    });
    parts.push(part);
    if (consumed === 0) break; // a row that fits no message
    first += consumed;
  }
  return parts;
}

const messageHeader = 16; // octets; the length is at offset 2 (RFC 7011 section 3.1)

/** The messages of a run, each with the sets of the one message of `template` in front of its own. */
function withTemplate(run: Units, template: Units): Units {
  const sets = template.bytes.subarray(messageHeader, startOf(template, 1));
  const made = newOutput(startOf(run, run.to) + run.to * sets.length, run.to);
  for (let unit = 0; unit < run.to; unit++) {
    const at = startOf(made, unit);
    const from = startOf(run, unit);
    const length = (run.ends[unit] ?? 0) - from;
    made.bytes.set(run.bytes.subarray(from, from + messageHeader), at);
    made.bytes.set(sets, at + messageHeader);
    made.bytes.set(run.bytes.subarray(from + messageHeader, from + length), at + messageHeader + sets.length);
    made.view.setUint16(at + 2, length + sets.length);
    made.ends[unit] = at + length + sets.length;
    made.dataRecords[unit] = run.dataRecords[unit] ?? 0;
  }
  made.to = run.to;
  return made;
}

/** Where encode() writes, whoever calls: as much memory anew at each refresh keeps the garbage collector busy. */
let scratch: Units | undefined;

function encode(call: (out: UnitBuffer) => number): Units {
  scratch ??= newOutput(outputOctets, outputUnits);
  const units = call(scratch);
  const made = newOutput(startOf(scratch, units), units);
  made.bytes.set(scratch.bytes.subarray(0, made.bytes.length));
  for (const key of ['ends', 'dataRecords'] as const) made[key].set(scratch[key].subarray(0, units));
  made.to = units;
  return made;
}

function linesUnits(lines: readonly string[]): Units {
  const buffers = lines.map((line) => Buffer.from(line));
  const run = newOutput(
    buffers.reduce((sum, { length }) => sum + length, 0),
    buffers.length,
  );
  let end = 0;
  for (const [index, buffer] of buffers.entries()) {
    run.bytes.set(buffer, end);
    end += buffer.length;
    run.ends[index] = end;
  }
  run.to = buffers.length;
  return run;
}

/** All units of the parts one behind the other. */
function joined(parts: readonly Units[]): Units | undefined {
  const units = parts.reduce((sum, part) => sum + part.to, 0);
  if (units === 0) return undefined;
  const octets = parts.reduce((sum, part) => sum + startOf(part, part.to), 0);
  const run = newOutput(octets, units);
  for (const part of parts) {
    const offset = startOf(run, run.to);
    run.bytes.set(part.bytes.subarray(0, startOf(part, part.to)), offset);
    for (let unit = 0; unit < part.to; unit++) {
      run.ends[run.to] = (part.ends[unit] ?? 0) + offset;
      run.dataRecords[run.to] = part.dataRecords[unit] ?? 0;
      run.to++;
    }
  }
  return run;
}
