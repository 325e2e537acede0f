// What a row of the catalogue says, and the elements a row expands to.

/** IPFIX abstract data types (RFC 7012 section 3.1) that weir uses. */
export type WireType =
  | 'unsigned8'
  | 'unsigned16'
  | 'unsigned32'
  | 'unsigned64'
  | 'float64'
  | 'boolean'
  | 'macAddress'
  | 'ipv4Address'
  | 'ipv6Address'
  | 'string'
  | 'octetArray'
  | 'dateTimeSeconds'
  | 'dateTimeMilliseconds'
  | 'dateTimeMicroseconds'
  | 'dateTimeNanoseconds';

/** How JSON writes a value; src/native/boundary.ts (EncoderField) says what each is. */
export type ValueForm = 'plain' | 'quoted' | 'lower' | 'nanoseconds' | 'constant' | 'hyphens' | 'upper';

/** Who numbers the element: IANA, ntop (PEN 35632), Antrea (PEN 56506) or weir (the configured enterprise number). */
export type Enterprise = 'iana' | 'ntop' | 'antrea' | 'weir';

/** Private enterprise numbers; weir's own is configured (--enterprise-number). */
export const enterpriseNumbers = { iana: 0, ntop: 35632, antrea: 56506 } as const;
export const reverseEnterprise = 29305; // RFC 5103, for IANA elements only
export const defaultEnterprise = 32473; // RFC 5612 documentation PEN: loopback and tests

/**
 * Where the value is in native/src/fields/flow_record.h (`member` is a path such as `hot.octets`):
 * - scalar: one member;
 * - pair: an array of two by side; the row gives a forward and a reverse element (RFC 5103, IN_/OUT_ labels);
 * - endpoint: an array of two by side; the row gives a source and a destination element, which swap when reversed. `[]`
 *   in the member is where the side goes when that is not its end: `kernel.tcp[].lost`;
 * - derived: a function of native/src/fields/derive.cc; `sides` says whether the row gives one element, a forward and
 *   reverse pair, or a source and destination pair;
 * - profile: a member of native/src/fields/endpoint_profile.h, of the process at an end of the flow or of the one that
 *   opened its socket; the row gives a source and a destination element. `json`: the text is a JSON value;
 * - fact: what was read in the payload, by its name in native/src/fields/flow_facts.h. `plusOne`: the number is stored
 *   plus 1, since its 0 is a value; all ones of the type say that there is none. `list`: a text of parts with a comma
 *   between them, in JSON an array.
 */
export type Place =
  | { kind: 'scalar'; member: string }
  | { kind: 'pair'; member: string }
  | { kind: 'endpoint'; member: string }
  | { kind: 'derived'; call: string; sides: 'one' | 'pair' | 'endpoint' }
  | { kind: 'profile'; member: string; of: 'profile' | 'opener'; json: boolean }
  | { kind: 'fact'; fact: string; form: 'plain' | 'plusOne' | 'list' };

/**
 * Blocks of a flow record, and what is looked for inside flows; `summary` is whatever of the latter says what a flow is
 * about.
 */
export type Need =
  | ('tcp' | 'stats' | 'tunnel' | 'text' | 'endpoint' | 'kernel')
  | ('label' | 'risk' | 'info' | 'tls' | 'dns' | 'http' | 'ssh' | 'dhcp' | 'certificate' | 'fingerprint' | 'summary');

/** One line of the catalogue. */
export interface Field {
  /** IANA name, or ours in the same camelCase style. For endpoint rows the source element's name. */
  name: string;
  /** Name of the second element: pair default `reverse` + Name (RFC 5103); endpoint rows must give it. */
  otherName?: string;
  enterprise: Enterprise;
  id: number;
  /** Id of the second element: enterprise pairs and endpoint rows give it; IANA pairs use PEN 29305 and the same id. */
  otherId?: number;
  /** Name of the row whose IANA id this one shares on purpose: the same element measured over both directions. */
  sharesId?: string;
  /** NetFlow v9 field type, when there is one besides the ids below 128 or ntop's 57472+n. */
  v9?: number;
  type: WireType;
  /** IPFIX length when not the type's full size (reduced-size encoding, RFC 7011 section 6.2) . */
  length?: number;
  /** nProbe's labels of the first element, the first being the one we print. */
  labels?: readonly string[];
  otherLabels?: readonly string[];
  place: Place;
  /** Only in records of this IP version; `twin` names the row that takes its place in the other one. */
  family?: 4 | 6;
  twin?: string;
  /** Left out of JSON and text when 0 or empty. */
  absentWhenZero?: boolean;
  /** Rows whose 0 is a value (uid 0 is root, DNS reply code 0): all ones says that there is none, and JSON and text leave that out. */
  absentWhenAllOnes?: boolean;
  /** Measured only when a template needs it. */
  needs?: Need;
  /** Octets of a text in NetFlow v9, whose fields have a fixed length. */
  textOctets?: number;
  /** IPFIX data type semantics, for RFC 5610 and the reference. */
  semantics?: 'default' | 'quantity' | 'totalCounter' | 'deltaCounter' | 'identifier' | 'flags' | 'list';
  units?:
    | 'octets'
    | 'packets'
    | 'milliseconds'
    | 'microseconds'
    | 'seconds'
    | 'nanoseconds'
    | 'flows'
    | 'hops'
    | 'entries';
  /** Heading of the reference the row stands under. */
  group: string;
  /** What it is, for the reference and `weir fields`: our own words. */
  note: string;
}

/** One Information Element: what templates name. Index = position in the expanded catalogue = native element index. */
export interface Element {
  index: number;
  name: string;
  field: Field;
  /** 0: first (forward, source) element of the row; 1: second (reverse, destination). */
  side: 0 | 1;
  /** PEN on the wire, 'own' for the configured enterprise number. */
  enterprise: number | 'own';
  id: number;
  type: WireType;
  /** IPFIX length: full size, the row's reduced size, or 65535 for variable length. */
  length: number;
  labels: readonly string[];
  family: 0 | 4 | 6;
  /** True for the reverse element of a directional pair. */
  reverse: boolean;
}
