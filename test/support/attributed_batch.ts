// Batches written from here as native does: flow records, profiles of who is at their ends and facts of what is inside, so
// that encoders can be tested without a host to watch. The layout is that of native/src/fields/flow_record.h,
// endpoint_profile.h and flow_facts.h.
import type { Batch } from '../../src/native/boundary.js';
import { MeteredFlows } from './encode_run.js';

const stride = 960;
const at = { link: 128, application: 512, endpoint: 640, kernel: 704 } as const;
const kernelTcp = { size: 112, octetsAcknowledged: 0, smoothedRtt: 40, connectTime: 52, retransmits: 56, state: 104 };

const longs = ['startNs', 'parentStartNs', 'cgroupId', 'netnsCookie'] as const;
const ids = [
  ...['processId', 'insideProcessId', 'parentId', 'uid', 'gid', 'effectiveUid', 'effectiveGid', 'parentUid'],
  ...['loginUid', 'sessionId', 'insideUid', 'insideGid', 'netns', 'reserved'],
] as const;
/** All ones when not given: 0 is root. */
const known = /[uU]id$|[gG]id$|sessionId/;
const texts = [
  ...['name', 'executable', 'commandLine', 'workingDirectory', 'parentName', 'parentExecutable', 'ancestors'],
  ...['user', 'group', 'effectiveUser', 'parentUser', 'loginUser', 'insideUser', 'insideGroup'],
  ...['cgroupPath', 'unit', 'slice'],
  ...['containerId', 'containerName', 'containerImage', 'containerRuntime', 'containerLabels'],
  ...['podName', 'podNamespace', 'podUid', 'nodeName', 'podLabels', 'workload'],
] as const;
const profileSize = longs.length * 8 + ids.length * 4 + texts.length * 8;

/** Members of EndpointProfile by name. */
export type Profile = Readonly<Record<string, number | bigint | string>>;
type Two<T> = readonly [T, T];

/** Facts of flow_facts.h in the order of its enum, from 1. */
const facts = [
  'info',
  ...['tlsServerName', 'tlsAlpn', 'tlsAlpnChosen', 'tlsVersion', 'tlsOfferedVersions', 'tlsCipher', 'tlsJa3Client'],
  ...['tlsJa3Server', 'tlsJa4Client', 'tlsEch', 'tlsCertificateSubject', 'tlsCertificateIssuer'],
  ...['tlsCertificateNotBefore', 'tlsCertificateNotAfter', 'tlsCertificateSelfSigned', 'tlsCertificateSha1'],
  ...['tlsCertificateNames', 'quicVersion', 'quicUserAgent'],
  ...['dnsQuery', 'dnsQueryType', 'dnsQueryId', 'dnsReplyCode', 'dnsAnswers', 'dnsFirstTtl', 'dnsAddresses'],
  ...['dnsResponse', 'dnsLatencyUs'],
  ...['httpMethod', 'httpHost', 'httpUrl', 'httpUserAgent', 'httpReferer', 'httpForwardedFor', 'httpVia'],
  ...['httpStatus', 'httpContentType', 'httpServer'],
  ...['sshClient', 'sshServer', 'sshHasshClient', 'sshHasshServer'],
  ...['dhcpHostName', 'dhcpFingerprint', 'dhcpClass', 'dhcpMessageType', 'dhcpClientMac', 'dhcpClientAddress'],
];

/** FlowApplication, and facts by name: numbers as they are stored, texts and octets. */
export interface Application {
  application?: number;
  master?: number;
  category?: number;
  listCategory?: number;
  risks?: bigint;
  riskScore?: number;
  inspected?: number;
  breed?: number;
  confidence?: number;
  flags?: number;
  facts?: Readonly<Record<string, number | string | Buffer>>;
}

function factOctets(known: NonNullable<Application['facts']>): Buffer {
  const each = Object.entries(known).map(([name, value]) => {
    const id = facts.indexOf(name) + 1;
    if (id === 0) throw new Error(`no fact ${name}`);
    const octets = typeof value === 'number' ? Buffer.alloc(8) : Buffer.from(value);
    if (typeof value === 'number') octets.writeBigUInt64LE(BigInt(value));
    const head = Buffer.from([id, 0, 0]);
    head.writeUInt16LE(octets.length, 1);
    return Buffer.concat([head, octets]);
  });
  return Buffer.concat(each);
}

export interface AttributedFlow {
  /** Addresses in hexadecimal, 8 or 32 digits. */
  addresses?: Two<string>;
  ports?: Two<number>;
  protocol?: number;
  octets?: Two<number>;
  packets?: Two<number>;
  payload?: Two<number>;
  profiles?: Two<Profile | undefined>;
  openers?: Two<Profile | undefined>;
  threads?: Two<number>;
  match?: Two<number>;
  flags?: number;
  event?: number;
  natAddresses?: Two<string>;
  natPorts?: Two<number>;
  application?: Application;
  kernel?: Two<Partial<Record<Exclude<keyof typeof kernelTcp, 'size'>, number>>>;
}

export const startNs = 1_700_000_000_123_000_000n;

const address = (hex: string): Buffer => Buffer.from(hex.length === 8 ? `${'0'.repeat(20)}ffff${hex}` : hex, 'hex');

class Heap {
  readonly octets = Buffer.alloc(1 << 20);
  used = 1; // native gives no alignment either

  put(octets: Buffer): number {
    const place = this.used;
    octets.copy(this.octets, place);
    this.used += octets.length;
    return place;
  }

  /** What FlowEndpoint.profile says of it. */
  profile(profile: Profile | undefined): number {
    if (profile === undefined) return 0;
    const octets = Buffer.alloc(profileSize);
    for (const [i, name] of longs.entries()) octets.writeBigUInt64LE(BigInt(profile[name] ?? 0), i * 8);
    for (const [i, name] of ids.entries()) {
      const value = Number(profile[name] ?? (known.test(name) ? 0xffffffff : 0));
      octets.writeUInt32LE(value, longs.length * 8 + i * 4);
    }
    for (const [i, name] of texts.entries()) {
      const text = Buffer.from(String(profile[name] ?? ''));
      const place = profileSize - (texts.length - i) * 8;
      octets.writeUInt32LE(text.length === 0 ? 0 : this.put(text), place);
      octets.writeUInt32LE(text.length, place + 4);
    }
    return this.put(octets) + 1;
  }
}

/** Both sides of an array of two. */
function two<T>(values: Two<T> | undefined, write: (value: T, side: number) => void): void {
  values?.forEach(write);
}

function writeHot(record: Buffer, flow: AttributedFlow): void {
  two(flow.addresses, (hex, side) => address(hex).copy(record, side * 16));
  two(flow.ports, (port, side) => record.writeUInt16LE(port, 32 + side * 2));
  record[36] = flow.protocol ?? 0;
  record[37] = flow.addresses === undefined ? 0 : flow.addresses[0].length === 8 ? 4 : 6;
  two(flow.octets, (value, side) => record.writeBigUInt64LE(BigInt(value), 64 + side * 8));
  two(flow.payload, (value, side) => record.writeBigUInt64LE(BigInt(value), 80 + side * 8));
  two(flow.packets, (value, side) => record.writeUInt32LE(value, 96 + side * 4));
  record.writeBigUInt64LE(startNs, 104);
  record.writeBigUInt64LE(startNs + 5_000_000n, 112);
}

function writeEndpoint(record: Buffer, flow: AttributedFlow, heap: Heap): void {
  const endpoint = record.subarray(at.endpoint, at.kernel);
  two(flow.profiles, (profile, side) => endpoint.writeUInt32LE(heap.profile(profile), side * 4));
  two(flow.openers, (profile, side) => endpoint.writeUInt32LE(heap.profile(profile), 8 + side * 4));
  two(flow.threads, (id, side) => endpoint.writeUInt32LE(id, 16 + side * 4));
  two(flow.match, (method, side) => endpoint.writeUInt8(method, 24 + side));
  endpoint[26] = flow.flags ?? 0;
  endpoint[27] = flow.event ?? 0;
  two(flow.natPorts, (port, side) => endpoint.writeUInt16LE(port, 28 + side * 2));
  two(flow.natAddresses, (hex, side) => address(hex).copy(endpoint, 32 + side * 16));
}

function writeApplication(record: Buffer, { application }: AttributedFlow, heap: Heap): void {
  if (application === undefined) return;
  const block = record.subarray(at.application, at.application + 64);
  block.writeBigUInt64LE(application.risks ?? 0n, 0);
  const known = factOctets(application.facts ?? {});
  if (known.length > 0) block.writeUInt32LE(heap.put(known), 8);
  block.writeUInt32LE(known.length, 12);
  const shorts = ['application', 'master', 'category', 'listCategory', 'riskScore', 'inspected'] as const;
  for (const [i, name] of shorts.entries()) block.writeUInt16LE(application[name] ?? 0, 20 + i * 2);
  for (const [i, name] of (['breed', 'confidence', 'flags'] as const).entries()) block[32 + i] = application[name] ?? 0;
}

function writeKernel(record: Buffer, flow: AttributedFlow): void {
  two(flow.kernel, (tcp, side) => {
    const place = at.kernel + side * kernelTcp.size;
    record.writeBigUInt64LE(BigInt(tcp.octetsAcknowledged ?? 0), place + kernelTcp.octetsAcknowledged);
    for (const name of ['smoothedRtt', 'connectTime', 'retransmits'] as const) {
      record.writeUInt32LE(tcp[name] ?? 0, place + kernelTcp[name]);
    }
    record[place + kernelTcp.state] = tcp.state ?? 0;
  });
}

/** To be encoded like metered flows; the Observation Point has no name. */
export function attributedFlows(flows: readonly AttributedFlow[]): MeteredFlows {
  const heap = new Heap();
  const records = flows.map((flow, i) => {
    const record = Buffer.alloc(stride);
    writeHot(record, flow);
    record.writeBigUInt64LE(BigInt(i + 1), at.link); // flowId
    record.writeBigUInt64LE(startNs, at.link + 8);
    writeApplication(record, flow, heap);
    writeEndpoint(record, flow, heap);
    writeKernel(record, flow);
    return record;
  });
  const batch: Batch = {
    records: Buffer.concat(records),
    heap: heap.octets,
    capacity: flows.length,
    stride,
    count: flows.length,
    latestMs: 0,
  };
  return new MeteredFlows(null, batch);
}

/** A process whose every member says something of its own. */
export function everything(seed: number): Profile {
  const numbers = [...ids].map((name, i) => [name, seed * 100 + i] as const);
  const large = [...longs].map((name, i) => [name, startNs - BigInt(seed * 1000 + i) * 1_000_000n] as const);
  const words = [...texts].map(
    (name) => [name, name.endsWith('Labels') ? `{"seed":"${seed}"}` : `${name}-${seed}`] as const,
  );
  return Object.fromEntries<number | bigint | string>([...numbers, ...large, ...words]);
}
