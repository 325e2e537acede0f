// What top knows of one flow record. Texts are escaped and bounded when they are read: whatever shows them is safe.

/** One end of a flow. Texts are '' and numbers 0 where the record does not tell. */
export interface End {
  address: string;
  port: number;
  processId: number;
  process: string;
  user: string;
  container: string;
  pod: string;
  /** Somebody of the probe's host is known here: process, user, container or pod. */
  attributed: boolean;
}

/** 0 is the initiator of a flow, 1 the responder. */
export type Side = 0 | 1;

/** A flow over all its records, as long as it is remembered. */
export interface Flow {
  /** TCP 10.0.0.1:40000 > 10.0.0.2:443. */
  text: string;
  /** Last packet seen so far, ms since 1970. */
  lastMs: number;
  /** FIN or RST: the next SYN with this key is another connection. */
  over: boolean;
  failed: boolean;
  /** The last snapshot that counted it. */
  mark: number;
}

/** One flow record: counters cover startMs..endMs only. Pairs are by sender: the initiator's, the responder's. */
export interface Observation {
  /** Who sent the record: its times are by that one's clock. '' where all come from one place. */
  exporter: string;
  startMs: number;
  endMs: number;
  protocol: string;
  application: string;
  interface: string;
  ends: readonly [End, End];
  /**
   * The end from whose side in and out are told. When one end is here (attributed, else an address of this host), that
   * one; when both are or none is (a mirror port, a capture file), the initiator.
   */
  viewpoint: Side;
  octets: readonly [number, number];
  packets: readonly [number, number];
  /** Both directions. */
  retransmits: number;
  /** Microseconds at each end; 0 is unknown. */
  rtt: readonly [number, number];
  /** It left because nothing came any more, so later than the others. */
  idle: boolean;
  /** First record of its flow. */
  first: boolean;
  /** First record of a new connection; a TCP flow whose SYN was not seen is none. */
  connection: boolean;
  /** A TCP connection that was refused or not answered, found in this record. */
  failed: boolean;
  flow: Flow;
}
