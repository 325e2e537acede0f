// On every real capture, octets and packets per conversation agree with tshark, outermost IP header, to the unit.
// Captures that differ by definition stand in differences.json with the rule and the number of conversations; the test
// asserts that list exactly.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/native/load.js';
import { captures, dataFolder, haveCaptures } from '../support/captures.js';
import { meterFile } from '../support/meter_run.js';

interface Difference {
  capture: string;
  /** Conversations that differ. */
  count: number;
  /** Why, as a rule that names the definition. */
  rule: string;
}

type Totals = Map<string, { packets: number; octets: number }>;

const listFile = join(packageRoot(), 'test', 'oracle', 'differences.json');
const haveTshark = spawnSync('tshark', ['--version']).status === 0;
const skip = !haveCaptures
  ? 'no captures at WEIR_DATA or ../shared/data'
  : !haveTshark
    ? 'tshark is not installed'
    : false;

const columns = [
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ip.len',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.plen',
  'tcp.srcport',
  'tcp.dstport',
  'udp.srcport',
  'udp.dstport',
  'sctp.srcport',
  'sctp.dstport',
  'dccp.srcport',
  'dccp.dstport',
];

/** One row of tshark's fields -> conversation key and octets, or nothing when the frame has no IP header. */
function readRow(line: string): { key: string; octets: number } | undefined {
  const value = line.split('\t');
  const column = (name: string) => value[columns.indexOf(name)] ?? '';
  const layers = column('frame.protocols').split(':');
  const ip = layers.findIndex((layer) => layer === 'ip' || layer === 'ipv6');
  if (ip < 0) return undefined;
  const version = layers[ip] === 'ip' ? 4 : 6;
  const [a, b] = version === 4 ? [column('ip.src'), column('ip.dst')] : [column('ipv6.src'), column('ipv6.dst')];
  const octets = version === 4 ? Number(column('ip.len')) : Number(column('ipv6.plen')) + 40;
  if (!a || !b || Number.isNaN(octets)) return undefined;
  let ports = ['0', '0'];
  for (const layer of layers.slice(ip + 1)) {
    if (layer === 'ip' || layer === 'ipv6' || /^(icmp|icmpv6|gre|esp|igmp|ospf)$/.test(layer)) break;
    if (!/^(tcp|udp|sctp|dccp|udplite)$/.test(layer)) continue;
    const name = layer === 'udplite' ? 'udp' : layer;
    if (column(`${name}.srcport`)) ports = [column(`${name}.srcport`), column(`${name}.dstport`)];
    break;
  }
  return { key: [`${a} ${ports[0]}`, `${b} ${ports[1]}`].sort().join(' - '), octets };
}

async function tsharkTotals(file: string): Promise<Totals> {
  const totals: Totals = new Map();
  const args = [
    '-n',
    '-r',
    file,
    '-o',
    'ip.defragment:FALSE',
    '-o',
    'ipv6.defragment:FALSE',
    '-T',
    'fields',
    '-E',
    'occurrence=f',
  ];
  const done = await promisify(execFile)('tshark', [...args, ...columns.flatMap((name) => ['-e', name])], {
    maxBuffer: 1 << 28,
  }).catch((error: { stdout: string }) => error); // a truncated file ends with status 2: what was readable counts
  for (const line of String(done.stdout).split('\n')) {
    const row = readRow(line);
    if (row) add(totals, row.key, 1, row.octets);
  }
  return totals;
}

function add(totals: Totals, key: string, packets: number, octets: number): void {
  const entry = totals.get(key) ?? { packets: 0, octets: 0 };
  entry.packets += packets;
  entry.octets += octets;
  totals.set(key, entry);
}

const names = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceIPv6Address',
  'destinationIPv6Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'octetDeltaCount',
  'reverseOctetDeltaCount',
  'packetDeltaCount',
  'reversePacketDeltaCount',
];

async function weirTotals(file: string): Promise<Totals> {
  const totals: Totals = new Map();
  const run = await meterFile(file, names).catch((error: { code?: string }) => {
    if (error.code === 'WEIR_LINKTYPE' || error.code === 'WEIR_CAPTURE_FORMAT') return undefined;
    throw error;
  });
  for (const flow of run?.flows ?? []) {
    const n = (name: string) => Number(flow[name] ?? 0);
    const ends = [
      `${flow.sourceIPv4Address ?? flow.sourceIPv6Address} ${n('sourceTransportPort')}`,
      `${flow.destinationIPv4Address ?? flow.destinationIPv6Address} ${n('destinationTransportPort')}`,
    ];
    add(
      totals,
      ends.sort().join(' - '),
      n('packetDeltaCount') + n('reversePacketDeltaCount'),
      n('octetDeltaCount') + n('reverseOctetDeltaCount'),
    );
  }
  return totals;
}

function differing(left: Totals, right: Totals): string[] {
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].filter((key) => {
    const [a, b] = [left.get(key), right.get(key)];
    return a?.packets !== b?.packets || a?.octets !== b?.octets;
  });
}

test('octets and packets per conversation agree with tshark on every capture', {
  skip,
  timeout: 1_800_000,
}, async () => {
  const expected = new Map((JSON.parse(readFileSync(listFile, 'utf8')) as Difference[]).map((d) => [d.capture, d]));
  const all = captures();
  const found: Difference[] = [];
  let conversations = 0;
  const queue = [...all];
  const drain = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const file = join(dataFolder, name);
      const [theirs, ours] = await Promise.all([tsharkTotals(file), weirTotals(file)]);
      conversations += theirs.size;
      const different = differing(theirs, ours);
      if (different.length > 0) {
        found.push({
          capture: name,
          count: different.length,
          rule:
            expected.get(name)?.rule ??
            `NEW: ${different
              .slice(0, 3)
              .map((key) => `${key} tshark ${JSON.stringify(theirs.get(key))} weir ${JSON.stringify(ours.get(key))}`)
              .join('; ')}`,
        });
      }
    }
  };
  await Promise.all([drain(), drain(), drain()]);
  found.sort((a, b) => (a.capture < b.capture ? -1 : 1));
  if (process.env.WEIR_ORACLE_WRITE)
    writeFileSync(process.env.WEIR_ORACLE_WRITE, `${JSON.stringify(found, null, 1)}\n`);
  process.stdout.write(
    `# oracle: ${all.length} captures, ${conversations} conversations, ${found.length} captures differ by a listed rule\n`,
  );
  assert.deepEqual(
    found,
    [...expected.values()].sort((a, b) => (a.capture < b.capture ? -1 : 1)),
  );
  assert.ok(found.length <= all.length * 0.05, `${found.length} of ${all.length} captures differ`);
});
