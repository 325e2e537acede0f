// What nDPI 4.2's own reader printed of its test captures (`ndpiReader -q -t -v 2` with protos.txt and categories.txt),
// one line a flow, as recorded in ../shared/data/ndpi-4.2/results.
import { readFileSync } from 'node:fs';

export interface RecordedFlow {
  /** Protocol and both ends, sorted: the same for both directions. */
  key: string;
  /** The ends in the order of the packets. */
  ends: [string, string];
  packets: [number, number];
  /** nDPI's numbers: "91.178" is 178 over 91, "5" one alone. */
  label: string;
  labelName: string;
  confidence: string;
  /** '' = none. */
  category: string;
  encrypted: boolean;
  riskScore: number;
  /** The rest of the line: what stands there as [Name: value]. */
  facts: Map<string, string>;
}

const protocols: Record<string, number> = { TCP: 6, UDP: 17, ICMP: 1, ICMPV6: 58, IGMP: 2, GRE: 47, SCTP: 132, AH: 51 };

const linePattern = new RegExp(
  /^\s+\d+\s+(\S+) \[?([^\s\]]+)\]?:(\d+) (?:<->|->) \[?([^\s\]]+)\]?:(\d+) (?:\[VLAN: \d+\])?/.source +
    /\[proto: (?:[A-Za-z]+:)?([\d.]+)\/([^\]]+)\]\[(\w+)\]\[Confidence: ([^\]]+)\](?:\[cat: ([^\]]*)\/\d+\])?/.source +
    /\[(\d+) pkts\/\d+ bytes (?:<->|->) (\d+) pkts\/\d+ bytes\](.*)$/.source,
);

/** nDPI prints IPv6 addresses with each ":0:" as "::". */
const asNdpiPrints = (address: string) => address.replaceAll(':0:', '::');

export function flowKey(protocol: number, ends: [string, string]): string {
  return `${protocol} ${[...ends].sort().join(' - ')}`;
}

export function flowEnd(address: string, port: number): string {
  return `${asNdpiPrints(address)} ${port}`;
}

function readLine(line: string): RecordedFlow | undefined {
  const match = linePattern.exec(line);
  if (match === null) return undefined;
  const [, protocol, source, sourcePort, destination, destinationPort, label, labelName, encrypted] = match;
  const ends: [string, string] = [flowEnd(source!, Number(sourcePort)), flowEnd(destination!, Number(destinationPort))];
  const facts = new Map<string, string>();
  for (const fact of match[13]!.slice(1, -1).split('][')) {
    const [name, value] = fact.split(/: (.*)/s);
    if (value !== undefined && !facts.has(name!)) facts.set(name!, value);
  }
  return {
    key: flowKey(protocols[protocol!] ?? Number(protocol), ends),
    ends,
    label: label!,
    labelName: labelName!,
    encrypted: encrypted === 'Encrypted',
    confidence: match[9]!,
    category: match[10] ?? '',
    packets: [Number(match[11]), Number(match[12])],
    riskScore: Number(facts.get('Risk Score') ?? 0),
    facts,
  };
}

/** Throws when a line of a flow is not understood: a difference must not hide there. */
export function readRecording(file: string): RecordedFlow[] {
  return readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line.includes('[proto: '))
    .map((line) => {
      const flow = readLine(line);
      if (flow === undefined) throw new Error(`${file}: not understood: ${line}`);
      return flow;
    });
}
