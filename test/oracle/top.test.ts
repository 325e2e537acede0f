// What `weir top` adds up is what weir's flows add up to, and what tshark counts: by every dimension on a capture of our own,
// by host on real ones.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { dimensionNames } from '../../src/top/dimensions.js';
import { captures, dataFolder, haveCaptures } from '../support/captures.js';
import { flowsOf, octetsOf, packetsOf } from '../support/live_weir.js';
import { runWeir, temporaryFolder } from '../support/weir.js';

interface Counts {
  in: number;
  out: number;
  inPackets: number;
  outPackets: number;
  flows: number;
  connections: number;
}

interface Document {
  rows: (Counts & { key: string })[];
  other: Counts | null;
  totals: Counts;
  twice: Counts;
  records: number;
}

const haveTshark = spawnSync('tshark', ['--version']).status === 0;

async function topOf(file: string, by: string, ...more: string[]): Promise<Document> {
  const { status, stdout, stderr } = await runWeir(['top', '-r', file, '--by', by, '--once', '--json', ...more]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Document;
}

function checkRows({ rows, other, totals, twice }: Document, what: string): void {
  for (const name of ['in', 'out', 'inPackets', 'outPackets', 'flows', 'connections'] as const) {
    const sum = rows.reduce((total, row) => total + row[name], other?.[name] ?? 0);
    assert.equal(sum, totals[name] + twice[name], `${what}: ${name}`);
  }
}

/** Octets and packets of the outermost IP headers. */
function tsharkTotals(file: string): { octets: number; packets: number } {
  const args = [
    '-n',
    '-r',
    file,
    '-Y',
    'ip or ipv6',
    '-T',
    'fields',
    '-E',
    'occurrence=f',
    '-o',
    'ip.defragment:FALSE',
  ];
  const fields = ['frame.protocols', 'ip.len', 'ipv6.plen'].flatMap((name) => ['-e', name]);
  const found = { octets: 0, packets: 0 };
  for (const line of execFileSync('tshark', [...args, ...fields], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: 'pipe',
  }).split('\n')) {
    const [layers = '', length4 = '', length6 = ''] = line.split('\t');
    const outer = layers.split(':').find((layer) => layer === 'ip' || layer === 'ipv6');
    if (outer === undefined) continue;
    found.octets += outer === 'ip' ? Number(length4) : Number(length6) + 40;
    found.packets++;
  }
  return found;
}

function compare({ totals }: Document, { octets, packets }: { octets: number; packets: number }, what: string): void {
  assert.deepEqual(
    { octets: totals.in + totals.out, packets: totals.inPackets + totals.outPackets },
    { octets, packets },
    what,
  );
}

test('by every dimension: rows, totals and the plain output of the same capture', async (t) => {
  const made = (await import(join(packageRoot(), 'setup', 'self_made_capture.mjs'))) as { selfMadeCapture(): Buffer };
  const file = join(temporaryFolder(t), 'made.pcap');
  writeFileSync(file, made.selfMadeCapture());
  const flows = flowsOf((await runWeir(['-r', file, '--to', '-?format=json'])).stdout);
  for (const by of dimensionNames) {
    const document = await topOf(file, by);
    checkRows(document, by);
    compare(document, { octets: octetsOf(flows), packets: packetsOf(flows) }, by);
    assert.equal(document.records, flows.length);
  }
  if (haveTshark) compare(await topOf(file, 'host'), tsharkTotals(file), 'tshark');
});

const skip = !haveCaptures
  ? 'no captures at WEIR_DATA or ../shared/data'
  : haveTshark
    ? false
    : 'tshark is not installed';

test('real captures: the rows add up to the flows, and to what tshark counts', { skip, timeout: 600_000 }, async () => {
  const list = JSON.parse(readFileSync(join(packageRoot(), 'test', 'oracle', 'differences.json'), 'utf8')) as {
    capture: string;
  }[];
  const different = new Set(list.map(({ capture }) => capture));
  const chosen = captures().filter((name, index) => index % 40 === 7 && !different.has(name));
  let judged = 0;
  for (const name of chosen) {
    const file = join(dataFolder, name);
    const template =
      'flowStartMilliseconds octetDeltaCount reverseOctetDeltaCount packetDeltaCount reversePacketDeltaCount recordIndex';
    const plain = await runWeir(['-r', file, '-T', template, '--to', '-?format=json']);
    if (/WEIR_LINKTYPE|WEIR_CAPTURE_FORMAT/.test(plain.stderr)) continue; // weir does not read it
    judged++;
    const flows = flowsOf(plain.stdout);
    const limited = await topOf(file, 'host', '--limit', '3');
    checkRows(limited, name);
    compare(limited, { octets: octetsOf(flows), packets: packetsOf(flows) }, `${name}: flows`);
    assert.equal(limited.totals.flows, flows.filter(({ recordIndex }) => recordIndex === 0).length, `${name}: flows`);
    compare(limited, tsharkTotals(file), `${name}: tshark`);
  }
  assert.ok(judged >= 12, String(judged));
});
