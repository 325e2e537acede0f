// On nDPI's own test captures, flows, packets each way and labels agree with what nDPI 4.2's reader recorded of them.
// A flow agrees when weir has one with the same ends and protocol, the same packets each way and the same label. What does
// not agree stands in ndpi_differences.json with capture, number of flows and the reason; the test asserts that list
// exactly, and that 99 % of all recorded flows agree. nDPI's reader built here (setup/ndpi_reader.mjs) gives the same flows
// and labels as the recordings, so that the list is about its definition of a flow, not about another libndpi.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAddon, packageRoot } from '../../src/native/load.js';
import { captures, dataFolder, haveCaptures } from '../support/captures.js';
import { flowEnd, flowKey, type RecordedFlow, readRecording } from '../support/ndpi_recordings.js';
import { wholeFlows } from '../support/whole_flows.js';

interface Difference {
  capture: string;
  /** Flows of either side that the other does not have. */
  count: number;
  /** Why, as a rule that names the definition. */
  rule: string;
}

const listFile = join(packageRoot(), 'test', 'oracle', 'ndpi_differences.json');
const recordings = join(dataFolder, 'ndpi-4.2', 'results');
/** nDPI's files as Debian has them; the recordings were made with them. */
const rules = '/usr/share/doc/libndpi-dev';
const protocolsFile = join(rules, 'protos.txt');
const categoriesFile = join(rules, 'categories.txt');

function reasonToSkip(): string | false {
  if (!haveCaptures || !existsSync(recordings)) return 'no captures at WEIR_DATA or ../shared/data';
  const ndpi = loadAddon().dpi();
  if (!ndpi.available) return `no libndpi: ${ndpi.reason}`;
  if (!ndpi.version.startsWith('4.2')) return `recorded with nDPI 4.2, this is ${ndpi.version}`;
  return existsSync(protocolsFile) && existsSync(categoriesFile)
    ? false
    : `no protos.txt and categories.txt in ${rules}`;
}

const names = [
  'protocolIdentifier',
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceIPv6Address',
  'destinationIPv6Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'packetDeltaCount',
  'reversePacketDeltaCount',
  'applicationNumbers',
  'applicationConfidenceName',
  'applicationCategoryName',
  'applicationEncrypted',
  'l7RiskScore',
  'tlsServerName',
  'tlsClientJa3',
  'tlsServerJa3',
];

interface WeirFlow {
  key: string;
  /** The ends in the order of the packets. */
  ends: [string, string];
  packets: [number, number];
  label: string;
  values: Record<string, unknown>;
}

async function weirFlows(file: string): Promise<WeirFlow[]> {
  const flows = await wholeFlows(file, names, { protocolsFile, categoryFiles: [categoriesFile] });
  return flows.map((values) => {
    const end = (side: string) =>
      flowEnd(
        String(values[`${side}IPv4Address`] ?? values[`${side}IPv6Address`]),
        Number(values[`${side}TransportPort`] ?? 0),
      );
    const ends: [string, string] = [end('source'), end('destination')];
    return {
      key: flowKey(Number(values.protocolIdentifier ?? 0), ends),
      ends,
      packets: [Number(values.packetDeltaCount ?? 0), Number(values.reversePacketDeltaCount ?? 0)],
      label: String(values.applicationNumbers ?? '0'),
      values,
    };
  });
}

const samePackets = (recorded: RecordedFlow, weir: WeirFlow) =>
  recorded.ends[0] === weir.ends[0]
    ? recorded.packets[0] === weir.packets[0] && recorded.packets[1] === weir.packets[1]
    : recorded.packets[0] === weir.packets[1] && recorded.packets[1] === weir.packets[0];

interface Comparison {
  agreed: [RecordedFlow, WeirFlow][];
  /** What is different, a line each. */
  different: string[];
}

const inWords = (flow: RecordedFlow | WeirFlow | undefined) =>
  flow === undefined ? 'none' : `${flow.label} ${flow.packets.join('/')}`;

/** Pairs that agree, and the rest: pairs of the same ends first, then flows that only one side has. */
function compare(recorded: RecordedFlow[], weir: WeirFlow[]): Comparison {
  const ours = new Map<string, WeirFlow[]>();
  for (const flow of weir) ours.set(flow.key, [...(ours.get(flow.key) ?? []), flow]);
  const result: Comparison = { agreed: [], different: [] };
  const left: RecordedFlow[] = [];
  for (const flow of recorded) {
    const candidates = ours.get(flow.key) ?? [];
    const at = candidates.findIndex((one) => samePackets(flow, one) && one.label === flow.label);
    if (at < 0) left.push(flow);
    else result.agreed.push([flow, ...(candidates.splice(at, 1) as [WeirFlow])]);
  }
  for (const flow of left) {
    const other = ours.get(flow.key)?.shift();
    result.different.push(`${flow.key}: nDPI ${inWords(flow)} (${flow.confidence}), weir ${inWords(other)}`);
  }
  for (const flow of [...ours.values()].flat()) result.different.push(`${flow.key}: nDPI none, weir ${inWords(flow)}`);
  return result;
}

/** Agreement on what else the recordings say of flows that agree: name -> [same, all]. */
class Extras {
  private readonly counts = new Map<string, [number, number]>();
  add(name: string, same: boolean): void {
    const count = this.counts.get(name) ?? [0, 0];
    if (same) count[0]++;
    count[1]++;
    this.counts.set(name, count);
  }
  take(recorded: RecordedFlow, { values }: WeirFlow): void {
    const category = String(values.applicationCategoryName ?? '');
    this.add('confidence', recorded.confidence === (values.applicationConfidenceName ?? 'Unknown'));
    this.add('category', recorded.category === (category === 'Unspecified' ? '' : category));
    this.add('encrypted', recorded.encrypted === (values.applicationEncrypted ?? false));
    // The recordings were made with a list of JA3 fingerprints that is not in Debian's package; its risk weighs 50.
    const listed = recorded.facts.get('Risk')?.includes('Possibly Malicious JA3 Fingerprint') === true ? 50 : 0;
    this.add('risk score', recorded.riskScore - listed === Number(values.l7RiskScore ?? 0));
    for (const [name, field] of [
      ['JA3C', 'tlsClientJa3'],
      ['JA3S', 'tlsServerJa3'],
    ] as const) {
      const fingerprint = recorded.facts.get(name)?.slice(0, 32); // behind it: what nDPI thinks of the cipher
      if (fingerprint !== undefined) this.add(name, fingerprint === values[field]);
    }
  }
  /** Below 99 %. */
  poor(): string[] {
    return [...this.counts]
      .filter(([, [same, all]]) => same < all * 0.99)
      .map(([name, [same, all]]) => `${name} ${same}/${all}`);
  }
  toString(): string {
    return [...this.counts].map(([name, [same, all]]) => `${name} ${same}/${all}`).join(', ');
  }
}

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)} %`;

test('flows, packets and labels agree with the recorded results of nDPI 4.2', {
  skip: reasonToSkip(),
  timeout: 900_000,
}, async () => {
  const expected = new Map((JSON.parse(readFileSync(listFile, 'utf8')) as Difference[]).map((d) => [d.capture, d]));
  const found: Difference[] = [];
  const extras = new Extras();
  let agreed = 0;
  let all = 0;
  let more = 0;
  for (const capture of captures().filter((name) => name.startsWith('ndpi-4.2/'))) {
    const recorded = readRecording(join(recordings, `${capture.split('/').at(-1)}.out`));
    const result = compare(recorded, await weirFlows(join(dataFolder, capture)));
    agreed += result.agreed.length;
    all += recorded.length;
    more += result.agreed.length + result.different.length - recorded.length;
    for (const [one, other] of result.agreed) extras.take(one, other);
    if (result.different.length === 0) continue;
    const share = result.agreed.length / (result.agreed.length + result.different.length);
    found.push({
      capture,
      count: result.different.length,
      rule:
        expected.get(capture)?.rule ??
        `NEW (${(100 * share).toFixed(1)} %): ${result.different.slice(0, 3).join('; ')}`,
    });
  }
  found.sort((a, b) => (a.capture < b.capture ? -1 : 1));
  if (process.env.WEIR_ORACLE_WRITE)
    writeFileSync(process.env.WEIR_ORACLE_WRITE, `${JSON.stringify(found, null, 1)}\n`);
  process.stdout.write(
    `# nDPI: ${agreed} of ${all} flows agree (${percent(agreed, all)}), ${more} more of weir's own; ${found.length} captures have differences by a listed rule; of flows that agree: ${extras}\n`,
  );
  assert.deepEqual(found, [...expected.values()]);
  assert.ok(agreed >= all * 0.99, `${agreed} of ${all} flows agree`);
  assert.deepEqual(extras.poor(), []);
});
