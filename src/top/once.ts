// One table of what came in a time: no window slides, no row is left out of the sums.
import type { ColumnName } from './columns.js';
import { type DimensionName, dimensionOf } from './dimensions.js';
import { FlowBook } from './flow_book.js';
import { type Fields, RecordReader, type ReaderSettings } from './reading.js';
import type { Losses, Report } from './report.js';
import { arrange } from './rows.js';
import { newMark, Totals, type Window } from './talkers.js';

export interface OnceSettings extends Omit<ReaderSettings, 'book'> {
  by: DimensionName;
  sort: ColumnName;
  limit: number;
}

const keysKept = 262_144;

export class Once {
  readonly reader: RecordReader;
  #settings: OnceSettings;
  #totals: Totals;
  #mark = newMark();
  #records = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(settings: OnceSettings) {
    this.#settings = settings;
    this.reader = new RecordReader({ ...settings, book: new FlowBook() });
    this.#totals = this.#newTotals();
  }

  take(fields: Fields, nowMs: number): void {
    const observation = this.reader.read(fields, nowMs);
    if (observation === undefined) return;
    this.#records++;
    this.#firstMs = Math.min(this.#firstMs, observation.startMs);
    this.#lastMs = Math.max(this.#lastMs, observation.endMs);
    const { flow } = observation;
    this.#totals.add(observation, observation.first || flow.mark !== this.#mark);
    flow.mark = this.#mark;
  }

  /** Milliseconds from the first to the last packet of what came since the last report. */
  get coveredMs(): number {
    return Math.max(0, this.#lastMs - this.#firstMs);
  }

  /** What came since the last report. watched: when that was; undefined: the time the records cover. */
  report(losses: Losses, watched?: Window): Report {
    const { by, sort, limit } = this.#settings;
    const any = this.#records > 0;
    const window = watched ?? (any ? { fromMs: this.#firstMs, toMs: this.#lastMs } : { fromMs: 0, toMs: 0 });
    const seconds = Math.max((window.toMs - window.fromMs) / 1000, 0.001);
    const { told } = this.reader;
    const table = arrange(this.#totals.tally(), { seconds, sort, limit, told, pids: by === 'process' });
    const report = { by, sort, window, seconds, table, told, records: this.#records, losses };
    this.#totals = this.#newTotals();
    this.#mark = newMark();
    this.#records = 0;
    this.#firstMs = Number.POSITIVE_INFINITY;
    this.#lastMs = Number.NEGATIVE_INFINITY;
    return report;
  }

  #newTotals(): Totals {
    return new Totals(dimensionOf(this.#settings.by), keysKept);
  }
}
