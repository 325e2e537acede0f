// The capture of the collector matrix: TCP, UDP and ICMP over IPv4 and IPv6, both ways and one way, and one long
// conversation that the active timeout cuts into several records. Frames are one millisecond apart.
import { ethernet, type Pair, pcap, raw, tcp, turned, udp } from './frames.js';

type Sent = readonly [0 | 1, Buffer];
const [fin, syn, rst, psh, ack] = [1, 2, 4, 8, 16];

function pair(family: 4 | 6, host: number, port: number, service: number): Pair {
  const [near, far] = family === 4 ? ['192.0.2.', '198.51.100.'] : ['2001:db8::', '2001:db8:1::'];
  return [
    { address: `${near}${host}`, port },
    { address: `${far}80`, port: service },
  ];
}

function web(way: Pair, octets: number): Sent[] {
  const back = turned(way);
  const [a, b] = [1000, 9000];
  return [
    [0, tcp(way, a, 0, syn)],
    [1, tcp(back, b, a + 1, syn | ack)],
    [0, tcp(way, a + 1, b + 1, psh | ack, 100)],
    [1, tcp(back, b + 1, a + 101, psh | ack, octets)],
    [0, tcp(way, a + 101, b + 1 + octets, fin | ack)],
    [1, tcp(back, b + 1 + octets, a + 102, fin | ack)],
    [0, tcp(way, a + 102, b + 2 + octets, ack)],
  ];
}

function refused(way: Pair): Sent[] {
  return [
    [0, tcp(way, 1, 0, syn)],
    [1, tcp(turned(way), 0, 2, rst | ack)],
  ];
}

function echo(way: Pair, family: 4 | 6): Sent[] {
  const [protocol, request, reply] = family === 4 ? [1, 8, 0] : [58, 128, 129];
  const body = (type: number) => Buffer.from([type, 0, 0, 0, 0, 7, 0, 1, ...new Array<number>(40).fill(0x61)]);
  return [
    [0, raw(way, protocol, body(request))],
    [1, raw(turned(way), protocol, body(reply))],
  ];
}

const datagrams = (way: Pair, ...octets: number[]): Sent[] =>
  octets.map((size, index) => (index % 2 === 0 ? [0, udp(way, size)] : [1, udp(turned(way), size)]));

/** One round of many short flows; `round` keeps their keys apart. */
function round(number: number): Sent[] {
  const sent: Sent[] = [];
  for (const family of [4, 6] as const) {
    for (let host = 1; host <= 6; host++) {
      const port = 20_000 + number * 10 + host;
      sent.push(...web(pair(family, host, port, 443), 200 + 10 * host));
      sent.push(...datagrams(pair(family, host, port, 53), 40, 120 + host));
    }
    const port = 30_000 + number;
    sent.push(...refused(pair(family, 7, port, 22)), ...datagrams(pair(family, 8, port, 514), 300));
    sent.push(...echo(pair(family, 10 + number, 0, 0), family));
  }
  return sent;
}

/**
 * Octets of the pcap file. Twenty rounds are some 600 flows over 2.4 s; with --active-timeout 1s the long conversation is
 * in three records then.
 */
export function matrixCapture(startSeconds: number, rounds = 20): Buffer {
  const long = pair(4, 99, 40_000, 5201);
  const sent: Sent[] = [
    [0, tcp(long, 1, 0, syn)],
    [1, tcp(turned(long), 1, 2, syn | ack)],
  ];
  for (let number = 0; number < rounds; number++) {
    sent.push([0, tcp(long, 2 + 500 * number, 2, psh | ack, 500)], [1, tcp(turned(long), 2, 502 + 500 * number, ack)]);
    sent.push(...round(number));
  }
  return pcap(
    sent.map(([direction, packet]) => ethernet(direction, packet)),
    startSeconds,
  );
}
