// Collectors of the soak: each counts what it gets, and behaves as the schedule wants. They live in the soak's process.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createGunzip } from 'node:zlib';
import { MessageReader } from '../../src/ipfix/reader.js';
import type { Undo } from '../support/undo.js';
import { IpfixDecoder, LineDecoder, readerComplaints, readInto, type StreamDecoder, Tally } from './tally.js';

/**
 * up; away: refuses connections; resets: accepts and resets; hangs: never reads; slow: a few octets at a time;
 * halfCloses: sends FIN and reads on; errors: answers errors (http).
 */
export type Manner = 'up' | 'away' | 'resets' | 'hangs' | 'slow' | 'halfCloses' | 'errors';

export interface SoakCollector {
  readonly tally: Tally;
  /** From now on it behaves so. */
  behave(manner: Manner): Promise<void>;
  /** What it minds of the octets it got. */
  complaints(): string[];
}

type Place = { port: number; host: string } | { path: string };

const slowOctets = 4096;
const slowMs = 50;

export class StreamPeer implements SoakCollector {
  readonly tally = new Tally();
  sessions = 0;
  #place: Place;
  #make: (tally: Tally) => StreamDecoder;
  #server: Server;
  #manner: Manner = 'up';
  #sockets = new Set<Socket>();
  #complaints: string[] = [];
  #slow: NodeJS.Timeout | undefined;

  private constructor(undo: Undo, place: Place, kind: 'ipfix' | 'json') {
    this.#place = place;
    this.#make = (tally) => (kind === 'ipfix' ? new IpfixDecoder(tally) : new LineDecoder(tally));
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    undo.after(() => this.#stop());
  }

  static async listen(undo: Undo, place: Place, kind: 'ipfix' | 'json'): Promise<StreamPeer> {
    const peer = new StreamPeer(undo, place, kind);
    await peer.#start();
    return peer;
  }

  async behave(manner: Manner): Promise<void> {
    const before = this.#manner;
    this.#manner = manner;
    if (manner === 'away') return this.#stop();
    if (before === 'away') await this.#start();
    // Sessions of before end as a collector's do that is started anew, except that a slow or hanging one keeps them.
    for (const socket of this.#sockets) {
      if (manner === 'resets') socket.resetAndDestroy();
      else if (manner === 'halfCloses') socket.end();
      else if (manner === 'up') socket.resume();
      else socket.pause();
    }
    clearInterval(this.#slow);
    if (manner === 'slow') this.#slow = setInterval(() => this.#readSome(), slowMs);
  }

  complaints(): string[] {
    return this.#complaints;
  }

  async #start(): Promise<void> {
    this.#server.listen(this.#place);
    await once(this.#server, 'listening');
  }

  #stop(): void {
    clearInterval(this.#slow);
    this.#server.close();
    for (const socket of this.#sockets)
      if ('path' in this.#place) socket.destroy();
      else socket.resetAndDestroy();
  }

  #accept(socket: Socket): void {
    this.sessions++;
    const decoder = this.#make(this.tally);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => decoder.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#complaints.push(...decoder.complaints());
    });
    if (this.#manner === 'resets') socket.resetAndDestroy();
    else if (this.#manner === 'halfCloses') socket.end();
    if (this.#manner === 'up' || this.#manner === 'halfCloses') socket.resume();
  }

  /** read() of a paused socket gives 'data' too. */
  #readSome(): void {
    for (const socket of this.#sockets) socket.read(Math.min(slowOctets, socket.readableLength || slowOctets));
  }
}

export class HttpPeer implements SoakCollector {
  readonly tally = new Tally();
  readonly #port: number;
  readonly #server: HttpServer;
  #manner: Manner = 'up';
  #held = new Set<ServerResponse>();
  #answering = 0;

  private constructor(undo: Undo, port: number) {
    this.#port = port;
    this.#server = createHttpServer((request, response) => void this.#answer(request, response));
    undo.after(() => this.#stop());
  }

  static async listen(undo: Undo, port: number): Promise<HttpPeer> {
    const peer = new HttpPeer(undo, port);
    await peer.#start();
    return peer;
  }

  async behave(manner: Manner): Promise<void> {
    const before = this.#manner;
    this.#manner = manner;
    for (const response of this.#held) response.destroy();
    this.#held.clear();
    // What was counted is answered first, or weir would rightly send it again.
    while (this.#answering > 0) await once(this.#server, 'answered');
    if (manner === 'away') this.#stop();
    else if (before === 'away') await this.#start();
  }

  complaints(): string[] {
    return [];
  }

  async #start(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#manner === 'resets') {
      request.socket.resetAndDestroy();
      return;
    }
    if (this.#manner === 'hangs') {
      this.#held.add(response); // neither read nor answered
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request.pipe(createGunzip())) chunks.push(chunk as Buffer);
    } catch {
      return; // the client went away in the middle: it sends it again
    }
    if (this.#manner === 'errors') {
      response.writeHead(503).end();
      return;
    }
    if (this.#manner === 'slow') await new Promise((resolve) => setTimeout(resolve, 500));
    if (response.destroyed) return;
    const decoder = new LineDecoder(this.tally);
    this.#answering++;
    decoder.push(Buffer.concat(chunks));
    response.once('close', () => {
      this.#answering--;
      this.#server.emit('answered');
    });
    response.writeHead(200).end();
  }
}

/** Sessions over UDP that began while nobody listened: what they send before their next templates cannot be read. */
export class UnheardBegins {
  #known = new Set<string>();
  #unheard = new Set<string>();
  #wasAway = false;

  away(): void {
    this.#wasAway = true;
  }

  /** A message came: whether the begin of its session was not heard. */
  of(session: string): boolean {
    if (this.#wasAway && !this.#known.has(session)) this.#unheard.add(session);
    this.#wasAway = false;
    this.#known.add(session);
    return this.#unheard.has(session);
  }
}

export class DatagramPeer implements SoakCollector {
  readonly tally = new Tally();
  readonly reader = new MessageReader();
  readonly port: number;
  /** Times that nobody listened. */
  absences = 0;
  /** Datagrams that found no room in a socket that is closed now. */
  #overflows = 0;
  #begins = new UnheardBegins();
  /** Unknown templates of sessions whose begin was not heard: a weir that crashed while nobody listened. */
  #explained = 0;
  #socket: DatagramSocket | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async listen(undo: Undo, port: number): Promise<DatagramPeer> {
    const peer = new DatagramPeer(port);
    await peer.behave('up');
    undo.after(() => peer.#socket?.close());
    return peer;
  }

  get messages(): number {
    return this.reader.counters.messages;
  }

  /** Datagrams the kernel dropped because the collector did not read fast enough. */
  get overflows(): number {
    return this.#overflows + (this.#socket === undefined ? 0 : socketDrops(this.port));
  }

  async behave(manner: Manner): Promise<void> {
    if (manner === 'away') {
      this.absences++;
      this.#begins.away();
      this.#overflows = this.overflows;
      this.#socket?.close();
      this.#socket = undefined;
      return;
    }
    if (this.#socket !== undefined) return;
    const socket = createSocket({ type: 'udp4', recvBufferSize: 8 << 20 });
    this.#socket = socket;
    socket.on('message', (message, { port }) => this.#read(message, String(port)));
    socket.bind(this.port, '127.0.0.1');
    await once(socket, 'listening');
  }

  complaints(): string[] {
    return readerComplaints(this.reader, this.#explained);
  }

  /** As RFC 7011 section 10.3.2 has it, a sender's port makes its session: that of a weir that crashed begins anew. */
  #read(message: Buffer, session: string): void {
    const { counters } = this.reader;
    const unknown = counters.unknownTemplates;
    readInto(this.tally, this.reader, message, session);
    if (this.#begins.of(session)) this.#explained += counters.unknownTemplates - unknown;
  }
}

/** Datagrams that the socket bound to this port had no room for. */
export function socketDrops(port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/self/net/udp', 'utf8').split('\n').slice(1)) {
    const parts = line.trim().split(/\s+/);
    if (parts[1]?.endsWith(wanted)) return Number(parts[12]);
  }
  return 0;
}
