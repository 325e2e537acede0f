// Wraps what a collector got into a pcap, so that tshark reads it without a live capture.

const head = (() => {
  const octets = Buffer.alloc(24);
  octets.writeUInt32LE(0xa1b2c3d4, 0);
  octets.writeUInt16LE(2, 4);
  octets.writeUInt16LE(4, 6);
  octets.writeUInt32LE(262144, 16);
  octets.writeUInt32LE(101, 20); // raw IP
  return octets;
})();

function ip(protocol: number, body: Buffer): Buffer {
  if (body.length + 20 > 65535) throw new Error(`${body.length} octets do not fit an IP packet`);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + body.length, 2);
  header[8] = 64;
  header[9] = protocol;
  header.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
  return Buffer.concat([header, body]);
}

/** seconds: when they were sent, since 1970. */
function pcapOf(packets: readonly Buffer[], seconds = 0): Buffer {
  const parts: Buffer[] = [head];
  for (const packet of packets) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(seconds, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    parts.push(record, packet);
  }
  return Buffer.concat(parts);
}

/**
 * Octets of a pcap file with one datagram a message, sent at that second since 1970; one longer than a datagram is
 * refused.
 */
export function pcapOfDatagrams(messages: readonly Buffer[], seconds = 0, port = 4739): Buffer {
  return pcapOf(
    messages.map((message) => {
      const header = Buffer.alloc(8);
      header.writeUInt16BE(40000, 0);
      header.writeUInt16BE(port, 2);
      header.writeUInt16BE(8 + message.length, 4);
      return ip(17, Buffer.concat([header, message]));
    }),
    seconds,
  );
}

/** Octets of a pcap file with the stream in segments to TCP port 4739, cut without regard to messages. */
export function pcapOfStream(stream: Buffer, segment = 1448): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; at < stream.length; at += segment) {
    const header = Buffer.alloc(20);
    header.writeUInt16BE(40000, 0);
    header.writeUInt16BE(4739, 2);
    header.writeUInt32BE(1 + at, 4);
    header[12] = 0x50;
    header[13] = 0x18; // PSH, ACK
    header.writeUInt16BE(65535, 14);
    packets.push(ip(6, Buffer.concat([header, stream.subarray(at, at + segment)])));
  }
  return pcapOf(packets);
}

/** The IPFIX messages of an RFC 5655 file or a stream. */
export function messagesOf(file: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < file.length; at += file.readUInt16BE(at + 2)) {
    messages.push(file.subarray(at, at + file.readUInt16BE(at + 2)));
  }
  return messages;
}
