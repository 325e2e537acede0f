// Several sinks of one run: replicas are complete each; a balanced group shares the flows, every record of a flow and both
// of its directions at one collector. And ?options=off.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startChecker } from '../support/collectors/checker.js';
import { WeirCollect } from '../support/collectors/collect.js';
import { startNfacctd } from '../support/collectors/nfacctd.js';
import { startNfcapd } from '../support/collectors/nfcapd.js';
import { freePorts, installed } from '../support/collectors/process.js';
import { matrixCapture } from '../support/matrix_capture.js';
import { type FlowFields, flowOfFields, linesOf, type SeenFlow } from '../support/seen_flow.js';
import { runWeir, temporaryFolder, type WeirRun } from '../support/weir.js';

const needs = (...commands: string[]) => {
  const absent = commands.filter((command) => !installed(command));
  return { timeout: 120_000, ...(absent.length > 0 ? { skip: `not installed: ${absent.join(' ')}` } : {}) };
};

/** One short active timeout, so that the long conversation of the capture is in several records. */
async function run(folder: string, urls: readonly string[]): Promise<{ run: WeirRun; flows: SeenFlow[] }> {
  const capture = join(folder, 'shared.pcap');
  writeFileSync(capture, matrixCapture(Math.floor(Date.now() / 1000) - 60));
  const sinks = [...urls, '-?format=json&biflow=off'].flatMap((url) => ['--to', url]);
  const done = await runWeir(['-r', capture, '--active-timeout', '1s', ...sinks]);
  assert.equal(done.status, 0, done.stderr);
  const lines = done.stdout.split('\n').filter(Boolean);
  return { run: done, flows: lines.map((line) => flowOfFields(JSON.parse(line) as FlowFields)) };
}

async function nfcapds(t: TestContext, folder: string, count: number) {
  return Promise.all(
    (await freePorts(count)).map((port) => {
      const own = join(folder, `nfcapd-${port}`);
      mkdirSync(own);
      return startNfcapd(t, own, port, '127.0.0.1');
    }),
  );
}

/** The same for both directions and all records of a flow. */
const conversation = ({ from, fromPort, to, toPort, protocol }: SeenFlow): string =>
  `${protocol} ${[`${from} ${fromPort}`, `${to} ${protocol === 1 || protocol === 58 ? 0 : toPort}`].sort().join(' ')}`;

test('replicas: every collector is complete, also of several transports', needs('nfcapd', 'nfdump'), async (t) => {
  const folder = temporaryFolder(t);
  const [one, two] = await nfcapds(t, folder, 2);
  const [port] = await freePorts(1);
  const collect = new WeirCollect(t, folder, 'replica', [`tcp://127.0.0.1:${port}`]);
  await collect.listening;
  const urls = [one!, two!].map((nfcapd) => `udp://127.0.0.1:${nfcapd.port}?profile=nfdump&rate=20000`);
  const { flows } = await run(folder, [...urls, `tcp://127.0.0.1:${port}?biflow=off`]);
  for (const nfcapd of [one!, two!]) assert.deepEqual(linesOf((await nfcapd.stop()).get(1)!.flows), linesOf(flows));
  assert.deepEqual(linesOf((await collect.stop()).heard.get(1)!.flows), linesOf(flows));
});

for (const form of ['profile=nfdump', 'format=netflow9']) {
  test(
    `balance: three collectors of ${form} share the flows, none has part of one`,
    needs('nfcapd', 'nfdump'),
    async (t) => {
      const folder = temporaryFolder(t);
      const group = await nfcapds(t, folder, 3);
      const urls = group.map(({ port }) => `udp://127.0.0.1:${port}?${form}&balance=group&rate=20000`);
      const { flows, run: done } = await run(folder, urls);
      const shares: SeenFlow[][] = [];
      for (const nfcapd of group) shares.push((await nfcapd.stop()).get(1)?.flows ?? []);
      // nfcapd knows ICMPv6 types in IPFIX only
      const same = (all: readonly SeenFlow[]) =>
        linesOf(all.map((flow) => (flow.protocol === 58 ? { ...flow, toPort: 0 } : flow)));
      assert.deepEqual(same(shares.flat()), same(flows));
      const places = new Map<string, Set<number>>();
      for (const [index, share] of shares.entries()) {
        assert.ok(share.length > flows.length / 6, `share ${index} has ${share.length} of ${flows.length} records`);
        for (const flow of share) {
          const key = conversation(flow);
          places.set(key, (places.get(key) ?? new Set()).add(index));
        }
      }
      assert.deepEqual(
        [...places].filter(([, at]) => at.size > 1),
        [],
      );
      const long = shares.flat().filter(({ fromPort, toPort }) => fromPort === 5201 || toPort === 5201);
      assert.equal(long.length, 6); // three records, both directions
      const balanced = done.sinks.filter(({ sink }) => sink.includes('balance=group'));
      assert.equal(
        balanced.reduce((sum, { exported }) => sum + exported, 0),
        done.sinks.find(({ sink }) => sink.startsWith('-'))!.exported,
      );
    },
  );
}

test('options=off: no options, and so a clean sequence for nfcapd and nfacctd', {
  ...needs('nfcapd', 'nfdump', 'nfacctd', 'python3'),
}, async (t) => {
  const folder = temporaryFolder(t);
  const [nfcapd] = await nfcapds(t, folder, 1);
  const [port, other] = await freePorts(2);
  const nfacctd = await startNfacctd(t, folder, other!, '127.0.0.1');
  const checker = await startChecker(t, 'udp', folder, port!, '127.0.0.1');
  const query = 'profile=nfdump&options=off&rate=20000&refreshmessages=5';
  const { flows } = await run(
    folder,
    [nfcapd!.port, port, other].map((at) => `udp://127.0.0.1:${at}?${query}`),
  );
  const heard = (await nfcapd!.stop()).get(1)!;
  assert.deepEqual(heard.complaints, []);
  assert.deepEqual(linesOf(heard.flows), linesOf(flows));
  const accounted = (await nfacctd.stop()).get(1)!;
  assert.deepEqual([accounted.complaints, accounted.flows.length], [[], flows.length]);
  const checked = (await checker.stop()).get(1)!;
  assert.deepEqual(checked.complaints, []);
  assert.deepEqual(linesOf(checked.flows), linesOf(flows));
  const kinds = (name: string) => checker.said.split(`"@type": "${name}"`).length - 1;
  assert.deepEqual([kinds('optionsTemplate'), kinds('optionsRecord')], [0, 0]);
  assert.ok(kinds('template') > 6); // two at the begin, twice, and again with each refresh
});
