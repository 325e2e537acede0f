import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusHistory, type Totals } from '../../../src/telemetry/status_history.js';

const totals = (n: number, change: Partial<Totals> = {}): Totals => ({
  frames: n,
  packets: 2 * n,
  octets: 100 * n,
  flows: 3 * n,
  records: 4 * n,
  lost: 0,
  sinks: [{ exported: 5 * n, octets: 6 * n }],
  ...change,
});

test('nothing is known before the second sample', () => {
  const history = new StatusHistory(2000, 3);
  assert.equal(history.rates.seconds, 0);
  history.note(totals(7), 1000);
  assert.equal(history.rates.seconds, 0);
  assert.deepEqual(history.columns().packets, []);
});

test('rates are a second, over the time that really passed', () => {
  const history = new StatusHistory(2000, 3);
  history.note(totals(0), 1000);
  history.note(totals(10, { lost: 5 }), 3500);
  assert.deepEqual(history.rates, { seconds: 2.5, frames: 4, packets: 8, bits: 3200, flows: 12, records: 16, lost: 2 });
  assert.deepEqual(history.sinkRates, [{ records: 20, octets: 24 }]);
});

test('what falls is 0, and a sample at the same moment changes nothing', () => {
  const history = new StatusHistory(2000, 3);
  history.note(totals(10), 0);
  history.note(totals(9), 1000);
  assert.deepEqual([history.rates.packets, history.sinkRates[0]?.records], [0, 0]);
  history.note(totals(50), 1000);
  assert.equal(history.rates.packets, 0);
});

test('so many points are kept, the newest last; with none only the rates', () => {
  const history = new StatusHistory(2000, 3);
  const bare = new StatusHistory(2000, 0);
  for (let n = 0; n < 10; n++) for (const one of [history, bare]) one.note(totals(n * n), n * 1000);
  assert.deepEqual(history.columns(), {
    intervalMs: 2000,
    packets: [26, 30, 34],
    bits: [10400, 12000, 13600],
    flows: [39, 45, 51],
    lost: [0, 0, 0],
  });
  assert.deepEqual(bare.columns().packets, []);
  assert.deepEqual(bare.rates, history.rates);
});
