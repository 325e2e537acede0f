// Collectors of byte streams for tests of sinks: TCP, TLS and Unix servers that do nothing by themselves.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, type TlsOptions as ServerTls, type TLSSocket } from 'node:tls';
import type { StreamOptions, StreamSink } from '../../src/sinks/stream.js';
import { TcpSink } from '../../src/sinks/tcp.js';
import { TlsSink } from '../../src/sinks/tls.js';
import { UnixSink } from '../../src/sinks/unix.js';
import { sharedCertificates } from './certificates.js';
import { ManualClock } from './manual_clock.js';
import { Recorder } from './sink_run.js';
import { temporaryFolder } from './weir.js';

/** A session as the collector sees it. */
export interface Session {
  /** What the sink sent, decrypted. */
  socket: Socket;
  /** Breaks it off: RST where the transport has one. */
  reset(): void;
}

export class StreamCollector {
  readonly server: Server;
  #where: { port: number } | { path: string };
  #sessions: Session[] = [];
  #waiting: ((session: Session) => void)[] = [];

  private constructor(server: Server, where: { port: number } | { path: string }) {
    this.server = server;
    this.#where = where;
  }

  static async listen(context: TestContext, where: { tls?: ServerTls; path?: string } = {}): Promise<StreamCollector> {
    const server = where.tls ? createTlsServer(where.tls) : createServer({ pauseOnConnect: true });
    const collector = new StreamCollector(server, where.path === undefined ? { port: 0 } : { path: where.path });
    const raw = new Map<number, Socket>(); // by the port of the sink
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => undefined);
      context.after(() => socket.destroy());
      if (where.tls) raw.set(socket.remotePort ?? 0, socket);
      else
        collector.#accept({
          socket,
          reset: () => (where.path === undefined ? socket.resetAndDestroy() : socket.destroy()),
        });
    });
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      collector.#accept({ socket, reset: () => raw.get(socket.remotePort ?? 0)?.resetAndDestroy() });
    });
    context.after(() => server.close());
    await collector.start();
    return collector;
  }

  get port(): number {
    return 'port' in this.#where ? this.#where.port : 0;
  }

  /** Listens, again on the same port or path after stop(). */
  async start(): Promise<void> {
    this.server.listen({ host: '127.0.0.1', ...this.#where });
    await once(this.server, 'listening');
    if ('port' in this.#where) this.#where = { port: (this.server.address() as AddressInfo).port };
  }

  /** Refuses new connections; the present ones stay. */
  stop(): void {
    this.server.close();
  }

  accepted(): Promise<Session> {
    const session = this.#sessions.shift();
    return session ? Promise.resolve(session) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  #accept(session: Session): void {
    const take = this.#waiting.shift();
    if (take) take(session);
    else this.#sessions.push(session);
  }
}

/** Everything that comes until the sink ends the session, or it breaks. */
export async function received({ socket }: Session): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

export interface Opened {
  sink: StreamSink;
  events: Recorder;
  clock: ManualClock;
}

/** Opens the sink and closes it behind the test. */
export async function opened(
  context: TestContext,
  make: (clock: ManualClock) => StreamSink,
  events = new Recorder(),
): Promise<Opened> {
  const clock = new ManualClock();
  const sink = make(clock);
  context.after(() => {
    void sink.close(0);
    clock.advance(1000); // the collector may never answer
  });
  await sink.open(events);
  return { sink, events, clock };
}

export interface StreamKind {
  name: string;
  listen(context: TestContext): Promise<StreamCollector>;
  open(
    context: TestContext,
    collector: StreamCollector,
    options?: Partial<StreamOptions>,
    events?: Recorder,
  ): Promise<Opened>;
}

const folders = new WeakMap<StreamCollector, string>();

/** The transports that behave alike. */
export const streamKinds: StreamKind[] = [
  {
    name: 'tcp',
    listen: (context) => StreamCollector.listen(context),
    open: (context, { port }, options, events) =>
      opened(context, (clock) => new TcpSink({ name: 'tcp', host: '127.0.0.1', port, clock, ...options }), events),
  },
  {
    name: 'tls',
    listen(context) {
      const { authority, server } = sharedCertificates();
      const files = { cert: readFileSync(server.cert), key: readFileSync(server.key), ca: readFileSync(authority.ca) };
      return StreamCollector.listen(context, { tls: { ...files, requestCert: true } });
    },
    open(context, { port }, options, events) {
      const { authority, client } = sharedCertificates();
      const given = { name: 'tls', host: '127.0.0.1', port, ca: authority.ca, ...client };
      return opened(context, (clock) => new TlsSink({ ...given, clock, ...options }), events);
    },
  },
  {
    name: 'unix',
    async listen(context) {
      const folder = temporaryFolder(context);
      const collector = await StreamCollector.listen(context, { path: join(folder, 'x.sock') });
      folders.set(collector, folder);
      return collector;
    },
    open: (context, collector, options, events) =>
      opened(
        context,
        (clock) =>
          new UnixSink({
            name: 'unix',
            path: join(folders.get(collector)!, 'x.sock'),
            reconnectSeconds: 60,
            clock,
            ...options,
          }),
        events,
      ),
  },
];
