// Ethernet frames and pcap files by rule, for tests that send them. Checksums are 0: nothing on the way looks at them.

export interface Endpoint {
  address: string;
  port: number;
}

/** One side of a conversation first, the other second. */
export type Pair = readonly [Endpoint, Endpoint];

const macs = [Buffer.from([2, 0, 0, 0, 0, 1]), Buffer.from([2, 0, 0, 0, 0, 2])] as const;

function addressOctets(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const words = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .map((word) => parseInt(word, 16));
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}

/** Direction 0 is from the near end of the veth pair to the far one, 1 is back. */
export function ethernet(direction: 0 | 1, packet: Buffer): Buffer {
  const type = packet[0]! >> 4 === 6 ? [0x86, 0xdd] : [8, 0];
  return Buffer.concat([macs[1 - direction]!, macs[direction], Buffer.from(type), packet]);
}

function ip4(pair: Pair, protocol: number, body: Buffer, id: number, offset: number, more: boolean): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + body.length, 2);
  header.writeUInt16BE(id & 0xffff, 4);
  header.writeUInt16BE((more ? 0x2000 : 0) | (offset >> 3), 6);
  header[8] = 64;
  header[9] = protocol;
  header.set(addressOctets(pair[0].address), 12);
  header.set(addressOctets(pair[1].address), 16);
  return Buffer.concat([header, body]);
}

function ip6(pair: Pair, protocol: number, body: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(body.length, 4);
  header[6] = protocol;
  header[7] = 64;
  header.set(addressOctets(pair[0].address), 8);
  header.set(addressOctets(pair[1].address), 24);
  return Buffer.concat([header, body]);
}

function fragment6(pair: Pair, protocol: number, body: Buffer, id: number, offset: number, more: boolean): Buffer {
  const header = Buffer.from([protocol, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(offset | (more ? 1 : 0), 2);
  header.writeUInt32BE(id, 4);
  return ip6(pair, 44, Buffer.concat([header, body]));
}

function ip(pair: Pair, protocol: number, body: Buffer): Buffer {
  return pair[0].address.includes(':') ? ip6(pair, protocol, body) : ip4(pair, protocol, body, 0, 0, false);
}

export function udpBody(pair: Pair, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(pair[0].port, 0);
  header.writeUInt16BE(pair[1].port, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** A datagram as an IP packet. */
export function udp(pair: Pair, octets: number | Buffer): Buffer {
  return ip(pair, 17, udpBody(pair, typeof octets === 'number' ? Buffer.alloc(octets, 0x61) : octets));
}

/** A segment as an IP packet. */
export function tcp(pair: Pair, sequence: number, acknowledgment: number, flags: number, octets = 0): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(pair[0].port, 0);
  header.writeUInt16BE(pair[1].port, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(acknowledgment, 8);
  header[12] = 0x50;
  header[13] = flags;
  header.writeUInt16BE(64240, 14);
  return ip(pair, 6, Buffer.concat([header, Buffer.alloc(octets, 0x61)]));
}

/** An IP packet with any protocol and body. */
export function raw(pair: Pair, protocol: number, body: Buffer): Buffer {
  return ip(pair, protocol, body);
}

/** A datagram of `octets` payload in IP fragments that carry at most `size` octets each (a multiple of 8). */
export function udpFragments(pair: Pair, octets: number, size: number, id: number): Buffer[] {
  const body = udpBody(pair, Buffer.alloc(octets, 0x62));
  const fragments: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    const more = at + size < body.length;
    const write = pair[0].address.includes(':') ? fragment6 : ip4;
    fragments.push(write(pair, 17, part, id, at, more));
  }
  return fragments;
}

/** RFC 7348: an Ethernet frame in a datagram between the tunnel endpoints. */
export function vxlan(outer: Pair, vni: number, frame: Buffer): Buffer {
  const header = Buffer.from([8, 0, 0, 0, vni >> 16, (vni >> 8) & 255, vni & 255, 0]);
  return udp(outer, Buffer.concat([header, frame]));
}

export const turned = ([a, b]: Pair): Pair => [b, a];

/** Header of a pcap file of Ethernet frames. */
export function pcapHeader(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262144, 16);
  head.writeUInt32LE(1, 20);
  return head;
}

/** A frame as it stands in a pcap file. */
export function pcapRecord(frame: Buffer, ms: number): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(Math.floor(ms / 1000), 0);
  record.writeUInt32LE((ms % 1000) * 1000, 4);
  record.writeUInt32LE(frame.length, 8);
  record.writeUInt32LE(frame.length, 12);
  return Buffer.concat([record, frame]);
}

/** A pcap file of Ethernet frames, one millisecond apart from `startSeconds` on. */
export function pcap(frames: readonly Buffer[], startSeconds = 1_700_000_000): Buffer {
  const records = frames.map((frame, index) => pcapRecord(frame, startSeconds * 1000 + index));
  return Buffer.concat([pcapHeader(), ...records]);
}
