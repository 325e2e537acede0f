// A flow record as a collector shows it, in one form for all collectors, so that lists of them compare line by line.

export interface Counts {
  packets: number;
  octets: number;
  /** tcpControlBits. */
  flags: number;
}

export interface SeenFlow extends Counts {
  from: string;
  to: string;
  fromPort: number;
  /** ICMP: type * 256 + code. */
  toPort: number;
  protocol: number;
  /** ms since 1970. */
  start: number;
  end: number;
  /** RFC 5103: the other direction, where the record has one. */
  back?: Counts;
}

export type FlowFields = Record<string, string | number>;

/** NetFlow v5 has it in the place of the port. */
const icmpOf = (fields: FlowFields): number =>
  Number(fields.icmpTypeCodeIPv4 ?? fields.icmpTypeCodeIPv6 ?? fields.destinationTransportPort);
const isIcmp = (protocol: number): boolean => protocol === 1 || protocol === 58;

/** RFC 5952 form of IPv6 addresses, which ipfixDump does not use. */
function plain(address: string | number | undefined): string {
  const text = String(address);
  return text.includes(':') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}

/** From IPFIX element names: weir's JSON, `weir collect`, ipfix_check.py, ipfixDump. Times are texts or ms since 1970. */
export function flowOfFields(fields: FlowFields): SeenFlow {
  const time = (value: string | number | undefined) => new Date(value ?? Number.NaN).getTime();
  const protocol = Number(fields.protocolIdentifier);
  const counts = (prefix: string): Counts => {
    const name = (forward: string) =>
      prefix === '' ? forward : `reverse${forward[0]!.toUpperCase()}${forward.slice(1)}`;
    return {
      packets: Number(fields[name('packetDeltaCount')] ?? 0),
      octets: Number(fields[name('octetDeltaCount')] ?? 0),
      flags: Number(fields[name('tcpControlBits')] ?? 0),
    };
  };
  return {
    from: plain(fields.sourceIPv4Address ?? fields.sourceIPv6Address),
    to: plain(fields.destinationIPv4Address ?? fields.destinationIPv6Address),
    fromPort: Number(fields.sourceTransportPort),
    toPort: isIcmp(protocol) ? icmpOf(fields) : Number(fields.destinationTransportPort),
    protocol,
    start: time(fields.flowStartMilliseconds),
    end: time(fields.flowEndMilliseconds),
    ...counts(''),
    ...(fields.reversePacketDeltaCount === undefined ? {} : { back: counts('reverse') }),
  };
}

export function lineOf(flow: SeenFlow): string {
  const { from, to, fromPort, toPort, protocol, start, end, packets, octets, flags, back } = flow;
  const reverse = back === undefined ? '' : ` back ${back.packets} ${back.octets} ${back.flags}`;
  return `${from} ${fromPort} > ${to} ${toPort} proto ${protocol} ${start}-${end} ${packets} ${octets} ${flags}${reverse}`;
}

export const linesOf = (flows: readonly SeenFlow[]): string[] => flows.map(lineOf).sort();

export interface Sums {
  flows: number;
  packets: number;
  octets: number;
}

/** Both directions. */
export function sumsOf(flows: readonly SeenFlow[]): Sums {
  const sum = (count: (flow: SeenFlow) => number) => flows.reduce((total, flow) => total + count(flow), 0);
  return {
    flows: flows.length,
    packets: sum(({ packets, back }) => packets + (back?.packets ?? 0)),
    octets: sum(({ octets, back }) => octets + (back?.octets ?? 0)),
  };
}
