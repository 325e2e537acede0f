// TCP: a stream of messages or lines to one collector.

import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { StreamSink, type StreamOptions, type StreamTransport } from './stream.js';

export interface TcpOptions {
  host: string;
  port: number;
  /** Local address, '' = any. */
  bind?: string;
}

export interface TcpSinkOptions extends StreamOptions, TcpOptions {}

const addressTimeoutMs = 1_000; // then the next address of a name is tried
const keepAliveMs = 30_000;

/** One attempt at every address of the host. */
export function tcpAddress({ host, port, bind = '' }: TcpOptions): TcpNetConnectOpts {
  return {
    host,
    port,
    ...(bind === '' ? {} : { localAddress: bind }),
    autoSelectFamilyAttemptTimeout: addressTimeoutMs,
  };
}

/** Messages leave at once; a collector that is gone for good is noticed while nothing is sent, too. */
export function tuned<S extends Socket>(socket: S): S {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  return socket;
}

export function tcpTransport(options: TcpOptions): StreamTransport {
  return { target: `${options.host} port ${options.port}`, connect: () => tuned(connect(tcpAddress(options))) };
}

export class TcpSink extends StreamSink {
  constructor(options: TcpSinkOptions) {
    super(options, tcpTransport(options));
  }
}
