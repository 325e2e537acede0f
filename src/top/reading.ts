// A flow record by element names, from a line of NDJSON or from IPFIX and NetFlow, to an observation.
import { lookupElement } from '../fields/elements.js';
import { jsonKey } from '../fields/naming.js';
import { escapeText } from '../telemetry/escape.js';
import type { FlowBook } from './flow_book.js';
import type { End, Observation, Side } from './observation.js';

export type Fields = Readonly<Record<string, unknown>>;

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

function text(value: unknown): string {
  if (typeof value !== 'string') return '';
  const safe = escapeText(value.slice(0, textLimit));
  return value.length > textLimit ? `${safe}…` : safe;
}

/** Counters beyond 2^53 are decimal text. */
function number(value: unknown): number {
  const found = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : 0;
  return Number.isFinite(found) && found > 0 ? found : 0;
}

function known(value: unknown): number | undefined {
  return value === undefined ? undefined : number(value);
}

/** Milliseconds since 1970 of a time in ISO 8601 or milliseconds. */
function time(value: unknown): number {
  if (typeof value === 'number') return value;
  const found = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(found) ? 0 : found;
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

const keysByName = new Map<string, readonly string[]>();

/** Under what an element stands: its name in IPFIX, its keys in JSON of naming ipfix and nprobe. */
function keysOf(name: string): readonly string[] {
  const element = lookupElement(name);
  const keys = element === undefined ? [name] : [name, jsonKey(element, 'ipfix'), jsonKey(element, 'nprobe')];
  const distinct = [...new Set(keys)];
  keysByName.set(name, distinct);
  return distinct;
}

function get(fields: Fields, name: string): unknown {
  for (const key of keysByName.get(name) ?? keysOf(name)) {
    const value = fields[key];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The first of them that the record has. */
function getOne(fields: Fields, ...names: string[]): unknown {
  for (const name of names) {
    const value = get(fields, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function readEnd(fields: Fields, side: 'source' | 'destination'): End {
  const at = (name: string): unknown => get(fields, `${side}${name}`);
  const processId = number(at('ProcessId'));
  const end = {
    address: text(at('IPv4Address') ?? at('IPv6Address')),
    port: number(at('TransportPort')),
    processId,
    process: text(at('ProcessName')) || (processId > 0 ? `pid ${processId}` : ''),
    user: userOf(at('UserName'), at('UserId')),
    container: text(at('ContainerName')) || text(at('ContainerId')).slice(0, shortId),
    pod: podOf(at('PodNamespace'), at('PodName')),
  };
  return { ...end, attributed: [end.process, end.user, end.container, end.pod].some((one) => one !== '') };
}

function endText({ address, port }: End): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whole seconds come as text, or (nProbe) as a number of them. */
function seconds(fields: Fields, name: string): unknown {
  const value = get(fields, name);
  return typeof value === 'number' && value < 1e11 ? value * 1000 : value;
}

/** Templates with whole seconds, or without the first time. */
function timesOf(fields: Fields, nowMs: number): { startMs: number; endMs: number } {
  const start = getOne(fields, 'flowStartMilliseconds', 'flowStartMicroseconds', 'flowStartNanoseconds');
  const end = getOne(fields, 'flowEndMilliseconds', 'flowEndMicroseconds', 'flowEndNanoseconds');
  const endMs = time(end ?? seconds(fields, 'flowEndSeconds')) || nowMs;
  return { startMs: Math.min(time(start ?? seconds(fields, 'flowStartSeconds')) || endMs, endMs), endMs };
}

/** Which end of the record is the initiator: 0 its source, 1 its destination. */
function initiatorOf(fields: Fields, uniflow: boolean, source: End, destination: End): Side {
  const direction = number(get(fields, 'biflowDirection'));
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
  /** Records that are no flows. */
  skipped = 0;
  #book: FlowBook;
  #local: ReadonlySet<string>;

  constructor({ book, localAddresses = new Set(), told = [] }: ReaderSettings) {
    this.#book = book;
    this.#local = localAddresses;
    this.told = new Set(told);
  }

  /** undefined for what is no flow record: events, statistics. */
  read(fields: Fields, nowMs: number): Observation | undefined {
    const octets = getOne(fields, 'octetDeltaCount', 'transportOctetDeltaCount');
    if (octets === undefined || (fields['@type'] !== undefined && fields['@type'] !== 'flow')) {
      this.skipped++;
      return undefined;
    }
    const back = getOne(fields, 'reverseOctetDeltaCount', 'reverseTransportOctetDeltaCount');
    const source = readEnd(fields, 'source');
    const destination = readEnd(fields, 'destination');
    const uniflow = back === undefined;
    const initiator = initiatorOf(fields, uniflow, source, destination);
    const turn = <T>(first: T, second: T): [T, T] => (initiator === 0 ? [first, second] : [second, first]);
    const ends = turn(source, destination);
    const packets = turn(number(get(fields, 'packetDeltaCount')), number(get(fields, 'reversePacketDeltaCount')));
    this.#learn(fields);
    const protocol = protocolOf(get(fields, 'protocolIdentifier'));
    const times = timesOf(fields, nowMs);
    const judged = this.#book.note({
      text: `${protocol} ${endText(ends[0])} > ${endText(ends[1])}`,
      tcp: protocol === 'TCP',
      ...times,
      flags: turn(known(get(fields, 'tcpControlBits')), known(get(fields, 'reverseTcpControlBits'))),
      packets,
      reason: number(get(fields, 'flowEndReason')),
      recordIndex: known(get(fields, 'recordIndex')),
      twin: uniflow && initiator === 1,
    });
    const handshake = number(get(fields, 'handshakeRoundTripMicroseconds'));
    return {
      ...times,
      protocol,
      application: text(getOne(fields, 'applicationLabel', 'applicationName')),
      interface: text(get(fields, 'interfaceName')),
      ends,
      viewpoint: this.#viewpoint(ends),
      octets: turn(number(octets), number(back)),
      packets,
      retransmits: number(get(fields, 'retransmittedPackets')) + number(get(fields, 'reverseRetransmittedPackets')),
      rtt: turn(
        number(get(fields, 'sourceKernelSmoothedRtt')) || handshake,
        number(get(fields, 'destinationKernelSmoothedRtt')) || handshake,
      ),
      idle: number(get(fields, 'flowEndReason')) === idleReason,
      ...judged,
    };
  }

  #viewpoint([initiator, responder]: readonly [End, End]): Side {
    const here = [initiator.attributed, responder.attributed];
    const [first, second] = here.includes(true) ? here : [this.#isLocal(initiator), this.#isLocal(responder)];
    return second && !first ? 1 : 0;
  }

  #isLocal({ address }: End): boolean {
    return this.#local.has(address) || isLoopback(address);
  }

  #learn(fields: Fields): void {
    if (get(fields, 'packetDeltaCount') !== undefined) this.told.add('packets');
    if (get(fields, 'reverseTcpControlBits') !== undefined) this.told.add('failed');
    if (get(fields, 'retransmittedPackets') !== undefined) this.told.add('retransmits');
    if (
      get(fields, 'handshakeRoundTripMicroseconds') !== undefined ||
      get(fields, 'sourceKernelSmoothedRtt') !== undefined
    )
      this.told.add('rtt');
  }
}

function protocolOf(value: unknown): string {
  const id = known(value);
  return id === undefined ? '?' : (protocols[id] ?? `IP ${id}`);
}
