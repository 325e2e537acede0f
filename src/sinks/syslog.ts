// Syslog, RFC 5424: each line is a message. Over UDP one datagram each (RFC 5426), over TCP and TLS with its length in
// front (RFC 6587 section 3.4.1, RFC 5425).

import { type Sink, systemClock } from './sink.js';
import { StreamSink, type StreamOptions, type StreamTransport } from './stream.js';
import { SyslogHeader, type SyslogHeaderOptions } from './syslog_header.js';
import { tcpTransport } from './tcp.js';
import { tlsTransport } from './tls.js';
import type { TlsOptions } from './tls_credentials.js';
import { type DatagramOptions, type DatagramSender, type Lookup, UdpSink } from './udp.js';

export interface SyslogSinkOptions extends StreamOptions, TlsOptions, SyslogHeaderOptions {
  transport: 'udp' | 'tcp' | 'tls';
  host: string;
  port: number;
  /** Local address, '' = any. */
  bind?: string;
  /** UDP: SO_SNDBUF octets, 0 = the system's default. */
  sendBuffer?: number;
  /** UDP: the native socket. */
  openSender: (options: DatagramOptions) => DatagramSender;
  /** UDP: see UdpSinkOptions. */
  mustResolve?: boolean;
  lookup?: Lookup;
}

const datagramsPerCall = 64;

/** Puts the header before each line on its way to the socket. */
class SyslogSender implements DatagramSender {
  #inner: DatagramSender;
  #header: SyslogHeader;

  constructor(inner: DatagramSender, header: SyslogHeader) {
    this.#inner = inner;
    this.#header = header;
  }

  /** Octets of a line. */
  get payloadSize(): number {
    return this.#inner.payloadSize - this.#header.octets;
  }

  get lastError(): string {
    return this.#inner.lastError;
  }

  send(bytes: Uint8Array, ends: Uint32Array, from: number, units: number): number {
    for (let first = from; first < units; ) {
      const count = Math.min(units - first, datagramsPerCall);
      const messages: Buffer[] = [];
      const messageEnds = new Uint32Array(count);
      let end = 0;
      for (let index = 0; index < count; index++) {
        const unit = first + index;
        const message = this.#header.message(bytes.subarray(unit === 0 ? 0 : ends[unit - 1], ends[unit]));
        messages.push(message);
        end += message.length;
        messageEnds[index] = end;
      }
      const sent = this.#inner.send(Buffer.concat(messages, end), messageEnds, 0, count);
      if (sent < count) return first + sent;
      first += sent;
    }
    return units;
  }

  close(): void {
    this.#inner.close();
  }
}

function datagrams(options: SyslogSinkOptions, header: SyslogHeader): Sink {
  const { name, host, port, bind, sendBuffer, mustResolve, lookup, clock, openSender } = options;
  return new UdpSink({
    name,
    host,
    port,
    bind,
    sendBuffer,
    mustResolve,
    lookup,
    clock,
    // A line may be longer than the path takes in one packet: here the IP layer may fragment.
    openSender: (given) => new SyslogSender(openSender({ ...given, fragment: true }), header),
  });
}

export function syslogSink(options: SyslogSinkOptions): Sink {
  const header = new SyslogHeader(options, options.clock ?? systemClock);
  if (options.transport === 'udp') return datagrams(options, header);
  const transport: StreamTransport =
    options.transport === 'tls' ? tlsTransport(options.name, options, options.clock) : tcpTransport(options);
  transport.frame = (line) => {
    const message = header.message(line);
    return Buffer.concat([Buffer.from(`${message.length} `, 'latin1'), message]);
  };
  return new StreamSink(options, transport);
}
