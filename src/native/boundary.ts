// The contract with the addon (native/src/binding). JavaScript owns every buffer; native borrows it for one synchronous
// call. Two data crossings: Meter.take(batch) and Encoder.encode(batch, ...). Everything else is life cycle.

/** One Observation Point as configured. */
export interface SourceOptions {
  kind: 'file' | 'interface';
  /** File path (`-` = stdin) or interface name. `any`, globs and lists are resolved natively and followed by rtnetlink. */
  name: string;
  /** Network namespace: '' = own, else a path such as /run/netns/NAME or /proc/PID/ns/net. */
  netns: string;
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
  /** Element indexes that any template in use names: decides what is measured and the record stride. */
  elements: number[];
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
  observationPoints(): ObservationPoint[];
  setTimeouts(activeMs: number, idleMs: number): void;
  /** Asks every worker to end: all flows leave with reason forced. 'finished' follows when the last worker is done. */
  stop(): void;
  /** Waits for the workers and frees the rings. Nothing may be taken afterwards. */
  close(): void;
}

export interface EncoderField {
  element: number;
  key: string;
  wireLength: number;
}

export interface EncoderSpec {
  format: 'ipfix' | 'json' | 'text';
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
}

/** Filled by encode(); one object per encoder, reused. */
export interface EncodeResult {
  records: number;
  dataRecords: number;
  units: number;
  bytes: number;
  truncated: number;
  unencodable: number;
}

export interface Encoder {
  readonly result: EncodeResult;
  /** Encodes batch records from `first` on into out; ends[i] = end offset of unit (message or line) i. Returns result. */
  encode(batch: Batch, first: number, exportSeconds: number, out: Uint8Array, ends: Uint32Array): EncodeResult;
  /** Template message(s) of the session; 0 units for formats without. */
  templates(exportSeconds: number, out: Uint8Array, ends: Uint32Array): EncodeResult;
  /** New Transport Session. */
  reset(): void;
  setMessageSize(octets: number): void;
  readonly sequence: number;
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
}

export interface HostInterface {
  index: number;
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
  /** Versions of what is linked: { libpcap, zlib }. */
  readonly versions: Record<string, string>;
  Meter: new (options: MeterOptions, onWake: () => void) => Meter;
  /** The Meter gives the Observation Point table; null for encoders that never see live records (tests). */
  Encoder: new (
    spec: EncoderSpec,
    meter: Meter | null,
  ) => Encoder;
  UdpSender: new (options: UdpOptions) => UdpSender;
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
}
