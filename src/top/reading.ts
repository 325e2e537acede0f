// A flow record by element names, from a line of NDJSON or from IPFIX and NetFlow, to an observation.
import { lookupElement } from '../fields/elements.js';
import { jsonKey } from '../fields/naming.js';
import { escapeText } from '../telemetry/escape.js';
import { ecsElements, isEcs } from './ecs_record.js';
import type { FlowBook } from './flow_book.js';
import type { End, Observation, Side } from './observation.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Takes one record; exporter: who sent it, where there may be several. */
export type Take = (fields: Fields, exporter?: string) => void;

/** What some templates do not tell. */
export type Subject = 'packets' | 'retransmits' | 'rtt' | 'failed';

const textLimit = 80; // characters of a name
const idleReason = 1; // flowEndReason
const noUser = 4294967295;
const protocols: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  6: 'TCP',
  17: 'UDP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  89: 'OSPF',
  132: 'SCTP',
};

/** The same few names come in most records: each is made safe once, and kept once. */
const safeTexts = new Map<string, string>();
const safeTextsLimit = 16_384;

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') return '';
  const known = safeTexts.get(value);
  if (known !== undefined) return known;
  const safe = value.length > textLimit ? `${escapeText(value.slice(0, textLimit))}…` : escapeText(value);
  if (value.length > textLimit) return safe;
  if (safeTexts.size >= safeTextsLimit) safeTexts.clear();
  safeTexts.set(value, safe);
  return safe;
}

/** Counters beyond 2^53 are decimal text. */
function number(value: unknown): number {
  const found = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : 0;
  return Number.isFinite(found) && found > 0 ? found : 0;
}

function known(value: unknown): number | undefined {
  return value === undefined ? undefined : number(value);
}

const latestMs = Date.UTC(9999, 11, 31); // what adds to a time, such as a window, stays one that Date can say

/** Milliseconds since 1970 of a time in ISO 8601 or milliseconds; 0 for what is no time. */
function time(value: unknown): number {
  const found = typeof value === 'string' ? Date.parse(value) : value;
  return typeof found === 'number' && found > 0 && found <= latestMs ? found : 0;
}

/** The user's name, else their number. */
function userOf(name: unknown, id: unknown): string {
  if (name !== undefined && name !== '') return text(name);
  const uid = known(id);
  return uid === undefined || uid === noUser ? '' : String(uid);
}

function podOf(namespace: unknown, name: unknown): string {
  return typeof name === 'string' && name !== '' ? `${text(namespace)}/${text(name)}` : '';
}

const shortId = 12; // digits of a container's id

/** Under what elements stand: their names in IPFIX, their keys in JSON of naming ipfix and nprobe; the first ones first. */
function keysOf(...names: string[]): readonly string[] {
  const keys = names.flatMap((name) => {
    const element = lookupElement(name);
    return element === undefined ? [name] : [name, jsonKey(element, 'ipfix'), jsonKey(element, 'nprobe')];
  });
  return [...new Set(keys)];
}

function endKeys(side: 'source' | 'destination') {
  return {
    address: keysOf(`${side}IPv4Address`, `${side}IPv6Address`),
    port: keysOf(`${side}TransportPort`),
    processId: keysOf(`${side}ProcessId`),
    process: keysOf(`${side}ProcessName`),
    userId: keysOf(`${side}UserId`),
    user: keysOf(`${side}UserName`),
    containerId: keysOf(`${side}ContainerId`),
    container: keysOf(`${side}ContainerName`),
    podNamespace: keysOf(`${side}PodNamespace`),
    pod: keysOf(`${side}PodName`),
    rtt: keysOf(`${side}KernelSmoothedRtt`),
  };
}

type EndKeys = ReturnType<typeof endKeys>;

const keys = {
  source: endKeys('source'),
  destination: endKeys('destination'),
  start: keysOf('flowStartMilliseconds', 'flowStartMicroseconds', 'flowStartNanoseconds'),
  end: keysOf('flowEndMilliseconds', 'flowEndMicroseconds', 'flowEndNanoseconds'),
  startSeconds: keysOf('flowStartSeconds'),
  endSeconds: keysOf('flowEndSeconds'),
  event: keysOf('eventName', 'eventType'),
  protocol: keysOf('protocolIdentifier'),
  interface: keysOf('interfaceName'),
  application: keysOf('applicationLabel', 'applicationName'),
  direction: keysOf('biflowDirection'),
  recordIndex: keysOf('recordIndex'),
  reason: keysOf('flowEndReason'),
  flags: keysOf('tcpControlBits'),
  reverseFlags: keysOf('reverseTcpControlBits'),
  handshake: keysOf('handshakeRoundTripMicroseconds'),
  retransmits: keysOf('retransmittedPackets'),
  reverseRetransmits: keysOf('reverseRetransmittedPackets'),
};

/** Octets and packets of both directions, the first ones first. */
const counters = [
  ['octetDeltaCount', 'reverseOctetDeltaCount', 'packetDeltaCount', 'reversePacketDeltaCount'],
  ['transportOctetDeltaCount', 'reverseTransportOctetDeltaCount', 'packetDeltaCount', 'reversePacketDeltaCount'],
  ['octetTotalCount', 'reverseOctetTotalCount', 'packetTotalCount', 'reversePacketTotalCount'],
  ['initiatorOctets', 'responderOctets', 'initiatorPackets', 'responderPackets'],
].map(([octets = '', reverseOctets = '', packets = '', reversePackets = '']) => ({
  octets: keysOf(octets),
  reverseOctets: keysOf(reverseOctets),
  packets: keysOf(packets),
  reversePackets: keysOf(reversePackets),
}));

type Counters = (typeof counters)[number];

function get(fields: Fields, names: readonly string[]): unknown {
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined) return value;
  }
  return undefined;
}

function readEnd(fields: Fields, at: EndKeys): End {
  const processId = number(get(fields, at.processId));
  const process = text(get(fields, at.process)) || (processId > 0 ? `pid ${processId}` : '');
  const user = userOf(get(fields, at.user), get(fields, at.userId));
  const container = text(get(fields, at.container)) || text(get(fields, at.containerId)).slice(0, shortId);
  const pod = podOf(get(fields, at.podNamespace), get(fields, at.pod));
  return {
    address: text(get(fields, at.address)),
    port: number(get(fields, at.port)),
    processId,
    process,
    user,
    container,
    pod,
    attributed: process !== '' || user !== '' || container !== '' || pod !== '',
  };
}

function endText({ address, port }: End): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A time; in templates with whole seconds these are text, or (nProbe) a number of them. */
function timeOf(fields: Fields, fine: readonly string[], coarse: readonly string[]): number {
  const value = get(fields, fine);
  if (value !== undefined) return time(value);
  const seconds = get(fields, coarse);
  return time(typeof seconds === 'number' && seconds < 1e11 ? seconds * 1000 : seconds);
}

/** Which end of the record is the initiator: 0 its source, 1 its destination. */
function initiatorOf(fields: Fields, uniflow: boolean, source: End, destination: End): Side {
  const direction = number(get(fields, keys.direction));
  if (direction > 0) return direction === 2 ? 1 : 0;
  // A uniflow that does not tell: the lower port serves, so that both directions make one flow.
  if (!uniflow || source.port === destination.port) return uniflow && source.address > destination.address ? 1 : 0;
  return source.port < destination.port ? 1 : 0;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

export interface ReaderSettings {
  book: FlowBook;
  /** Addresses of this host, where flows are its own. */
  localAddresses?: ReadonlySet<string>;
  /** What is told by every record, 0 being left out: the template is top's own. */
  told?: readonly Subject[];
}

export class RecordReader {
  /** What records have told of so far: other columns are unknown, not 0. */
  readonly told: Set<Subject>;
  /** Records that tell no octets under any name that is known here. */
  notUnderstood = 0;
  #book: FlowBook;
  #local: ReadonlySet<string>;

  constructor({ book, localAddresses = new Set(), told = [] }: ReaderSettings) {
    this.#book = book;
    this.#local = localAddresses;
    this.told = new Set(told);
  }

  /** undefined for what is no flow record: events, statistics. */
  read(fields: Fields, nowMs: number, exporter = ''): Observation | undefined {
    if (isEcs(fields)) return this.read(ecsElements(fields), nowMs, exporter);
    if ((fields['@type'] !== undefined && fields['@type'] !== 'flow') || get(fields, keys.event) !== undefined)
      return undefined;
    const told = counters.find(({ octets }) => get(fields, octets) !== undefined);
    if (told === undefined) {
      this.notUnderstood++;
      return undefined;
    }
    this.#learn(fields, told);
    return this.#observe(fields, told, nowMs, exporter);
  }

  #observe(fields: Fields, told: Counters, nowMs: number, exporter: string): Observation {
    const back = get(fields, told.reverseOctets);
    const source = readEnd(fields, keys.source);
    const destination = readEnd(fields, keys.destination);
    const initiator = initiatorOf(fields, back === undefined, source, destination);
    const turn = <T>(first: T, second: T): [T, T] => (initiator === 0 ? [first, second] : [second, first]);
    const ends = turn(source, destination);
    const packets = turn(number(get(fields, told.packets)), number(get(fields, told.reversePackets)));
    const protocol = protocolOf(get(fields, keys.protocol));
    const endMs = timeOf(fields, keys.end, keys.endSeconds) || nowMs;
    const startMs = Math.min(timeOf(fields, keys.start, keys.startSeconds) || endMs, endMs);
    const reason = number(get(fields, keys.reason));
    const { flow, first, connection, failed } = this.#book.note({
      text: `${protocol} ${endText(ends[0])} > ${endText(ends[1])}`,
      tcp: protocol === 'TCP',
      startMs,
      endMs,
      flags: turn(known(get(fields, keys.flags)), known(get(fields, keys.reverseFlags))),
      packets,
      reason,
      recordIndex: known(get(fields, keys.recordIndex)),
      twin: back === undefined && initiator === 1,
    });
    const handshake = number(get(fields, keys.handshake));
    const rttAt = (at: EndKeys): number => number(get(fields, at.rtt)) || handshake;
    // Written out: an object that is spread from others is slow, and there are many of these.
    return {
      exporter,
      startMs,
      endMs,
      protocol,
      application: text(get(fields, keys.application)),
      interface: text(get(fields, keys.interface)),
      ends,
      viewpoint: this.#viewpoint(ends),
      octets: turn(number(get(fields, told.octets)), number(back)),
      packets,
      retransmits: number(get(fields, keys.retransmits)) + number(get(fields, keys.reverseRetransmits)),
      rtt: turn(rttAt(keys.source), rttAt(keys.destination)),
      idle: reason === idleReason,
      first,
      connection,
      failed,
      flow,
    };
  }

  #viewpoint([initiator, responder]: readonly [End, End]): Side {
    if (initiator.attributed) return 0;
    if (responder.attributed) return 1;
    return this.#isLocal(responder) && !this.#isLocal(initiator) ? 1 : 0;
  }

  #isLocal({ address }: End): boolean {
    return this.#local.has(address) || isLoopback(address);
  }

  #learn(fields: Fields, { packets }: Counters): void {
    if (this.told.size > subjects.length) return;
    if (get(fields, packets) !== undefined) this.told.add('packets');
    for (const [subject, names] of subjects) if (get(fields, names) !== undefined) this.told.add(subject);
  }
}

const subjects: readonly (readonly [Subject, readonly string[]])[] = [
  ['failed', keys.reverseFlags],
  ['retransmits', keys.retransmits],
  ['rtt', [...keys.handshake, ...keys.source.rtt]],
];

function protocolOf(value: unknown): string {
  const id = known(value);
  return id === undefined ? '?' : (protocols[id] ?? `IP ${id}`);
}
