// SCTP, the transport that RFC 7011 asks of every exporter (section 10.2): one message is one send, ordered and reliable
// on stream 0. The socket is native and never blocks; it is looked at by a timer, since Node cannot wait for it.

import { lookup as dnsLookup } from 'node:dns/promises';
import { Duplex } from 'node:stream';
import { isErrorCode, WeirError } from '../errors.js';
import { errorText } from './failure_log.js';
import { type Clock, systemClock } from './sink.js';
import { StreamSink, type StreamOptions, type StreamTransport } from './stream.js';

/** The native socket, as native/boundary.ts describes SctpSender. */
export interface MessageSender {
  connect(address: string, port: number): void;
  poll(): 'idle' | 'connecting' | 'connected' | 'closed';
  send(message: Uint8Array): boolean;
  readonly lastError: string;
  shutdown(): void;
  close(): void;
}

export interface MessageSocketOptions {
  family: 4 | 6;
  protocol: number;
  bind: string;
}

export interface SctpSinkOptions extends StreamOptions {
  host: string;
  port: number;
  /** Local address, '' = any. */
  bind?: string;
  /** IP protocol: 132 unless a test says otherwise. */
  protocol?: number;
  openSender: (options: MessageSocketOptions) => MessageSender;
  lookup?: (host: string) => Promise<{ address: string; family: number }>;
}

const sctp = 132;
const connectingMs = 20;
const idleMs = 200;
const busyMs = 2;

/** The native socket as a stream of messages: each write() is one. */
class MessageStream extends Duplex {
  #sender: MessageSender;
  #clock: Clock;
  #connected = false;
  #cancelLook: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(sender: MessageSender, clock: Clock) {
    super({ allowHalfOpen: false });
    this.#sender = sender;
    this.#clock = clock;
    this.#lookAfter(0);
  }

  override _read(): void {}

  override _write(message: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#sender.send(message)) done();
    else if (this.#sender.lastError !== '') done(new Error(this.#sender.lastError));
    else this.#cancelRetry = this.#clock.after(busyMs, () => this._write(message, _encoding, done));
  }

  override _final(done: () => void): void {
    this.#sender.shutdown();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#cancelLook?.();
    this.#cancelRetry?.();
    this.#sender.close();
    done(error);
  }

  #lookAfter(ms: number): void {
    this.#cancelLook = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const state = this.#sender.poll();
    if (state === 'closed') {
      if (this.#sender.lastError === '') this.push(null);
      else this.destroy(new Error(this.#sender.lastError));
      return;
    }
    if (state === 'connected' && !this.#connected) {
      this.#connected = true;
      this.emit('connect');
    }
    this.#lookAfter(this.#connected ? idleMs : connectingMs);
  }
}

function sctpTransport(options: SctpSinkOptions): StreamTransport {
  const { name, host, port, bind = '', protocol = sctp, openSender, lookup = dnsLookup, clock = systemClock } = options;
  let peer: { address: string; family: number };
  return {
    target: `${host} port ${port} by SCTP`,
    unitsPerWrite: 1,
    async check() {
      try {
        openSender({ family: 4, protocol, bind: '' }).close();
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        throw new WeirError(isErrorCode(code) ? code : 'WEIR_SCTP', `${name}: ${errorText(error)}`, { cause: error });
      }
    },
    async prepare() {
      peer = await lookup(host);
    },
    connect() {
      const sender = openSender({ family: peer.family === 6 ? 6 : 4, protocol, bind });
      sender.connect(peer.address, port);
      return new MessageStream(sender, clock);
    },
  };
}

export class SctpSink extends StreamSink {
  constructor(options: SctpSinkOptions) {
    super(options, sctpTransport(options));
  }
}
