// Payloads that DPI has something to say of: a TLS 1.2 ClientHello with a server name, a DNS query and its answer.

function sized(octets: 1 | 2 | 3, body: Buffer): Buffer {
  const head = Buffer.alloc(octets);
  head.writeUIntBE(body.length, 0, octets);
  return Buffer.concat([head, body]);
}

function helloFor(name: string): Buffer {
  const host = Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(name))]);
  const serverName = Buffer.concat([Buffer.from([0, 0]), sized(2, sized(2, host))]);
  const groups = Buffer.from([0, 10, 0, 6, 0, 4, 0, 29, 0, 23]);
  const hello = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 0x5a), // random
    Buffer.from([0]), // no session id
    sized(2, Buffer.from([0xc0, 0x2f, 0xc0, 0x30, 0x00, 0x9c])),
    Buffer.from([1, 0]),
    sized(2, Buffer.concat([serverName, groups])),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), sized(3, hello)]);
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(2, handshake)]);
}

export const clientHello = helloFor('shop.soak.example');

const question = Buffer.concat([
  ...['www', 'soak', 'example', ''].map((label) => sized(1, Buffer.from(label))),
  Buffer.from([0, 1, 0, 1]),
]);

export const dnsQuery = Buffer.concat([Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), question]);
export const dnsAnswer = Buffer.concat([
  Buffer.from([0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]),
  question,
  Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]),
]);
