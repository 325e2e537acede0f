// What is said without a screen: the JSON document and the text table.
import type { columns, ColumnName } from './columns.js';
import type { DimensionName } from './dimensions.js';
import { dimensionOf } from './dimensions.js';
import { fit, planColumns } from './layout.js';
import { cellText, duration, rateText, type Units } from './numbers.js';
import type { Subject } from './reading.js';
import { pidOf, type Row, type Table } from './rows.js';
import type { Window } from './talkers.js';

/** What was lost on the way here, by where; all zero is what it should be. */
export type Losses = Readonly<Record<string, number>>;

export interface Report {
  by: DimensionName;
  sort: ColumnName;
  window: Window;
  seconds: number;
  table: Table;
  told: ReadonlySet<Subject>;
  records: number;
  losses: Losses;
}

/** THE members of a row in JSON, with their units. README documents them; they do not change. */
const members: readonly {
  name: string;
  unit: string;
  subject?: Subject;
  of: (row: Row, seconds: number) => number | null;
}[] = [
  { name: 'in', unit: 'octets', of: ({ sums }) => sums.in },
  { name: 'out', unit: 'octets', of: ({ sums }) => sums.out },
  { name: 'inPackets', unit: 'packets', subject: 'packets', of: ({ sums }) => sums.inPackets },
  { name: 'outPackets', unit: 'packets', subject: 'packets', of: ({ sums }) => sums.outPackets },
  { name: 'connections', unit: 'connections', of: ({ sums }) => sums.connections },
  { name: 'failed', unit: 'connections', subject: 'failed', of: ({ sums }) => sums.failed },
  { name: 'retransmits', unit: 'packets', subject: 'retransmits', of: ({ sums }) => sums.retransmits },
  {
    name: 'rtt',
    unit: 'microseconds',
    of: ({ sums }) => (sums.rttCount === 0 ? null : Math.round(sums.rttSum / sums.rttCount)),
  },
  { name: 'flows', unit: 'flows', of: ({ sums }) => sums.flows },
  { name: 'inPerSecond', unit: 'octets/s', of: ({ sums }, seconds) => rate(sums.in, seconds) },
  { name: 'outPerSecond', unit: 'octets/s', of: ({ sums }, seconds) => rate(sums.out, seconds) },
  {
    name: 'packetsPerSecond',
    unit: 'packets/s',
    subject: 'packets',
    of: ({ sums }, seconds) => rate(sums.inPackets + sums.outPackets, seconds),
  },
  { name: 'connectionsPerSecond', unit: 'connections/s', of: ({ sums }, seconds) => rate(sums.connections, seconds) },
];

function rate(count: number, seconds: number): number {
  return Math.round((count / seconds) * 1000) / 1000;
}

function jsonRow(row: Row, { seconds, told }: Report): Record<string, number | null> {
  return Object.fromEntries(
    members.map(({ name, subject, of }) => [
      name,
      subject === undefined || told.has(subject) ? of(row, seconds) : null,
    ]),
  );
}

/** The document of --json, without its line's end. */
export function jsonReport(report: Report): string {
  const { by, sort, window, seconds, table, records, losses } = report;
  return JSON.stringify({
    '@type': 'top',
    by,
    sort,
    window: {
      start: new Date(window.fromMs).toISOString(),
      end: new Date(window.toMs).toISOString(),
      seconds: Math.round(seconds * 1000) / 1000,
    },
    columns: members.map(({ name, unit }) => ({ name, unit })),
    rows: table.rows.map((row) => ({
      key: row.key,
      ...(by === 'process' || by === 'pid' ? { processId: pidOf(row.sums) } : {}),
      ...jsonRow(row, report),
    })),
    other: table.other === undefined ? null : { keys: table.otherKeys, ...jsonRow(table.other, report) },
    totals: jsonRow(table.totals, report),
    twice: jsonRow(table.twice, report),
    records,
    dropped: losses,
  });
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The totals in one line. */
export function totalsText({ values, sums }: Row, units: Units): string {
  const parts = [`in ${rateText(values.in ?? 0, units)}`, `out ${rateText(values.out ?? 0, units)}`];
  const perSecond = (name: ColumnName, word: string): void => {
    const value = values[name];
    if (value !== undefined) parts.push(`${cellText({ unit: '/s' }, value, units).trim()} ${word}/s`);
  };
  perSecond('packets', 'pkt');
  perSecond('connections', 'conn');
  parts.push(plural(sums.flows, 'flow'));
  if (values.failed !== undefined && sums.failed > 0) parts.push(`${sums.failed} failed`);
  const packets = sums.inPackets + sums.outPackets;
  if (values.retransmits !== undefined && sums.retransmits > 0 && packets > 0)
    parts.push(`${((100 * sums.retransmits) / packets).toFixed(2)}% retransmitted`);
  if (sums.rttCount > 0) parts.push(`RTT ${duration(sums.rttSum / sums.rttCount)}`);
  return parts.join('  ');
}

/** Losses in words; '' when there are none. */
export function lossesText(losses: Losses): string {
  return Object.entries(losses)
    .filter(([, count]) => count > 0)
    .map(([where, count]) => `${where} ${count}`)
    .join(', ');
}

/** The table for people. */
export function textReport(report: Report, width: number, units: Units): string {
  const { by, sort, table, seconds } = report;
  const all = [...table.rows, ...(table.other === undefined ? [] : [table.other]), table.totals];
  const plan = planColumns(width, sort, Math.max(...all.map(({ label }) => label.length)));
  const line = (label: string, cells: string[]): string =>
    `${fit(label, plan.label)}${cells.map((cell) => fit(cell, plan.value, 'right')).join('')}`.trimEnd();
  const cellsOf = ({ values }: Row): string[] =>
    plan.columns.map((column) => {
      const value = values[column.name as ColumnName];
      return value === undefined ? '? ' : cellText(column, value, units);
    });
  const lost = lossesText(report.losses);
  const lines = [
    `${by} by ${sort}, ${seconds.toFixed(1)} s: ${totalsText(table.totals, units)}`,
    ...(lost === '' ? [] : [`dropped: ${lost}`]),
    '',
    line(
      dimensionOf(by).heading,
      plan.columns.map(({ heading, unit }) => headingText(heading, unit, units)),
    ),
    ...all.map((row) => line(row.label, cellsOf(row))),
  ];
  return `${lines.join('\n')}\n`;
}

/** Octets a second say in what they are shown. */
export function headingText(heading: string, unit: (typeof columns)[number]['unit'], units: Units): string {
  if (unit === 'octets/s') return `${heading} ${units === 'bits' ? 'b/s' : 'B/s'}`;
  return unit === 'octets' ? `${heading} B` : heading;
}
