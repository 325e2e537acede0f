import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dimensionNames, dimensionOf } from '../../../src/top/dimensions.js';
import type { Fields } from '../../../src/top/reading.js';
import { merge, newSums, type Sums } from '../../../src/top/sums.js';
import { shareIn, type Tally, tallyWindow, Totals } from '../../../src/top/talkers.js';
import { epoch, inside, observe, record, served } from '../../support/top_flows.js';

const all = () => ({ fromMs: epoch, toMs: epoch + 100_000 });
const row = (tally: Tally, key: string): Sums => tally.talkers.find((one) => one.key === key)!.sums;
const octets = (sums: Sums): number[] => [sums.in, sums.out];

function sumsOf(fields: readonly Fields[]): [number, number] {
  const sum = (name: string): number => fields.reduce((total, one) => total + Number(one[name] ?? 0), 0);
  return [
    sum('octetDeltaCount') + sum('reverseOctetDeltaCount'),
    sum('packetDeltaCount') + sum('reversePacketDeltaCount'),
  ];
}

/** rows + other = totals + twice, and totals = the records. */
function checkLaw(tally: Tally, fields: readonly Fields[]): void {
  const rows = newSums();
  for (const { sums } of tally.talkers) merge(rows, sums);
  merge(rows, tally.other.sums);
  const { totals, twice } = tally;
  assert.equal(rows.in + rows.out, totals.in + totals.out + twice.in + twice.out);
  assert.equal(
    rows.inPackets + rows.outPackets,
    totals.inPackets + totals.outPackets + twice.inPackets + twice.outPackets,
  );
  assert.equal(rows.connections, totals.connections + twice.connections);
  assert.deepEqual([totals.in + totals.out, totals.inPackets + totals.outPackets], sumsOf(fields));
}

test('each dimension: the sums of the rows are those of the records, flows inside the host counted twice by process', () => {
  const fields = [record(), record(served), record(inside), record({ protocolIdentifier: 17 })];
  for (const name of dimensionNames) {
    const totals = new Totals(dimensionOf(name));
    const observations = observe(fields);
    for (const one of observations) totals.add(one);
    checkLaw(totals.tally(), fields);
    checkLaw(tallyWindow(observations, dimensionOf(name), all), fields);
  }
});

test('a process shows what it received and sent; both ends of a flow inside the host do', () => {
  const tally = tallyWindow(observe([record(inside)]), dimensionOf('process'), all);
  assert.deepEqual(octets(row(tally, 'curl')), [1000, 100]);
  assert.deepEqual(octets(row(tally, 'nginx')), [100, 1000]);
  assert.deepEqual(octets(tally.totals), [1000, 100]);
  assert.deepEqual(octets(tally.twice), [100, 1000]);
  assert.equal(tally.totals.connections, 1);
  const users = tallyWindow(observe([record({ ...inside, destinationUserName: 'alice' })]), dimensionOf('user'), all);
  assert.deepEqual(octets(row(users, 'alice')), [1100, 1100], 'the same user at both ends');
});

test('remote host, client and server port from either side', () => {
  const observations = observe([
    record(),
    record({ ...served, sourceIPv4Address: '10.9.9.9', destinationTransportPort: 80 }),
  ]);
  const keys = (name: 'host' | 'client' | 'port') =>
    tallyWindow(observations, dimensionOf(name), all).talkers.map(({ key }) => key);
  assert.deepEqual(keys('host'), ['10.0.0.2', '10.9.9.9']);
  assert.deepEqual(keys('client'), ['10.0.0.1', '10.9.9.9']);
  assert.deepEqual(keys('port'), ['443/tcp', '80/tcp']);
  assert.deepEqual(
    octets(row(tallyWindow(observations, dimensionOf('port'), all), '80/tcp')),
    [100, 1000],
    'our server',
  );
});

test('a long record is spread over its time: windows next to each other have all of it', () => {
  const [long] = observe([record({}, 0, 60)]);
  const window = (from: number, to: number) => ({ fromMs: epoch + from * 1000, toMs: epoch + to * 1000 });
  assert.equal(shareIn(long!, window(0, 15)), 0.25);
  assert.equal(shareIn(long!, window(50, 70)), 1 / 6);
  assert.equal(shareIn(long!, window(60, 70)), 0);
  const parts = [0, 7, 31, 59, 80].map((from, index, edges) => shareIn(long!, window(from, edges[index + 1] ?? 100)));
  assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - 1) < 1e-12);
  const [instant] = observe([record({}, 5, 5)]);
  assert.equal(shareIn(instant!, window(0, 5)) + shareIn(instant!, window(5, 10)), 1, 'one packet is in one window');
  const tally = (from: number, to: number) =>
    tallyWindow([long!], dimensionOf('process'), () => window(from, to)).totals;
  assert.deepEqual([tally(0, 30).connections, tally(30, 60).connections], [1, 0], 'it began in the first');
});

test('flows of a window are counted once, whatever their records', () => {
  const records = [0, 1, 2].map((second) =>
    record({ sourceTransportPort: 5000, recordIndex: second, flowEndReason: 2 }, second),
  );
  const { totals } = tallyWindow(observe([...records, record()]), dimensionOf('process'), all);
  assert.deepEqual([totals.flows, totals.connections], [2, 2]);
});

test('totals in bounded memory: the smallest are folded, sums stay right, the largest stay exact', () => {
  const totals = new Totals(dimensionOf('client'), 100);
  const fields = Array.from({ length: 5000 }, (_, index) =>
    record({
      ...served,
      sourceIPv4Address: `10.${index >> 8}.${index & 255}.1`,
      octetDeltaCount: index % 10 === 0 ? 1_000_000 + index : 1,
    }),
  );
  const [big] = fields;
  for (const one of observe([...fields, ...Array.from({ length: 50 }, () => record({ ...served, ...big }))]))
    totals.add(one);
  const tally = totals.tally();
  assert.ok(tally.talkers.length <= 125);
  assert.equal(tally.talkers.length + tally.other.keys >= 5000, true);
  checkLaw(tally, [...fields, ...Array.from({ length: 50 }, () => record({ ...served, ...big }))]);
});
