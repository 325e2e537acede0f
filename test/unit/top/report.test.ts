import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { columns } from '../../../src/top/columns.js';
import { fit, planColumns } from '../../../src/top/layout.js';
import { cellText, duration, rateText } from '../../../src/top/numbers.js';
import { Once } from '../../../src/top/once.js';
import { jsonReport, lossesText, textReport } from '../../../src/top/report.js';
import { epoch, inside, record, served } from '../../support/top_flows.js';

test('numbers: at most three digits and a unit, aligned', () => {
  const octets = (value: number) => cellText({ unit: 'octets' }, value, 'bits');
  assert.deepEqual([0, 0.004, 0.25, 1, 9.96, 85, 999.4, 12_340, 1e6].map(octets), [
    '0 ',
    '>0 ',
    '0.25 ',
    '1.0 ',
    '10 ',
    '85 ',
    '999 ',
    '12.3k',
    '1.00M',
  ]);
  assert.equal(cellText({ unit: 'octets/s' }, 1000, 'bits'), '8.00k');
  assert.equal(cellText({ unit: 'octets/s' }, 1000, 'octets'), '1.00k');
  assert.equal(cellText({ unit: 'flows' }, 7, 'bits'), '7 ');
  assert.deepEqual([0.4, 850, 1234, 12_345, 250_000, 1_500_000].map(duration), [
    '0µs',
    '850µs',
    '1.23ms',
    '12.3ms',
    '250ms',
    '1.50s',
  ]);
  assert.deepEqual([rateText(1.5e6, 'bits'), rateText(12, 'octets')], ['12.0 Mbit/s', '12 B/s']);
});

test('text is cut by what a terminal shows', () => {
  assert.equal(fit('abc', 5), 'abc  ');
  assert.equal(fit('abc', 5, 'right'), '  abc');
  assert.equal(fit('abcdef', 4), 'abc…');
  for (const text of ['漢字漢字漢字', 'e\u0301'.repeat(20), '👩‍👩‍👧‍👦family👩‍👩‍👧‍👦', 'plain ascii'])
    for (let width = 0; width < 15; width++) assert.equal(stringWidth(fit(text, width)), width, `${text} ${width}`);
});

test('narrow terminals have fewer columns, always with the sorted one', () => {
  const names = (width: number, sort: (typeof columns)[number]['name'] = 'octets') =>
    planColumns(width, sort, 20).columns.map(({ name }) => name);
  assert.equal(names(120).length, columns.length);
  assert.deepEqual(names(60), ['in', 'out', 'octets', 'connections']);
  assert.ok(names(40, 'total').includes('total'));
  for (let width = 1; width < 200; width++) {
    const { label, columns: shown, value } = planColumns(width, 'rtt', 50);
    assert.ok(label + shown.length * value <= Math.max(width, 1), `${width}`);
  }
});

function watched(limit = Infinity) {
  const once = new Once({ by: 'process', sort: 'octets', limit });
  for (const fields of [
    record(),
    record(),
    record(served, 3, 4),
    record(inside, 4, 5),
    record({ sourceProcessName: 'wget' }),
  ])
    once.take(fields, epoch);
  return once.report({ kernel: 0, queue: 3 });
}

test('the JSON document: rows + other = totals + twice, unknown is null, losses are told', () => {
  const report = JSON.parse(jsonReport(watched(1))) as Record<string, never> & {
    rows: Record<string, number>[];
    columns: { name: string }[];
    other: Record<string, number>;
    totals: Record<string, number>;
    twice: Record<string, number>;
  };
  assert.deepEqual(Object.keys(report), [
    '@type',
    'by',
    'sort',
    'window',
    'columns',
    'rows',
    'other',
    'totals',
    'twice',
    'records',
    'dropped',
  ]);
  assert.deepEqual(report.window, { start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:00:05.000Z', seconds: 5 });
  assert.deepEqual(report.dropped, { kernel: 0, queue: 3 });
  assert.equal(report.rows.length, 1);
  assert.equal(report.rows[0]!.key, 'curl');
  assert.equal(report.rows[0]!.in, 3000);
  assert.equal(report.other.keys, 2);
  assert.equal(report.totals.rtt, null);
  assert.equal(report.totals.retransmits, null, 'no record told of them');
  for (const { name } of report.columns.filter((one) => ['in', 'out', 'inPackets', 'connections'].includes(one.name)))
    assert.equal(report.rows[0]![name]! + report.other[name]!, report.totals[name]! + report.twice[name]!, name);
});

test('the text table: every line within the width, other and total at the end', () => {
  for (const width of [40, 80, 200]) {
    const [head, dropped, , ...lines] = textReport(watched(1), width, 'bits').trimEnd().split('\n');
    assert.match(head!, /^process by octets, 5\.0 s: in /);
    assert.equal(dropped, 'dropped: queue 3');
    assert.deepEqual(
      lines.map((line) => line.split(/\s{2,}|\(/)[0]!.trim()),
      ['PROCESS', 'curl', 'other', 'total'],
    );
    for (const line of lines) assert.ok(line.length <= width, line);
  }
  assert.equal(lossesText({ a: 0 }), '');
});

test('each report begins anew', () => {
  const once = new Once({ by: 'host', sort: 'octets', limit: 5 });
  once.take(record(), epoch);
  assert.equal(once.report({}).records, 1);
  const { table, seconds } = once.report({}, { fromMs: 0, toMs: 2000 });
  assert.deepEqual([table.rows.length, table.totals.sums.in, seconds], [0, 0, 2]);
});

test('a flow counts in each report that it has records in, once', () => {
  const once = new Once({ by: 'port', sort: 'octets', limit: 5 });
  const flowsAfter = (...indices: number[]): number => {
    for (const recordIndex of indices)
      once.take(record({ sourceTransportPort: 4000, recordIndex, flowEndReason: 2 }, recordIndex), epoch);
    return once.report({}).table.rows[0]!.sums.flows;
  };
  assert.deepEqual([flowsAfter(7, 8, 9), flowsAfter(10, 11), flowsAfter(12)], [1, 1, 1]);
  assert.equal(flowsAfter(13, 0, 1, 0), 3, 'new ones between the same ends');
});

test('processId: where the row is of one process, and all of it', () => {
  const pidOf = (by: 'process' | 'pid' | 'user' | 'port', ...pids: number[]): unknown => {
    const once = new Once({ by, sort: 'octets', limit: 5 });
    for (const sourceProcessId of pids) once.take(record({ sourceProcessId }), epoch);
    return (JSON.parse(jsonReport(once.report({}))) as { rows: { processId?: number }[] }).rows[0]!.processId;
  };
  assert.deepEqual([pidOf('process', 7, 7), pidOf('pid', 7)], [7, 7]);
  assert.deepEqual([pidOf('process', 7, 8), pidOf('process', 7, 0)], [undefined, undefined]);
  assert.deepEqual([pidOf('user', 7), pidOf('port', 7)], [undefined, undefined]);
});

test('records of any time make a document', () => {
  for (const flowEndMilliseconds of [1e18, -1e18, 8.64e15, Date.UTC(9999, 0, 1), 1]) {
    const once = new Once({ by: 'host', sort: 'octets', limit: 5 });
    once.take(record({ flowStartMilliseconds: flowEndMilliseconds, flowEndMilliseconds }), epoch);
    once.take(record(), epoch);
    assert.ok(jsonReport(once.report({})).includes('"records":2'));
  }
});
