// The judge itself, on made-up records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, merge, SeenEnds, sumRows, table, type Truth, upperBound } from '../../support/attribution_judge.js';
import type { Flow } from '../../support/live_weir.js';

const client: Truth = {
  case: 'tcp4',
  role: 'client',
  protocol: 6,
  local: '127.0.0.1',
  lport: 40000,
  remote: '127.0.0.1',
  rport: 80,
  pid: 12,
  startMs: 1_000_000,
  comm: 'w-client',
  uid: 65534,
  gid: 65533,
  cgroup: 7,
  netns: 1,
  timeMs: 2_000_000,
};
const server: Truth = {
  ...client,
  role: 'server',
  lport: 80,
  rport: 40000,
  pid: 13,
  comm: 'w-server',
  uid: 0,
};

const record: Flow = {
  sourceIPv4Address: '127.0.0.1',
  destinationIPv4Address: '127.0.0.1',
  sourceTransportPort: 40000,
  destinationTransportPort: 80,
  protocolIdentifier: 6,
  flowStartMilliseconds: new Date(1_999_999).toISOString(),
  flowEndMilliseconds: new Date(2_000_001).toISOString(),
  'ntop.SRC_PROC_PID': 12,
  'ntop.SRC_PROC_NAME': 'w-client',
  sourceProcessStartMilliseconds: new Date(1_000_010).toISOString(),
  'ntop.SRC_PROC_UID': 65534,
  sourceCgroupId: 7,
  sourceMatchMethodName: 'exact',
  'ntop.DST_PROC_PID': 13,
  'ntop.DST_PROC_NAME': 'w-server',
  destinationProcessStartMilliseconds: new Date(1_000_000).toISOString(),
  'ntop.DST_PROC_UID': 0,
  destinationCgroupId: 7,
  destinationMatchMethodName: 'exact',
};

function judged(truths: readonly object[], ...flows: Flow[]) {
  const ends = new SeenEnds();
  for (const flow of flows) ends.add(flow);
  return judge(truths.map((truth) => `${JSON.stringify(truth)}\n`).join(''), ends);
}

function verdict(truth: Truth, ...flows: Flow[]): string {
  const { rows } = judged([truth], ...flows);
  return Object.entries(rows[0]!.counts).find(([, count]) => count === 1)![0];
}

test('both ends of a record are judged, whichever side it calls source', () => {
  assert.equal(verdict(client, record), 'right');
  assert.equal(verdict(server, record), 'right');
  assert.equal(verdict({ ...client, local: '::ffff:127.0.0.1', remote: '::ffff:127.0.0.1' }, record), 'right');
});

test('each part of the identity counts', () => {
  const others: Flow[] = [
    { 'ntop.SRC_PROC_PID': 99 },
    { 'ntop.SRC_PROC_NAME': 'w-main' },
    { sourceProcessStartMilliseconds: 1_500_000 },
    { 'ntop.SRC_PROC_UID': 0 },
    { sourceCgroupId: 8 },
  ];
  for (const other of others) {
    assert.equal(verdict(client, { ...record, ...other }), 'wrong', JSON.stringify(other));
  }
});

test('a part that is not said is no wrong answer, and no right one', () => {
  assert.equal(verdict(client, { ...record, sourceCgroupId: 0 }), 'partial');
  assert.equal(verdict({ ...client, cgroup: 0 }, { ...record, sourceCgroupId: 0 }), 'right');
  assert.equal(verdict(client, { ...record, 'ntop.SRC_PROC_UID': 4294967295 }), 'partial');
});

test('nobody named is missing, no record is unseen', () => {
  assert.equal(verdict(client, { ...record, 'ntop.SRC_PROC_PID': 0 }), 'missing');
  assert.equal(verdict(client), 'unseen');
  assert.equal(verdict({ ...client, protocol: 17 }, record), 'unseen');
});

test('tentative is a verdict of its own; an ambiguous end must be tentative', () => {
  assert.equal(verdict(client, { ...record, sourceProcessTentative: 'true' }), 'tentative');
  assert.equal(verdict({ ...client, ambiguous: true }, { ...record, sourceProcessTentative: 1 }), 'tentative');
  assert.equal(verdict({ ...client, ambiguous: true }, record), 'certain');
  assert.equal(verdict({ ...client, pid: 1, ambiguous: true }, record), 'wrong');
});

test('an end that nobody has must be left unnamed', () => {
  assert.equal(verdict({ ...client, nobody: true }, record), 'wrong');
  assert.equal(verdict({ ...client, nobody: true }, { ...record, 'ntop.SRC_PROC_PID': 0 }), 'right');
});

test('a port that is used again: the record of that time is judged', () => {
  const later = {
    ...record,
    flowStartMilliseconds: 2_060_000,
    flowEndMilliseconds: 2_060_002,
    'ntop.SRC_PROC_PID': 77,
  };
  assert.equal(verdict(client, record, later), 'right');
  assert.equal(verdict(client, later, record), 'right');
  assert.equal(verdict({ ...client, timeMs: 2_060_001, pid: 77 }, record, later), 'right');
  assert.equal(verdict(client, later), 'unseen');
});

test('a UDP flow of several sockets, one after another at its port, is asked for the last one', () => {
  const flow = { ...record, protocolIdentifier: 17, flowEndMilliseconds: 2_002_000, 'ntop.SRC_PROC_PID': 14 };
  const first: Truth = { ...client, protocol: 17 };
  const last: Truth = { ...first, pid: 14, timeMs: 2_001_999 };
  assert.equal(sumRows(judged([first, last], flow).rows).ends, 1);
  assert.equal(sumRows(judged([first, last], flow).rows).counts.right, 1);
  assert.equal(sumRows(judged([last, first], flow).rows).counts.wrong, 1);
  // Of TCP each connection is a flow of its own.
  assert.equal(sumRows(judged([client, { ...client, pid: 14 }], record).rows).ends, 2);
});

test('every wrong answer is explained', () => {
  const { explained } = judged([client, server], { ...record, 'ntop.SRC_PROC_PID': 99, 'ntop.SRC_PROC_NAME': 'curl' });
  assert.deepEqual(explained.length, 1);
  assert.match(
    explained[0]!,
    /^wrong: tcp4 client 127\.0\.0\.1:40000 > .* pid, name: is w-client\(12\).*curl\(99\).* by exact$/,
  );
});

test('the upper bound: rule of three, Clopper and Pearson, nothing known', () => {
  assert.ok(Math.abs(upperBound(0, 100_000) - 3 / 100_000) < 1e-7);
  assert.ok(Math.abs(upperBound(0, 10) - (1 - 0.05 ** 0.1)) < 1e-9);
  assert.ok(Math.abs(upperBound(3, 50) - 0.148) < 0.001); // qbeta(0.95, 4, 47)
  assert.ok(Math.abs(upperBound(50, 100_000) - 0.000634) < 0.000005); // qchisq(0.95, 102) / 2 / n
  assert.equal(upperBound(0, 0), 1);
  assert.equal(upperBound(5, 5), 1);
});

test('skipped cases are kept with their reason; runs are summed; the table has a row for each case and tier', () => {
  const one = judged([client, server, { case: 'mptcp', skipped: 'no MPTCP' }], record);
  const both = merge([one, judged([client, { ...server, ambiguous: true }])]);
  assert.deepEqual(both.skipped, { mptcp: 'no MPTCP' });
  const sum = sumRows(both.rows);
  assert.equal(sum.ends, 3);
  assert.equal(sum.counts.right, 2);
  assert.equal(sum.counts.unseen, 1);
  assert.equal(sumRows(both.rows, true).counts.unseen, 1);
  const text = table({ bpf: both, diag: one });
  assert.match(text, /^\| tcp4, client \| bpf \| 2 \| 1 \| 0 \| 0 \| 0 \| 0 \| 1 \| 0 \| 50\.00 %/m);
  assert.match(text, /^\| tcp4, client \| diag \| 1 \| 1 /m);
  assert.match(text, /^\| \*\*all that have one answer\*\* \| bpf \| 3 /m);
});
