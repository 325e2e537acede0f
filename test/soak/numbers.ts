// Flows with a number each, as packets to be replayed: what every one of them must come out as is known to the packet.
// A block is one capture file; its frames are made once and only the addresses and ports of the flows are written anew.
import { writeFileSync } from 'node:fs';
import { ethernet, type Pair, pcap, tcp, turned, udp, udpFragments } from '../support/frames.js';
import { clientHello, dnsAnswer, dnsQuery } from './payloads.js';

const portsAnAddress = 1 << 14;
const firstPort = 1024;
/** The addresses of numbered flows begin so; nothing else in the lab does. */
const prefix4 = [10, 77] as const;

const address4 = (host: number): string => `${prefix4.join('.')}.${host >> 8}.${host & 255}`;
const address6 = (host: number): string => `2001:db8:77::${host.toString(16)}`;

/** Number of the flow that a record is about; undefined for others. */
export function numberOf(fields: Readonly<Record<string, unknown>>): number | undefined {
  return (
    numberAt(fields.sourceIPv4Address ?? fields.sourceIPv6Address, fields.sourceTransportPort) ??
    numberAt(fields.destinationIPv4Address ?? fields.destinationIPv6Address, fields.destinationTransportPort)
  );
}

function numberAt(address: unknown, port: unknown): number | undefined {
  if (typeof address !== 'string') return undefined;
  let host: number;
  if (address.startsWith('10.77.')) {
    const parts = address.split('.');
    host = Number(parts[2]) * 256 + Number(parts[3]);
  } else if (address.startsWith('2001:db8:77::')) host = Number.parseInt(address.slice(13) || '0', 16);
  else return undefined;
  return host * portsAnAddress + Number(port) - firstPort;
}

const [syn, ack, psh, fin] = [2, 16, 8, 1];

function conversation(pair: Pair, request: Buffer, answer: number): Buffer[] {
  const back = turned(pair);
  const asked = Buffer.concat([tcp(pair, 1001, 9001, psh | ack), request]);
  const six = asked[0]! >> 4 === 6;
  asked.writeUInt16BE(asked.length - (six ? 40 : 0), six ? 4 : 2);
  return [
    tcp(pair, 1000, 0, syn),
    tcp(back, 9000, 1001, syn | ack),
    tcp(pair, 1001, 9001, ack),
    asked,
    tcp(back, 9001, 1001 + request.length, psh | ack, answer),
    tcp(pair, 1001 + request.length, 9001 + answer, fin | ack),
    tcp(back, 9001 + answer, 1002 + request.length, fin | ack),
    tcp(pair, 1002 + request.length, 9002 + answer, ack),
  ];
}

/** Kinds of flows, as their IP packets. Fragments come last in a block's order of flows, so that none is between a datagram's. */
const kinds: ((pair: Pair, id: number) => Buffer[])[] = [
  (pair) => [udp(pair, 100)],
  (pair) => [udp(pair, 40)],
  (pair) => conversation(pair, clientHello, 300),
  (pair) => [udp(pair, dnsQuery), udp(turned(pair), dnsAnswer)],
  (pair) => [tcp(pair, 1, 0, syn)],
  (pair) => conversation(pair, Buffer.from('GET / HTTP/1.1\r\nHost: soak.example\r\n\r\n'), 700),
  (pair) => Array.from({ length: 5 }, () => udp(pair, 1200)),
  (pair, id) => udpFragments(pair, 2000, 800, id),
  (pair) => [udp(pair, 200), udp(turned(pair), 20)],
  (pair) => [tcp(pair, 1, 0, syn), tcp(turned(pair), 1, 2, 4 | ack)],
];
const serverPorts = [9, 514, 443, 53, 8443, 80, 4789 + 1, 2049, 123, 22];

interface Frame {
  /** In the file. */
  at: number;
  /** Of the block's flows. */
  flow: number;
  six: boolean;
  forward: boolean;
  /** Where the ports are in the packet; undefined: a later fragment. */
  ports: number | undefined;
  /** Where a fragment's identification is: datagrams that follow each other differ in it. */
  id: number | undefined;
}

export interface Sent {
  first: number;
  flows: number;
  frames: number;
}

export class NumberedBlock {
  readonly flows: number;
  readonly frames: number;
  /** Packets of each flow. */
  readonly packets: Uint8Array;
  readonly #file: Buffer;
  readonly #frames: Frame[] = [];

  /** shape: kinds by index; undefined: all kinds in turn. Every fourth flow is IPv6. */
  constructor(flows: number, shape?: readonly number[]) {
    this.flows = flows;
    this.packets = new Uint8Array(flows);
    const made: Buffer[] = [];
    let at = 24;
    for (let flow = 0; flow < flows; flow++) {
      const kind = shape === undefined ? flow % kinds.length : shape[flow % shape.length]!;
      const six = Math.floor(flow / kinds.length) % 4 === 3;
      const client = { address: six ? address6(0) : address4(0), port: firstPort };
      const server = { address: six ? '2001:db8:1::9' : '10.9.0.60', port: serverPorts[kind]! };
      for (const packet of kinds[kind]!([client, server], flow)) {
        const frame = ethernet(0, packet);
        const fromServer = packet.subarray(six ? 8 : 12, six ? 24 : 16).equals(serverOctets(server.address));
        this.#frames.push({ at: at + 16 + 14, flow, six, forward: !fromServer, ...placesOf(packet, six) });
        this.packets[flow]!++;
        made.push(frame);
        at += 16 + frame.length;
      }
    }
    this.frames = made.length;
    this.#file = pcap(made);
  }

  /** Writes the capture of the flows [first, first + flows). */
  write(path: string, first: number): Sent {
    for (const frame of this.#frames) this.#number(frame, first + frame.flow);
    writeFileSync(path, this.#file);
    return { first, flows: this.flows, frames: this.frames };
  }

  #number({ at, six, forward, ports, id }: Frame, number: number): void {
    const host = Math.floor(number / portsAnAddress);
    const address = six ? at + (forward ? 8 : 24) + 14 : at + (forward ? 12 : 16) + 2;
    this.#file.writeUInt16BE(host, address);
    if (ports !== undefined)
      this.#file.writeUInt16BE(firstPort + (number % portsAnAddress), at + ports + (forward ? 0 : 2));
    if (id !== undefined) this.#file.writeUInt16BE(number & 0xffff, at + id);
  }
}

function serverOctets(address: string): Buffer {
  return address.includes(':')
    ? Buffer.from('20010db8000100000000000000000009', 'hex')
    : Buffer.from(address.split('.').map(Number));
}

function placesOf(packet: Buffer, six: boolean): Pick<Frame, 'ports' | 'id'> {
  if (six && packet[6] !== 44) return { ports: 40, id: undefined };
  const offset = six ? packet.readUInt16BE(42) >> 3 : packet.readUInt16BE(6) & 0x1fff;
  return { ports: offset === 0 ? (six ? 48 : 20) : undefined, id: six ? 46 : 4 };
}
