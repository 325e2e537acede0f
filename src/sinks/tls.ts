// TLS over TCP, both ends authenticated (RFC 7011 section 11, RFC 5425 for syslog): TLS 1.3, or 1.2 where the collector
// has no other; no fall-back and no way to skip the check of the collector's certificate.

import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { WeirError } from '../errors.js';
import { errorText } from './failure_log.js';
import { type Clock, systemClock } from './sink.js';
import { StreamSink, type StreamOptions, type StreamTransport } from './stream.js';
import { tcpAddress, tuned, type TcpOptions } from './tcp.js';
import { TlsCredentials, type TlsOptions } from './tls_credentials.js';

export interface TlsSinkOptions extends StreamOptions, TcpOptions, TlsOptions {}

const settleMs = 1_000;
const freshMs = 2_000;

/**
 * A TLS 1.3 collector looks at our certificate after our side of the handshake is done. So the session stands when it
 * gave a session ticket, which it does behind that check, or after a second for those that give none.
 */
class TlsTransport implements StreamTransport {
  readonly target: string;
  #name: string;
  #options: TcpOptions & TlsOptions;
  #clock: Clock;
  #credentials: TlsCredentials;
  #ready: ConnectionOptions = {};
  #shookHandsAt: number | undefined;

  constructor(name: string, options: TcpOptions & TlsOptions, clock: Clock) {
    this.target = `${options.host} port ${options.port} by TLS`;
    this.#name = name;
    this.#options = options;
    this.#clock = clock;
    this.#credentials = new TlsCredentials(options.host, options);
  }

  async check(): Promise<void> {
    try {
      await this.prepare();
    } catch (error) {
      throw new WeirError('WEIR_TLS', `${this.#name}: ${errorText(error)}`, { cause: error });
    }
  }

  async prepare(): Promise<void> {
    this.#ready = await this.#credentials.read();
  }

  connect(): Duplex {
    this.#shookHandsAt = undefined;
    return tuned(connect({ ...this.#ready, ...tcpAddress(this.#options) }));
  }

  whenOpen(duplex: Duplex, opened: () => void): void {
    const socket = duplex as TLSSocket;
    socket.once('secureConnect', () => {
      this.#shookHandsAt = this.#clock.now();
      if (socket.getProtocol() !== 'TLSv1.3') {
        opened();
        return;
      }
      let done = false;
      const once = (): void => {
        if (!done) opened();
        done = true;
      };
      const cancel = this.#clock.after(settleMs, once);
      // 'session' comes from inside OpenSSL's read: what is written before that returns is garbled.
      socket.once('session', () => setImmediate(once));
      socket.once('close', cancel);
    });
  }

  explain(_socket: Duplex, error: Error | undefined): string | undefined {
    const words = this.#credentials.explain(error);
    const fresh = this.#shookHandsAt !== undefined && this.#clock.now() - this.#shookHandsAt < freshMs;
    if (words !== undefined || !fresh) return words;
    const own = this.#options.cert
      ? `refuse our certificate (${this.#options.cert})`
      : 'want a certificate (cert, key)';
    return `${error ? errorText(error) : 'closed by the collector'} right after the handshake: it may ${own}`;
  }
}

export function tlsTransport(name: string, options: TcpOptions & TlsOptions, clock?: Clock): StreamTransport {
  return new TlsTransport(name, options, clock ?? systemClock);
}

export class TlsSink extends StreamSink {
  constructor(options: TlsSinkOptions) {
    super(options, tlsTransport(options.name, options, options.clock));
  }
}
