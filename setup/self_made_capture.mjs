// A small capture made by rule, so that weir shows flows where it may not capture: one DNS exchange and one HTTP
// exchange over TCP between documentation addresses (RFC 5737). Ethernet, pcap with µs, little-endian.

const client = [192, 0, 2, 10];
const server = [198, 51, 100, 80];
const resolver = [192, 0, 2, 53];

function ipv4(protocol, source, destination, body) {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + body.length, 2);
  header[6] = 0x40; // don't fragment
  header[8] = 64;
  header[9] = protocol;
  header.set(source, 12);
  header.set(destination, 16);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += header.readUInt16BE(i);
  sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 10);
  const ethernet = Buffer.from([2, 0, 0, 0, 0, destination[3], 2, 0, 0, 0, 0, source[3], 8, 0]);
  return Buffer.concat([ethernet, header, body]);
}

function udp(sourcePort, destinationPort, payload) {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

function tcp(sourcePort, destinationPort, sequence, acknowledgment, flags, payload = Buffer.alloc(0)) {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(acknowledgment, 8);
  header[12] = 0x50;
  header[13] = flags;
  header.writeUInt16BE(64240, 14);
  return Buffer.concat([header, payload]);
}

function dns(response) {
  const name = Buffer.from('\x03www\x07example\x03com\x00', 'latin1');
  const question = Buffer.concat([name, Buffer.from([0, 1, 0, 1])]);
  const head = Buffer.from([
    0x12,
    0x34,
    response ? 0x81 : 0x01,
    response ? 0x80 : 0,
    0,
    1,
    0,
    response ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, ...server]);
  return Buffer.concat(response ? [head, question, answer] : [head, question]);
}

/** Octets of a pcap file with 12 frames, the first at `startSeconds` since 1970: a DNS flow and a TCP flow. */
export function selfMadeCapture(startSeconds = Math.floor(Date.now() / 1000)) {
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n');
  const reply = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n${'x'.repeat(512)}`);
  const up = (sequence, ack, flags, payload) => ipv4(6, client, server, tcp(40000, 80, sequence, ack, flags, payload));
  const down = (sequence, ack, flags, payload) =>
    ipv4(6, server, client, tcp(80, 40000, sequence, ack, flags, payload));
  const [a, b] = [1000, 9000];
  const frames = [
    ipv4(17, client, resolver, udp(53124, 53, dns(false))),
    ipv4(17, resolver, client, udp(53, 53124, dns(true))),
    up(a, 0, 0x02),
    down(b, a + 1, 0x12),
    up(a + 1, b + 1, 0x10),
    up(a + 1, b + 1, 0x18, request),
    down(b + 1, a + 1 + request.length, 0x10),
    down(b + 1, a + 1 + request.length, 0x18, reply),
    up(a + 1 + request.length, b + 1 + reply.length, 0x10),
    up(a + 1 + request.length, b + 1 + reply.length, 0x11),
    down(b + 1 + reply.length, a + 2 + request.length, 0x11),
    up(a + 2 + request.length, b + 2 + reply.length, 0x10),
  ];
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const parts = [head];
  frames.forEach((frame, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(startSeconds, 0);
    record.writeUInt32LE(index * 7000, 4); // 7 ms apart
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    parts.push(record, frame);
  });
  return Buffer.concat(parts);
}
