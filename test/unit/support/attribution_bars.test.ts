// The bars of the matrix, on made-up judgements.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedBars } from '../../support/attribution_bars.js';
import { type Judgement, type Row, type Verdict, verdicts } from '../../support/attribution_judge.js';

function row(name: string, counts: Partial<Record<Verdict, number>>, ambiguous = false): Row {
  const all = Object.fromEntries(verdicts.map((verdict) => [verdict, counts[verdict] ?? 0])) as Row['counts'];
  const ends = verdicts.reduce((sum, verdict) => sum + all[verdict], 0);
  return { case: name, role: 'client', ambiguous, ends, counts: all };
}

const judgement = (...rows: Row[]): Judgement => ({ rows, explained: [], skipped: {} });

test('BPF: 99.9 % right, none wrong, ambiguous ends never sure', () => {
  const fits = row('tcp4', { right: 999, tentative: 1 });
  assert.deepEqual(missedBars('bpf', judgement(fits, row('unaccepted', { tentative: 5, missing: 2 }, true))), []);
  assert.match(
    missedBars('bpf', judgement(row('tcp4', { right: 998, missing: 2 }))).join(),
    /^998 of 1000 ends are right/,
  );
  assert.deepEqual(missedBars('bpf', judgement(row('tcp4', { right: 9999, wrong: 1 }))), ['1 of 10000 ends are wrong']);
  assert.deepEqual(
    missedBars('bpf', judgement(fits, row('udp_workers', { certain: 2, wrong: 1, tentative: 7 }, true))),
    ['3 of 10 ambiguous ends are not said to be tentative'],
  );
  assert.equal(missedBars('bpf', judgement()).length, 1, 'nothing judged is not right');
});

test('sock_diag: old sockets, and none wrong', () => {
  const old = row('old_tcp', { right: 1000 });
  assert.deepEqual(missedBars('diag', judgement(old, row('tcp4', { missing: 50 }))), []);
  assert.deepEqual(missedBars('diag', judgement(old, row('tcp4', { missing: 49, wrong: 1 }))), ['1 ends are wrong']);
  assert.match(
    missedBars('diag', judgement(row('old_tcp', { right: 9, missing: 1 }))).join(),
    /^of old sockets 9 of 10/,
  );
});
