// The rows of a view in their order, with the values of all columns.
import { type ColumnName, columns } from './columns.js';
import type { Subject } from './reading.js';
import { merge, newSums, type Sums } from './sums.js';
import type { Tally } from './talkers.js';

export interface Row {
  key: string;
  /** What the first column shows. */
  label: string;
  sums: Sums;
  /** undefined where records do not tell. */
  values: Record<ColumnName, number | undefined>;
}

export interface Table {
  rows: Row[];
  /** Rows beyond the limit and what was folded before; undefined when there are none. */
  other: Row | undefined;
  otherKeys: number;
  totals: Row;
  twice: Row;
}

export interface Arranging {
  seconds: number;
  sort: ColumnName;
  /** Smallest first. */
  reverse?: boolean;
  limit?: number;
  told: ReadonlySet<Subject>;
  /** Sums since the start by key, where they are known; without it those of the tally. */
  since?: (key: string) => Readonly<Sums> | undefined;
  /** Show the process id where a row is of one process. */
  pids?: boolean;
}

/** The process that all of a row is of. */
export function pidOf({ pids }: Sums): number | undefined {
  return pids.length === 1 && pids[0] !== 0 ? pids[0] : undefined;
}

function labelOf(key: string, sums: Sums, withPid: boolean): string {
  const pid = pidOf(sums);
  return !withPid || key === '?' || pid === undefined ? key : `${key}(${pid})`;
}

export function arrange(tally: Tally, arranging: Arranging): Table {
  const { seconds, sort, told, since, reverse = false, limit = Infinity, pids = false } = arranging;
  const row = (key: string, sums: Sums, withPid: boolean, total: Readonly<Sums> | undefined): Row => {
    const values = Object.fromEntries(
      columns.map((column) => {
        const known = !('subject' in column) || told.has(column.subject);
        if (!known || (column.unit === 'octets' && total === undefined)) return [column.name, undefined];
        return [column.name, column.value(sums, seconds, total ?? sums)];
      }),
    ) as Row['values'];
    return { key, label: labelOf(key, sums, withPid), sums, values };
  };
  const rows = tally.talkers.map(({ key, sums }) => row(key, sums, pids, since === undefined ? sums : since(key)));
  const by = ({ values }: Row): number => values[sort] ?? 0;
  const turn = reverse ? -1 : 1;
  rows.sort((a, b) => turn * (by(b) - by(a)) || sizeOf(b) - sizeOf(a) || (a.key < b.key ? -1 : 1));
  const rest = rows.slice(limit);
  const keys = tally.other.keys + rest.length;
  const sums = newSums();
  merge(sums, tally.other.sums);
  for (const one of rest) merge(sums, one.sums);
  return {
    rows: rows.slice(0, limit),
    other: keys === 0 ? undefined : row(`other (${keys})`, sums, false, sums),
    otherKeys: keys,
    totals: row('total', tally.totals, false, tally.totals),
    twice: row('twice', tally.twice, false, tally.twice),
  };
}

function sizeOf({ sums }: Row): number {
  return sums.in + sums.out;
}
