// What weir reads inside flows agrees with tshark's own fields on every capture of nDPI and zeek: per conversation the
// first value of each fact. Certificates are judged by OpenSSL (node:crypto) from the octets that tshark gives. How many
// conversations differ stands in dpi_tshark_differences.json by field, with the reasons; the test asserts that list exactly.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { captures, dataFolder, haveCaptures } from '../support/captures.js';
import { meterFile } from '../support/meter_run.js';
import { flowKey } from '../support/ndpi_recordings.js';
import { type Facts, tsharkFacts } from '../support/tshark_facts.js';

interface Difference {
  field: string;
  /** Conversations where tshark has another value, and where weir has none. */
  other: number;
  missing: number;
  /** Why. */
  rules: string[];
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
  if (/^tlsCertificateNot/.test(name)) return String(Date.parse(String(value)) / 1000);
  if (/^tlsCertificate(Subject|Issuer)$/.test(name)) return String(value).split(/, /).sort().join(', ');
  return String(value);
}

async function weirFacts(file: string): Promise<Map<string, Facts>> {
  const conversations = new Map<string, Facts>();
  const run = await meterFile(file, [...keys, ...facts], {
    activeTimeoutMs: 0x7fffffff,
    idleTimeoutMs: 0x7fffffff,
    lingerMs: 0x7fffffff,
    tunnels: true,
    dpi: {
      tcpPackets: 80,
      udpPackets: 24,
      states: 1 << 16,
      protocolsFile: '',
      categoryFiles: [],
      filter: '',
      hideUrls: false,
      hideDnsNames: false,
      hideUserAgents: false,
      serverNameKey: '',
    },
  }).catch((error: { code?: string }) => {
    if (error.code === 'WEIR_LINKTYPE' || error.code === 'WEIR_CAPTURE_FORMAT') return undefined;
    throw error;
  });
  for (const flow of run?.flows ?? []) {
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

interface Tally {
  all: number;
  other: string[];
  missing: string[];
  /** Where tshark has none. */
  more: string[];
}

function tally(
  tallies: Map<string, Tally>,
  capture: string,
  theirs: Map<string, Facts>,
  ours: Map<string, Facts>,
): void {
  const of = (name: string) => {
    const found = tallies.get(name) ?? { all: 0, other: [], missing: [], more: [] };
    tallies.set(name, found);
    return found;
  };
  for (const [key, values] of theirs) {
    for (const [name, value] of values) {
      const count = of(name);
      const mine = ours.get(key)?.get(name);
      count.all++;
      const line = `${capture} ${key}: tshark ${value}, weir ${mine}`;
      if (mine === undefined) count.missing.push(line);
      else if (mine !== value) count.other.push(line);
    }
  }
  for (const [key, values] of ours)
    for (const [name, value] of values)
      if (theirs.get(key)?.get(name) === undefined) of(name).more.push(`${capture} ${key}: weir ${value}`);
}

test('facts of TLS, QUIC, DNS, HTTP, SSH and DHCP agree with tshark on every capture', {
  skip,
  timeout: 1_800_000,
}, async () => {
  const expected = JSON.parse(readFileSync(listFile, 'utf8')) as Difference[];
  const tallies = new Map<string, Tally>();
  const queue = captures().filter((name) => !name.startsWith('packets/tcpdump'));
  const drain = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const file = join(dataFolder, name);
      const [theirs, ours] = await Promise.all([tsharkFacts(file), weirFacts(file)]);
      tally(tallies, name, theirs, ours);
    }
  };
  await Promise.all([drain(), drain()]);
  if (process.env.WEIR_ORACLE_WRITE)
    writeFileSync(process.env.WEIR_ORACLE_WRITE, `${JSON.stringify(Object.fromEntries(tallies), null, 1)}\n`);
  const found: Difference[] = [];
  for (const field of facts) {
    const { all, other, missing, more } = tallies.get(field) ?? { all: 0, other: [], missing: [], more: [] };
    const agreed = all - other.length - missing.length;
    process.stdout.write(
      `# ${field}: ${agreed} of ${all} conversations agree (${((100 * agreed) / Math.max(all, 1)).toFixed(1)} %), ${more.length} more of weir's own\n`,
    );
    if (agreed === all) continue;
    const rules = expected.find((one) => one.field === field)?.rules ?? [`NEW: ${[...other, ...missing][0]}`];
    found.push({ field, other: other.length, missing: missing.length, rules });
  }
  assert.deepEqual(found, expected);
});
