// Cuts a stream (TCP, file) into IPFIX messages by their length field (RFC 7011 section 3.1, RFC 5655).

const version = 10;

export class MessageFramer {
  #rest: Buffer = Buffer.alloc(0);
  /** The stream is not IPFIX here: no later message can be found. */
  broken = false;

  /** Octets of a message that is not complete yet. */
  get pending(): number {
    return this.#rest.length;
  }

  /** The whole messages that are there with this chunk; views into it, valid as long as it is. */
  push(chunk: Buffer): Buffer[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    let at = 0;
    while (!this.broken && data.length - at >= 4) {
      const length = data.readUInt16BE(at + 2);
      if (data.readUInt16BE(at) !== version || length < 16) {
        this.broken = true;
        break;
      }
      if (data.length - at < length) break;
      messages.push(data.subarray(at, at + length));
      at += length;
    }
    this.#rest = this.broken ? Buffer.alloc(0) : Buffer.from(data.subarray(at));
    return messages;
  }
}
