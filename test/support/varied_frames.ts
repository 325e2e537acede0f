// Frames that between them give every field of a flow record something to say, for tests of encoders.
import { ethernet, type Pair, pcap, raw, tcp, turned, udp, udpFragments, vxlan } from './frames.js';

const client4: Pair = [
  { address: '192.0.2.10', port: 40_000 },
  { address: '198.51.100.80', port: 443 },
];
const client6: Pair = [
  { address: '2001:db8::10', port: 40_001 },
  { address: '2001:db8:1::80', port: 443 },
];
const [syn, ack, psh, fin] = [2, 16, 8, 1];
type Sent = readonly [0 | 1, Buffer];

/** The IP packet with a ToS octet or traffic class. */
function marked(packet: Buffer, tos: number): Buffer {
  const copy = Buffer.from(packet);
  if (copy[0]! >> 4 === 4) copy[1] = tos;
  else copy.writeUInt16BE(0x6000 | (tos << 4), 0);
  return copy;
}

/** The TCP packet with an MSS and a window scale option, as SYN segments have them. */
function withOptions(packet: Buffer, mss: number, shift: number): Buffer {
  const six = packet[0]! >> 4 === 6;
  const options = Buffer.from([2, 4, mss >> 8, mss & 255, 1, 3, 3, shift]);
  const copy = Buffer.concat([packet, options]);
  copy.writeUInt16BE(copy.length - (six ? 40 : 0), six ? 4 : 2);
  copy[(six ? 40 : 20) + 12] = 0x70;
  return copy;
}

function withWindow(packet: Buffer, window: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(window, (copy[0]! >> 4 === 6 ? 40 : 20) + 14);
  return copy;
}

/** Handshake, data, retransmission, a filled and a lasting hole, a small or zero window, the end: each way. */
function conversation(pair: Pair, smallest: number): Sent[] {
  const back = turned(pair);
  const [a, b] = [1000, 9000];
  const sent: Sent[] = [
    [0, marked(withOptions(tcp(pair, a, 0, syn), 1460, 7), 0x28)],
    [1, marked(withOptions(tcp(back, b, a + 1, syn | ack), 1400, 6), 0x48)],
    [0, tcp(pair, a + 1, b + 1, ack)],
  ];
  for (const [direction, way, from, to] of [
    [0, pair, a + 1, b + 1],
    [1, back, b + 1, a + 5201],
  ] as const) {
    const segment = (at: number, octets: number): Sent => [direction, tcp(way, from + at, to, psh | ack, octets)];
    sent.push(segment(0, 1000), segment(0, 1000), segment(2000, 1000), segment(1000, 1000), segment(4000, 1200));
    sent.push([direction, withWindow(tcp(way, from + 5200, to, ack), smallest)]);
  }
  sent.push([0, tcp(pair, a + 5201, b + 5201, fin | ack)], [1, tcp(back, b + 5201, a + 5202, fin | ack)]);
  return sent;
}

function tagged(frame: Buffer, ...tags: number[][]): Buffer {
  return Buffer.concat([frame.subarray(0, 12), ...tags.map((tag) => Buffer.from(tag)), frame.subarray(12)]);
}

/** RFC 3032: one label stack entry (label 100, traffic class 5, bottom, TTL 60) in front of the IP packet. */
function mpls(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(0, 12), Buffer.from([0x88, 0x47, 0x00, 0x06, 0x4b, 60]), frame.subarray(14)]);
}

/** Another flow between the same hosts. */
const fromPort = ([near, far]: Pair, port: number): Pair => [{ ...near, port }, far];

const framed = (sent: readonly Sent[]): Buffer[] => sent.map(([direction, packet]) => ethernet(direction, packet));

/** No tunnels: TCP, UDP in fragments, ICMP, ESP, VLAN and MPLS, over IPv4 and IPv6, sizes of every class. */
export function plainFrames(): Buffer[] {
  const qinq = [
    [0x88, 0xa8, 0x60, 0x64],
    [0x81, 0x00, 0x00, 0xc8],
  ];
  const unreachable4 = raw(client4, 1, Buffer.from([3, 1, 0, 0, 0, 0, 0, 0]));
  const unreachable6 = raw(client6, 58, Buffer.from([1, 4, 0, 0, 0, 0, 0, 0]));
  const esp = Buffer.from([0, 0, 0x12, 0x34, 0, 0, 0, 1, ...new Array<number>(24).fill(0xee)]);
  const labelled = udp(fromPort(client6, 50_001), 40);
  labelled.writeUInt32BE(0x600abcde, 0);
  const frames = [...framed(conversation(client4, 0)), ...framed(conversation(client6, 500))];
  for (const pair of [client4, client6]) {
    for (const octets of [20, 200, 400, 800, 1400, 3000]) {
      frames.push(ethernet(0, udp(pair, octets)), ethernet(1, udp(turned(pair), octets)));
    }
    frames.push(...udpFragments(pair, 2000, 800, 77).map((packet) => ethernet(0, packet)));
    frames.push(...udpFragments(turned(pair), 2000, 800, 78).map((packet) => ethernet(1, packet)));
    frames.push(ethernet(0, raw(pair, 50, esp)), ethernet(1, raw(turned(pair), 50, esp)));
    frames.push(tagged(ethernet(0, udp(pair, 60)), ...qinq));
  }
  frames.push(mpls(ethernet(0, udp(fromPort(client4, 50_000), 60))), ethernet(0, labelled));
  frames.push(ethernet(0, unreachable4), ethernet(0, unreachable6));
  frames.push(ethernet(0, udp(client4, 20)), ethernet(0, udp(client6, 20))); // after a short active timeout
  return frames;
}

/** RFC 2661 data message with PPP in a datagram: tunnel and session id, then an IPv4 packet. */
function l2tp(outer: Pair, tunnel: number, session: number, packet: Buffer): Buffer {
  const header = Buffer.from([0, 2, tunnel >> 8, tunnel & 255, session >> 8, session & 255, 0xff, 0x03, 0x00, 0x21]);
  return udp(outer, Buffer.concat([header, packet]));
}

/** The conversations inside VXLAN (over IPv4 and IPv6) and L2TP, both ways. */
export function tunnelFrames(): Buffer[] {
  const ends = (a: string, b: string, port: number): Pair => [
    { address: a, port },
    { address: b, port },
  ];
  const outer4 = ends('203.0.113.1', '203.0.113.2', 4789);
  const outer6 = ends('2001:db8:a::1', '2001:db8:b::2', 4789);
  const l2tpEnds = ends('203.0.113.3', '203.0.113.4', 1701);
  const way = (pair: Pair, direction: 0 | 1): Pair => (direction === 0 ? pair : turned(pair));
  return [
    ...conversation(client4, 0).map(([d, packet]) => ethernet(d, vxlan(way(outer4, d), 4100, ethernet(d, packet)))),
    ...conversation(client6, 500).map(([d, packet]) => ethernet(d, vxlan(way(outer6, d), 4200, ethernet(d, packet)))),
    ...conversation(client4, 0).map(([d, packet]) => ethernet(d, l2tp(way(l2tpEnds, d), 5, 9 + d, packet))),
  ];
}

/** A pcap file with nanosecond times: at most 900 frames, 1.000237 ms apart from `startSeconds` on. */
export function captureNanoseconds(frames: readonly Buffer[], startSeconds = 1_700_000_000): Buffer {
  const file = pcap(frames, startSeconds);
  file.writeUInt32LE(0xa1b23c4d, 0);
  let at = 24;
  for (const [index, frame] of frames.entries()) {
    file.writeUInt32LE(index * 1_000_237 + 123_456, at + 4);
    at += 16 + frame.length;
  }
  return file;
}
