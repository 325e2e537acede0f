// Wraps messages into UDP datagrams of a pcap, so that tshark reads them without a live capture.

/** Octets of a pcap file with one UDP datagram (port 4739) a message of an RFC 5655 file. */
export function pcapOfMessages(file: Buffer): Buffer {
  const messages: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt16BE(at + 2);
    messages.push(file.subarray(at, at + length));
    at += length;
  }
  return pcapOfDatagrams(messages, (message) => message.readUInt32BE(4), 4739);
}

/** Octets of a pcap file with these UDP datagrams, sent at one time or each at its own (seconds since 1970). */
export function pcapOfDatagrams(
  datagrams: readonly Buffer[],
  seconds: number | ((datagram: Buffer) => number),
  port: number,
): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262144, 16);
  head.writeUInt32LE(101, 20); // raw IP
  const parts: Buffer[] = [head];
  for (const datagram of datagrams) {
    const { length } = datagram;
    if (length + 28 > 65535) throw new Error(`message of ${length} octets does not fit a datagram`);
    const packet = Buffer.alloc(28);
    packet[0] = 0x45;
    packet.writeUInt16BE(28 + length, 2);
    packet[8] = 64;
    packet[9] = 17;
    packet.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
    packet.writeUInt16BE(40000, 20);
    packet.writeUInt16BE(port, 22);
    packet.writeUInt16BE(8 + length, 24);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(typeof seconds === 'number' ? seconds : seconds(datagram), 0);
    record.writeUInt32LE(28 + length, 8);
    record.writeUInt32LE(28 + length, 12);
    parts.push(record, packet, datagram);
  }
  return Buffer.concat(parts);
}
