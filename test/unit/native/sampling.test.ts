// Packet and flow sampling through the addon: counts, what the flow fields say, and up-scaled counters.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tryLoadAddon } from '../../../src/native/load.js';
import { ethernet, type Pair, pcap, turned, udp } from '../../support/frames.js';
import { meterFile, type MeterRun } from '../../support/meter_run.js';

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const folder = mkdtempSync(join(tmpdir(), 'weir-sampling-'));
after(() => rmSync(folder, { recursive: true }));

const conversation = (port: number): Pair => [
  { address: '10.0.0.9', port },
  { address: '10.0.0.2', port: 53 },
];

/** 100 conversations in turn, 40 datagrams each, half of them back; 128 octets of IP every one. */
function capture(): string {
  const file = join(folder, 'udp.pcap');
  const frames = Array.from({ length: 4000 }, (_, index) => {
    const pair = conversation(1000 + (index % 100));
    const back = index % 200 >= 100;
    return ethernet(back ? 1 : 0, udp(back ? turned(pair) : pair, 100));
  });
  writeFileSync(file, pcap(frames));
  return file;
}

const names = ['octetDeltaCount', 'packetDeltaCount', 'reversePacketDeltaCount', 'selectorId', 'samplingInterval'];

function total(run: MeterRun, ...keys: string[]): number {
  return run.flows.reduce((sum, flow) => sum + keys.reduce((all, key) => all + Number(flow[key] ?? 0), 0), 0);
}

const recordsOf = ({ counters }: MeterRun): number =>
  Object.values(counters.records).reduce((sum, count) => sum + count, 0);

test('every 7th packet: the counters add up and records say the rate', unavailable, async () => {
  const run = await meterFile(capture(), names, { packetSampling: 7, packetSamplingMode: 'systematic' });
  assert.equal(run.counters.frames, 4000);
  assert.equal(run.counters.outcomes.metered, 571);
  assert.equal(run.counters.outcomes.notSampled, 3429);
  assert.equal(total(run, 'packetDeltaCount', 'reversePacketDeltaCount'), 571);
  for (const flow of run.flows) {
    assert.equal(flow.selectorId, 1);
    assert.equal(flow.samplingInterval, 7);
  }
});

test('a random one of each 10, scaled up: the sums are those of the capture', unavailable, async () => {
  const options = { packetSampling: 10, packetSamplingMode: 'random', upscale: true } as const;
  const run = await meterFile(capture(), [...names, 'reverseOctetDeltaCount'], options);
  assert.equal(run.counters.outcomes.metered, 400);
  assert.equal(run.counters.packets, 400);
  assert.equal(total(run, 'packetDeltaCount', 'reversePacketDeltaCount'), 4000);
  assert.equal(total(run, 'octetDeltaCount', 'reverseOctetDeltaCount'), 4000 * 128);
  for (const flow of run.flows) {
    assert.equal(flow.selectorId, 1);
    assert.equal(flow.samplingInterval, 1); // nothing left to be scaled
  }
});

test('one flow of 4: whole flows, the others counted', unavailable, async () => {
  const run = await meterFile(capture(), names, { flowSampling: 4 });
  assert.equal(run.counters.flowsCreated, 100);
  assert.equal(run.counters.outcomes.metered, 4000);
  assert.equal(run.flows.length + run.counters.recordsNotSelected, 100);
  assert.equal(recordsOf(run), run.flows.length);
  assert.ok(run.counters.recordsNotSelected > 40, `${run.counters.recordsNotSelected} of 100 left out`);
  for (const flow of run.flows) assert.equal(Number(flow.packetDeltaCount) + Number(flow.reversePacketDeltaCount), 40);
});

test('without sampling there is no selector', unavailable, async () => {
  const run = await meterFile(capture(), names);
  assert.equal(run.counters.outcomes.metered, 4000);
  assert.equal(run.counters.outcomes.notSampled, 0);
  assert.equal(run.counters.recordsNotSelected, 0);
  for (const flow of run.flows) {
    assert.equal(flow.selectorId, undefined);
    assert.equal(flow.samplingInterval, 1);
  }
});
