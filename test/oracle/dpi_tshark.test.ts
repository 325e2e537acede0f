// What weir reads inside flows agrees with tshark's own fields on every capture of nDPI and zeek: per conversation the
// first value of each fact. Certificates are judged by OpenSSL (node:crypto) from the octets that tshark gives. Captures
// with conversations that differ stand in dpi_tshark_differences.json with the fields and the reason; the test asserts that
// list exactly, and that 98 % agree of each field that the list does not explain.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { captures, dataFolder, haveCaptures } from '../support/captures.js';
import { wholeFlows } from '../support/whole_flows.js';
import { flowKey } from '../support/ndpi_recordings.js';
import { distinguishedName, type Facts, tsharkFacts } from '../support/tshark_facts.js';

interface Difference {
  capture: string;
  /** Conversations where tshark has another value, or weir has none, by field. */
  fields: Record<string, number>;
  /** Why. */
  rule: string;
}

const listFile = join(packageRoot(), 'test', 'oracle', 'dpi_tshark_differences.json');
const skip = !haveCaptures
  ? 'no captures at WEIR_DATA or ../shared/data'
  : spawnSync('tshark', ['--version']).status === 0
    ? false
    : 'tshark is not installed';

const facts = [
  'tlsServerName',
  'tlsAlpn',
  'tlsVersion',
  'tlsCipher',
  'tlsClientJa3',
  'tlsServerJa3',
  'tlsCertificateSha1',
  'tlsCertificateSubject',
  'tlsCertificateIssuer',
  'tlsCertificateNotBefore',
  'tlsCertificateNotAfter',
  'tlsCertificateNames',
  'quicVersion',
  'dnsQuery',
  'dnsQueryType',
  'dnsQueryId',
  'dnsReturnCode',
  'dnsAnswerCount',
  'httpRequestMethod',
  'httpRequestHost',
  'httpRequestTarget',
  'httpUserAgent',
  'httpStatusCode',
  'httpServer',
  'sshClientHassh',
  'sshServerHassh',
  'dhcpClientName',
  'dhcpClass',
  'dhcpFingerprint',
  'dhcpMessageType',
];
const keys = [
  'protocolIdentifier',
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceIPv6Address',
  'destinationIPv6Address',
  'sourceTransportPort',
  'destinationTransportPort',
];

/** A value as tshark_facts.ts writes it. */
function plainValue(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (/^tlsCertificateNot/.test(name)) return String(Number(value) / 1000);
  if (/^tlsCertificate(Subject|Issuer)$/.test(name)) return distinguishedName(String(value));
  return String(value);
}

/** weir cuts texts behind 512 octets. */
const longest = 512;
const same = (theirs: string, ours: string) =>
  ours === theirs || (ours.length > longest - 64 && theirs.length > ours.length && theirs.startsWith(ours));

async function weirFacts(file: string): Promise<Map<string, Facts>> {
  const conversations = new Map<string, Facts>();
  for (const flow of await wholeFlows(file, [...keys, ...facts])) {
    const end = (side: string) =>
      `${flow[`${side}IPv4Address`] ?? flow[`${side}IPv6Address`]} ${flow[`${side}TransportPort`] ?? 0}`;
    const key = flowKey(Number(flow.protocolIdentifier ?? 0), [end('source'), end('destination')]);
    const known = conversations.get(key) ?? new Map<string, string>();
    conversations.set(key, known);
    for (const name of facts)
      if (flow[name] !== undefined && !known.has(name)) known.set(name, plainValue(name, flow[name]));
  }
  return conversations;
}

/** Of one field: conversations in which tshark has it, those that differ, and those in which only weir has it. */
interface Tally {
  all: number;
  different: { capture: string; what: string }[];
  more: number;
}

type Tallies = Map<string, Tally>;

function tally(tallies: Tallies, capture: string, theirs: Map<string, Facts>, ours: Map<string, Facts>): void {
  for (const [key, values] of theirs) {
    const mine = ours.get(key);
    if (mine === undefined) continue; // tshark opens tunnels and link layers that weir does not
    for (const [name, value] of values) {
      const count = tallies.get(name)!;
      const own = mine.get(name);
      count.all++;
      if (own !== undefined && same(value, own)) continue;
      count.different.push({ capture, what: `${key}: tshark ${value}, weir ${own}` });
    }
  }
  for (const [key, values] of ours)
    for (const name of values.keys()) if (theirs.get(key)?.has(name) !== true) tallies.get(name)!.more++;
}

/** What differs by capture. */
function differences(tallies: Tallies, expected: Difference[]): Difference[] {
  const found = new Map<string, Difference>();
  for (const [field, { different }] of tallies) {
    for (const { capture, what } of different) {
      const rule = expected.find((one) => one.capture === capture)?.rule ?? `NEW: ${what}`;
      const difference = found.get(capture) ?? { capture, fields: {}, rule };
      found.set(capture, difference);
      difference.fields[field] = (difference.fields[field] ?? 0) + 1;
    }
  }
  return [...found.values()].sort((a, b) => (a.capture < b.capture ? -1 : 1));
}

test('facts of TLS, QUIC, DNS, HTTP, SSH and DHCP agree with tshark on every capture', {
  skip,
  timeout: 1_800_000,
}, async () => {
  const expected = JSON.parse(readFileSync(listFile, 'utf8')) as Difference[];
  const tallies: Tallies = new Map(facts.map((name) => [name, { all: 0, different: [], more: 0 }]));
  const queue = captures().filter((name) => !name.startsWith('packets/tcpdump'));
  const drain = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const file = join(dataFolder, name);
      const [theirs, ours] = await Promise.all([tsharkFacts(file), weirFacts(file)]);
      tally(tallies, name, theirs, ours);
    }
  };
  await Promise.all([drain(), drain()]);
  const found = differences(tallies, expected);
  if (process.env.WEIR_ORACLE_WRITE)
    writeFileSync(process.env.WEIR_ORACLE_WRITE, `${JSON.stringify(found, null, 1)}\n`);
  const poor: string[] = [];
  for (const [field, { all, different, more }] of tallies) {
    const agreed = all - different.length;
    const listed = different.filter(({ capture }) => expected.some((one) => one.capture === capture)).length;
    const share = ((100 * agreed) / Math.max(all, 1)).toFixed(1);
    process.stdout.write(
      `# ${field}: ${agreed} of ${all} conversations agree (${share} %), ${listed} differ by a listed rule, ${more} more of weir's own\n`,
    );
    if (agreed < (all - listed) * 0.98) poor.push(`${field} ${agreed}/${all}`);
  }
  assert.deepEqual(poor, []);
  assert.deepEqual(found, expected);
});
