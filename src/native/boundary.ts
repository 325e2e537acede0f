// The contract with the addon (native/src/binding). JavaScript owns every buffer; native borrows it for one synchronous
// call. Two data crossings: Meter.take(batch) and Encoder.encode(batch, ...). Everything else is life cycle.

import type { EventTypeName } from '../fields/event_types.js';
import type { WireType } from '../fields/field.js';

export { type EventTypeName, eventTypes } from '../fields/event_types.js';

/** One Observation Point as configured. */
export interface SourceOptions {
  kind: 'file' | 'interface' | 'sockets';
  /** sockets: flow records from the Attribution's socket events. File path (`-` = stdin) or interface name. `any`, globs and lists are resolved natively and followed by rtnetlink. */
  name: string;
  /** Network namespace: '' = own, else a path such as /run/netns/NAME or /proc/PID/ns/net. */
  netns: string;
}

/** What is looked for inside flows. The elements of MeterOptions decide what of it is worth the work. */
export interface DpiOptions {
  /** nDPI gives up behind so many packets of a flow. */
  tcpPackets: number;
  udpPackets: number;
  /** Flows of one worker that are under inspection at the same time. */
  states: number;
  /** Custom protocols in nDPI's format, '' = none. */
  protocolsFile: string;
  /** Lists of hosts and addresses by category, in nDPI's format. */
  categoryFiles: string[];
  /** Names of applications, categories and breeds: records of other flows are not exported; `!` keeps those away. '' = all. */
  filter: string;
  hideUrls: boolean;
  hideDnsNames: boolean;
  hideUserAgents: boolean;
  /** Server names go out as 32 hexadecimal digits of HMAC-SHA256 with this key; '' = as they are. */
  serverNameKey: string;
}

export interface MeterOptions {
  sources: SourceOptions[];
  workers: number;
  /** Flows per worker. */
  cacheSize: number;
  activeTimeoutMs: number;
  idleTimeoutMs: number;
  /** After FIN both ways or RST. */
  lingerMs: number;
  /** N of the first-packets sequence, 0 = off. */
  firstPackets: number;
  tunnels: boolean;
  tunnelDepth: number;
  fragmentEntries: number;
  /** pcap-filter(7), '' = none. */
  filter: string;
  snapLength: number;
  promiscuous: boolean;
  direction: 'both' | 'rx' | 'tx';
  /** Octets of one worker's TPACKET_V3 ring. */
  captureRing: number;
  /** Octets of one worker's record ring. */
  recordRing: number;
  /** One of so many frames is metered, 1 = all: every Nth, or a random one of each N. */
  packetSampling: number;
  packetSamplingMode: 'systematic' | 'random';
  /** One of so many flows (all its records) is handed on, chosen by a hash of its key; 1 = all. */
  flowSampling: number;
  /** Octets and packets of records are multiplied by packetSampling. */
  upscale: boolean;
  /** Element indexes that any template in use names: decides what is measured and the record stride. */
  elements: number[];
  /** null: nothing inside flows is looked at. */
  dpi: DpiOptions | null;
}

/** Records and heap of up to `capacity` flow records; made by newBatch(), filled by Meter.take(). */
export interface Batch {
  readonly records: Uint8Array;
  readonly heap: Uint8Array;
  readonly capacity: number;
  /** Octets per record. */
  readonly stride: number;
  /** Set by take(). */
  count: number;
  /** Set by take(): when the last packet of these records came, ms since 1970; 0 when there are none. */
  latestMs: number;
}

/** Sums over all workers; every value a safe integer, `filtered` null = unknown (a kernel filter is on). */
export interface Counters {
  frames: number;
  wireOctets: number;
  kernelDrops: number;
  filtered: number | null;
  readErrors: number;
  interfaceLosses: number;
  reattached: number;
  /** Frames by outcome name: metered, notIp, truncatedLink ... */
  outcomes: Record<string, number>;
  wirePackets: number;
  fragmentsUnmatched: number;
  fragmentsEvicted: number;
  /** Packets metered outside their flow's worker because its inbox was full: the flow splits, nothing is lost. */
  misplaced: number;
  packets: number;
  octets: number;
  flowsCreated: number;
  flows: number;
  cacheCapacity: number;
  /** Flow records by flowEndReason name: idle, active, endOfFlow, forced, lackOfResources. */
  records: Record<string, number>;
  /** Flow records that found the record ring full. */
  recordsDropped: number;
  /** Flow records left out by flow sampling. */
  recordsNotSelected: number;
  /** Flow records left out by the DPI filter. */
  recordsNotWanted: number;
  /** DPI states in use, and flows that found none free. */
  dpiStates: number;
  dpiStatesMissing: number;
  /** Packets that nDPI looked at; flows by how their inspection ended. */
  dpiPackets: number;
  dpiClassified: number;
  dpiGuessed: number;
  dpiGivenUp: number;
  /** Memory of facts kept for flows in the cache. */
  dpiFactsOctets: number;
  /** Records waiting in the rings, octets. */
  ringUsed: number;
  ringCapacity: number;
  /** Offline progress in octets, 0 when live or unknown. */
  filePosition: number;
  fileSize: number;
}

export interface ObservationPoint {
  index: number;
  name: string;
  interface: number;
  netns: string;
}

export type MeterEvent =
  | { kind: 'notice'; level: 'info' | 'warning' | 'error'; code: string; text: string }
  | { kind: 'finished' };

export interface BpfProgram {
  name: string;
  /** What it is for, in a few words. */
  purpose: string;
  attached: boolean;
  /** False: not asked for, or another variant is in use. */
  wanted: boolean;
  /** Why it is not attached, one line. */
  reason: string;
}

export interface AttributionOptions {
  /** auto: BPF where it can be had, else sock_diag and /proc; the others insist: start() throws without them. */
  tier: 'auto' | 'bpf' | 'diag';
  /** Flow records from socket events (-i ebpf:); with packets too, only of sockets that no packet told of. */
  flows: boolean;
  packets: boolean;
  /** Event types that takeEvents() gives: names of eventTypes. */
  events: readonly EventTypeName[];
  activeTimeoutMs: number;
  idleTimeoutMs: number;
  lingerMs: number;
  sockets: number;
  processes: number;
  commandLine: 'full' | 'redacted' | 'off';
  /** Ancestors beyond the parent. */
  ancestors: number;
  /** Owners of sockets that only send are known at once, at a cost for each send. */
  sends: boolean;
  /** Fields tell how long connections were in their states: two looks at the clock for each. */
  stateTimes: boolean;
  conntrack: boolean;
  nodeName: string;
}

export interface AttributionStatus {
  tier: 'off' | 'diag' | 'bpf';
  /** Why it is not the better one, or what of it is off; '' for BPF in full. */
  reason: string;
  programs: BpfProgram[];
  /** '' = followed, else why not. */
  conntrack: string;
  /** Mount of the cgroup v2 hierarchy, '' = none. */
  cgroup: string;
}

/** In the order of native MatchMethod. */
export const matchMethods = ['none', 'exact', 'cookie', 'wildcard', 'listener', 'snapshot', 'diag'] as const;
export type MatchMethodName = (typeof matchMethods)[number];

/** Native AttributionCounters, flat; gauges: sockets, socketsEnded, processes, containers, translations. */
export interface AttributionCounters {
  kernelEvents: number;
  kernelDropped: number;
  kernelRateLimited: number;
  sockets: number;
  socketsEnded: number;
  socketsEvicted: number;
  /** Ended ones, before their records came. */
  socketsForgottenEarly: number;
  processes: number;
  processesEvicted: number;
  processesRead: number;
  processesMissed: number;
  readsDropped: number;
  snapshots: number;
  containers: number;
  endsMatched: Record<MatchMethodName, number>;
  endsTentative: number;
  flowsMade: number;
  flowsDropped: number;
  eventsMade: number;
  eventsDropped: number;
  /** The batch's heap was nearly full: profiles without command line and labels; full: the end stays unknown. */
  profilesShortened: number;
  profilesDropped: number;
  translations: number;
  translationsEvicted: number;
  conntrackOverruns: number;
}

/** A container that processes were seen in and nothing was told about yet. */
export interface WantedContainer {
  id: string;
  /** As far as the cgroup path tells: docker, podman, containerd, cri-o, lxc, nspawn, runc. */
  runtime: string;
  /** One of its processes. */
  processId: number;
}

/** What a container runtime says of a container; '' = not known. */
export interface ContainerFacts {
  id: string;
  name: string;
  image: string;
  runtime: string;
  /** JSON object. */
  labels: string;
  podName: string;
  podNamespace: string;
  podUid: string;
  /** JSON object. */
  podLabels: string;
  workload: string;
  nodeName: string;
}

/** Who is at the ends of the flows: given to the Meter, which fills the records it hands over. */
export interface Attribution {
  /** Octets per record of a batch for takeEvents(). */
  readonly stride: number;
  /** Starts the best tier there is; throws NativeError only when the tier asked for cannot be had. */
  start(): void;
  status(): AttributionStatus;
  counters(): AttributionCounters;
  /** Names of the threads whose loop has not turned for longer than `ms`. */
  stalled(ms: number): string[];
  /** Moves event records into batch; returns and sets batch.count. */
  takeEvents(batch: Batch): number;
  /** Containers to ask the runtimes about; each is named once, again after a minute without an answer. */
  wantedContainers(): WantedContainer[];
  setContainers(facts: readonly ContainerFacts[]): void;
  /** Events since the last call. */
  notices(): Extract<MeterEvent, { kind: 'notice' }>[];
  /** After Meter.close(). */
  close(): void;
}

export interface Meter {
  /** Octets per record for newBatch(). */
  readonly stride: number;
  /** Opens every Observation Point and starts the workers. Throws NativeError with a code of src/errors.ts. */
  start(): void;
  /** Moves up to batch.capacity records into batch; returns and sets batch.count. 0 = nothing there now. */
  take(batch: Batch): number;
  /** Events since the last call. */
  events(): MeterEvent[];
  counters(): Counters;
  /** Names of the threads whose loop has not turned for longer than `ms`; who waits for a pipe or for take() is none. */
  stalled(ms: number): string[];
  observationPoints(): ObservationPoint[];
  setTimeouts(activeMs: number, idleMs: number): void;
  /** Reads the files of DpiOptions anew. Throws NativeError and keeps the old ones when one is wrong. */
  reloadDpi(): void;
  /** Asks every worker to end: all flows leave with reason forced. 'finished' follows when the last worker is done. */
  stop(): void;
  /** Waits for the workers and frees the rings. Nothing may be taken afterwards. */
  close(): void;
}

export interface EncoderField {
  /** Index into elements(); not read for constants. */
  element: number;
  key: string;
  wireLength: number;
  /**
   * How JSON writes the value. quoted: a number as a string; lower: a text in lower case; nanoseconds: a time as integer
   * ns since 1970, a duration in ms as ns; constant: `constant` as it stands; hyphens: a MAC address of RFC 7042;
   * upper: a text in upper case.
   */
  form: 'plain' | 'quoted' | 'lower' | 'nanoseconds' | 'constant' | 'hyphens' | 'upper';
  /** JSON: the objects the key stands in, outermost first. */
  path: readonly string[];
  /** JSON text of a constant. */
  constant: string;
}

export interface EncoderSpec {
  format: 'ipfix' | 'netflow9' | 'netflow5' | 'json' | 'text';
  fields4: EncoderField[];
  fields6: EncoderField[];
  biflow: boolean;
  templateId4: number;
  templateId6: number;
  observationDomain: number;
  enterprise: number;
  messageSize: number;
  timeFormat: 'iso' | 'milliseconds';
  /** nprobe: value forms of nProbe's JSON. */
  keyStyle: 'plain' | 'nprobe';
  communityIdSeed: number;
  /** Start of the probe, ms since the epoch (systemInitTimeMilliseconds). */
  startMs: number;
  activeTimeoutMs: number;
  idleTimeoutMs: number;
  /** IPFIX: a message holds one set. */
  oneSetPerMessage: boolean;
  /** IPFIX: every message with data begins with its template sets. */
  inlineTemplates: boolean;
  /** JSON and text: lines that make one unit. */
  linesPerUnit: number;
  /**
   * What stands before each unit: nothing, or the length (2 octets, big-endian) and octets of a message key, the flow's
   * Community ID or its source address as text. With a key a unit is one line.
   */
  unitKey: 'none' | 'flow' | 'host';
  /** Only flow records whose key hashes to `share` of `shareOf` are written; the others are consumed, not counted. */
  share: number;
  shareOf: number;
  /** NetFlow v5 header: one of so many packets was metered; mode 0 none, 1 systematic, 2 random. */
  samplingInterval: number;
  samplingMode: number;
  /** Bit 1 << n for the event types (n from 1) that are written; 0 = flow records, which have no event type. */
  eventMask: number;
}

/** Where units (messages or lines) go; the three arrays are equally long. JavaScript owns all of it. */
export interface UnitBuffer {
  bytes: Uint8Array;
  /** ends[i] = offset behind unit i in bytes. */
  ends: Uint32Array;
  /** Flow records whose last Data Record is in unit i. */
  records: Uint32Array;
  /** Data Records (lines) in unit i. */
  dataRecords: Uint32Array;
}

/** Filled by encode(); one object per encoder, reused. */
export interface EncodeResult {
  records: number;
  dataRecords: number;
  units: number;
  bytes: number;
  truncated: number;
  unencodable: number;
  /** Records of another share: consumed, not written. */
  elsewhere: number;
}

export interface Encoder {
  readonly result: EncodeResult;
  /** Encodes batch records from `first` on into out. Returns result. */
  encode(batch: Batch, first: number, exportSeconds: number, out: UnitBuffer): EncodeResult;
  /** Template message(s) of the session; 0 units for formats without. */
  templates(exportSeconds: number, out: UnitBuffer): EncodeResult;
  /** New Transport Session. */
  reset(): void;
  /** startMs of the spec, anew: the system clock was set back. */
  setStart(ms: number): void;
  setMessageSize(octets: number): void;
  readonly sequence: number;
}

export interface OptionsField {
  /** Information Element or NetFlow v9 field type; in v9 the scope types of RFC 3954 section 6.1. */
  id: number;
  /** PEN, 0 = IANA; v9 has none. */
  enterprise: number;
  /** Octets, 65535 = variable (IPFIX only). A text in a fixed length is cut between code points and filled with zeros. */
  length: number;
  type: WireType;
}

export interface OptionsTemplate {
  id: number;
  /** The first so many fields are scope fields. */
  scopes: number;
  fields: readonly OptionsField[];
}

/** One value a field: numbers for integers and booleans, texts for strings and addresses, ms since 1970 for times. */
export type OptionsRow = readonly (number | bigint | string)[];

/** Options Templates and options records (RFC 7011 section 3.4.2, RFC 3954 section 6): rare, so made row by row. */
export interface OptionsEncoder {
  /** One Options Template Set each, as many in a message as fit. Units hold no Data Records. */
  templates(templates: readonly OptionsTemplate[], exportSeconds: number, out: UnitBuffer): EncodeResult;
  /** Rows from `first` on; result.records = rows consumed, dataRecords of each unit for its sequence number. */
  records(
    template: OptionsTemplate,
    rows: readonly OptionsRow[],
    first: number,
    exportSeconds: number,
    out: UnitBuffer,
  ): EncodeResult;
  setMessageSize(octets: number): void;
}

/** UDP with path MTU discovery; a batch of messages leaves with sendmmsg. */
export interface UdpSender {
  /** UDP payload octets that fit the path now. */
  readonly payloadSize: number;
  /**
   * Sends messages [from, units). Returns the index of the first one not handed to the kernel: equal to units when all
   * went, less when the socket would block (try later) or `lastError` is set ('EMSGSIZE' lowered payloadSize).
   */
  send(bytes: Uint8Array, ends: Uint32Array, from: number, units: number): number;
  readonly lastError: string;
  readonly localAddress: string;
  close(): void;
}

export interface UdpOptions {
  address: string;
  port: number;
  family: 4 | 6;
  /** 0 = ask the path; else never more than this. */
  maxPayload: number;
  sendBuffer: number;
  /** Local address to bind, '' = any. */
  bind: string;
  /** The IP layer may fragment: messages of up to 65,507 octets go. Default false (RFC 7011 section 10.3.3). */
  fragment?: boolean;
}

export interface KafkaTopicOptions {
  name: string;
  /** Each unit begins with its message key: length (2 octets, big-endian) and octets; a key of 0 octets is none. */
  keyed: boolean;
  /** Key of every message of a topic that is not keyed, '' = none. */
  constantKey: string;
}

export interface KafkaProducerOptions {
  /** librdkafka's properties, in order. */
  properties: readonly (readonly [string, string])[];
  /** Four at most. */
  topics: readonly KafkaTopicOptions[];
  /** Record headers of every message. */
  headers: readonly (readonly [string, string])[];
}

/** Sums since the last poll(); one object per producer, reused. */
export interface KafkaReport {
  /** Delivered: acknowledged by the broker as the property acks asks. */
  records: number;
  units: number;
  /** Values and keys. */
  octets: number;
  /** Refused for what they are (too large, malformed): lost. */
  rejectedRecords: number;
  rejectedUnits: number;
  /** Units that wait in takeReturned(). */
  returned: number;
  /** Events that wait in events(). */
  events: number;
  /** Messages and requests that wait in librdkafka. */
  queued: number;
  /** After close(): everything is reported, release() does not wait. */
  closed: boolean;
}

/** Equal ones since the last call are one event. */
export interface KafkaEvent {
  /**
   * rejected, failed: messages; error: of the client (broker away, TLS, authentication), which goes on by itself; fatal:
   * only a new producer can go on; statistics: librdkafka's JSON in text.
   */
  kind: 'rejected' | 'failed' | 'error' | 'fatal' | 'log' | 'statistics';
  /** librdkafka's name of the error (_MSG_TIMED_OUT), or the facility of a log line. */
  code: string;
  text: string;
  count: number;
  /** Of rejected and failed messages. */
  topic: number;
}

/** Units with the arrays of a run (UnitRun of src/sinks/sink.ts). */
export interface KafkaUnits {
  bytes: Uint8Array;
  ends: Uint32Array;
  records: Uint32Array;
  dataRecords: Uint32Array;
  from: number;
  to: number;
}

/** librdkafka, loaded at first use. Nothing here blocks. */
export interface KafkaProducer {
  /** Copies units into the queue of topic number `topic`. Returns the first one not taken; less than run.to = full. */
  produce(topic: number, run: KafkaUnits): number;
  poll(): KafkaReport;
  events(): KafkaEvent[];
  /** Units of a topic that were not delivered, keys included; null = none. */
  takeReturned(topic: number): KafkaUnits | null;
  /** What waits is sent without lingering. */
  flush(): void;
  /** What is not delivered yet fails now; messages on the wire may arrive all the same. */
  purge(): void;
  /** Purges and ends; poll().closed tells when. */
  close(): void;
  /** Frees the producer; waits for its end when close() did not come before. */
  release(): void;
}

export interface HostInterface {
  index: number;
  /** veth: ifIndex of the other end, 0 = none; peerNetns: inode of the namespace it is in, 0 = this one or unknown. */
  peerIndex: number;
  peerNetns: number;
  name: string;
  mac: string;
  up: boolean;
  linkType: number;
  mtu: number;
}

/** Thrown by the addon: an Error with a `code` of src/errors.ts. */
export interface NativeError extends Error {
  code: string;
}

export interface NativeAddon {
  readonly catalogueHash: string;
  /** Versions of what is linked: { libpcap, zlib, libgcrypt }; kafka() and dpi() tell those that are loaded later. */
  readonly versions: Record<string, string>;
  /** attribution: fills who is at the ends; started before, closed after the Meter. */
  Meter: new (
    options: MeterOptions,
    onWake: () => void,
    attribution?: Attribution | null,
  ) => Meter;
  /** onWake: events, notices or wanted containers wait. */
  Attribution: new (
    options: AttributionOptions,
    onWake: () => void,
  ) => Attribution;
  /** What BPF allows here, tried and taken back at once: for weir doctor. */
  probeAttribution(): AttributionStatus;
  /** The Meter gives the Observation Point table; null for encoders that never see live records (tests). */
  Encoder: new (
    spec: EncoderSpec,
    meter: Meter | null,
  ) => Encoder;
  OptionsEncoder: new (format: 'ipfix' | 'netflow9', observationDomain: number, messageSize: number) => OptionsEncoder;
  UdpSender: new (options: UdpOptions) => UdpSender;
  SctpSender: new (options: SctpOptions) => SctpSender;
  /** Throws NativeError WEIR_KAFKA with librdkafka's words for every bad property, WEIR_KAFKA_LIBRARY without it. */
  KafkaProducer: new (
    options: KafkaProducerOptions,
    onWake: () => void,
  ) => KafkaProducer;
  /** Whether librdkafka can be used: its version, or the reason why not. Loads it at the first call. */
  kafka(): { available: boolean; version: string; reason: string };
  /** libndpi, loaded at the first call. */
  dpi(): { available: boolean; version: string; reason: string };
  /** nDPI's applications, with the custom ones, once a Meter or checkDpi() has loaded them; else empty. */
  applications(): { selector: number; name: string; category: string; breed: string }[];
  /**
   * Throws NativeError with all that is wrong with the files and the filter, a line each. applications() then has what they
   * define.
   */
  checkDpi(options: DpiOptions): void;
  /** Compiles a pcap-filter(7) expression; throws NativeError with libpcap's words. */
  checkFilter(expression: string, linkType: number, snapLength: number): void;
  /** Interfaces of a network namespace ('' = own). */
  interfaces(netns: string): HostInterface[];
  /** What this kernel and process allow for capture: 'ok' or the reason why not, each. */
  probe(): { packetSocket: string; tpacketV3: string; vnetHeader: string; fanoutBpf: string; setns: string };
  /** Drops to uid/gid and keeps exactly these capabilities ('net_raw' ...), on all threads made afterwards. */
  dropPrivileges(uid: number, gid: number, capabilities: string[]): void;
  /** Capability names in the effective set. */
  capabilities(): string[];
  /** One datagram to NOTIFY_SOCKET, a path or `@NAME`, without waiting (sd_notify(3)); '' or errno's name. */
  notifyServiceManager(socket: string, message: string): string;
}

export interface SctpOptions {
  family: 4 | 6;
  /** IP protocol of the stream socket: 132 is SCTP; tests take 6, where the kernel has no SCTP. */
  protocol: number;
  /** Local address to bind, '' = any. */
  bind: string;
}

/** One-to-one style SCTP socket (RFC 6458 section 4), never blocking; messages go ordered and reliably on stream 0. */
export interface SctpSender {
  /** Begins to connect to a numeric address. */
  connect(address: string, port: number): void;
  /** Asks the socket how it is; `closed` after an error (see lastError) or when the other end has shut down. */
  poll(): 'idle' | 'connecting' | 'connected' | 'closed';
  /** True when the kernel took the message whole; false: it would block (call again with the same one), or lastError. */
  send(message: Uint8Array): boolean;
  /** errno's name of the last call, '' = none. */
  readonly lastError: string;
  /** Nothing more is sent: the association ends behind the last message. */
  shutdown(): void;
  close(): void;
}
