// `weir collect`: a small collector. Listens for IPFIX and NetFlow v9/v5, prints one JSON object a line.

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { WeirError } from '../errors.js';
import { MessageFramer } from './framer.js';
import { readIpfixFile } from './read_file.js';
import { MessageReader, type ReaderOptions } from './reader.js';
import type { DecodedRecord, ReaderCounters } from './record.js';

export interface CollectIo {
  output: Writable;
  /** Takes records instead of the output, at once: then nothing is printed. */
  onRecord?: (record: DecodedRecord) => void;
  /** Told first of the counters, which go on counting. */
  onStart?: (counters: Readonly<ReaderCounters>) => void;
  notice: (level: 'info' | 'warning' | 'error', text: string) => void;
  /** Ends the collection (SIGINT). */
  signal: AbortSignal;
  /** Told of each place that is listened on, with the port the system chose for port 0. */
  onListening?: (place: { scheme: 'udp' | 'tcp'; address: string; port: number }) => void;
  reader?: ReaderOptions;
}

export interface CollectResult extends ReaderCounters {
  /** Records not printed because the output was too slow (UDP cannot be asked to wait). */
  outputDrops: number;
}

const defaultPort = 4739;
const outputLimit = 16 << 20; // octets waiting for a slow output
const receiveBuffer = 4 << 20;
const maxConnections = 1024;

interface Place {
  scheme: 'udp' | 'tcp' | 'file';
  host: string;
  port: number;
  path: string;
}

function parsePlace(url: string): Place {
  const file = /^file:\/\/(.+)$/.exec(url);
  if (file) return { scheme: 'file', host: '', port: 0, path: file[1] ?? '' };
  const match = /^(udp|tcp):\/\/(\[[0-9a-fA-F:.%\w]+\]|[^:/?#]*)(?::(\d{1,5}))?\/?$/.exec(url);
  const port = Number(match?.[3] ?? defaultPort);
  if (!match || port > 65535) {
    throw new WeirError('WEIR_SINK', `collect: ${url} is not udp://[HOST]:PORT, tcp://[HOST]:PORT or file://PATH`);
  }
  return { scheme: match[1] as 'udp' | 'tcp', host: (match[2] ?? '').replace(/^\[|\]$/g, ''), port, path: '' };
}

/** Collects until the signal comes, or to the end when all places are files. Rejects when a place cannot be opened. */
export async function collect(urls: readonly string[], io: CollectIo): Promise<CollectResult> {
  const places = urls.map(parsePlace);
  const collector = new Collector(io);
  const files = places.filter((place) => place.scheme === 'file');
  try {
    for (const place of places) {
      if (place.scheme === 'udp') await collector.listenUdp(place.host, place.port);
      else if (place.scheme === 'tcp') await collector.listenTcp(place.host, place.port);
    }
    for (const { path } of files) await collector.readFile(path);
    if (files.length < places.length) await aborted(io.signal);
  } finally {
    await collector.close();
  }
  return collector.result();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

class Collector {
  #io: CollectIo;
  #reader: MessageReader;
  #datagrams: DatagramSocket[] = [];
  #servers: Server[] = [];
  #connections = new Set<Socket>();
  #outputDrops = 0;
  #gone = false;

  constructor(io: CollectIo) {
    this.#io = io;
    this.#reader = new MessageReader(io.reader);
    io.output.on('error', this.#outputGone);
    io.onStart?.(this.#reader.counters);
  }

  result(): CollectResult {
    return { ...this.#reader.counters, outputDrops: this.#outputDrops };
  }

  async listenUdp(host: string, port: number): Promise<void> {
    try {
      await this.#bindUdp(host === '' ? '::' : host, port);
    } catch (error) {
      if (host !== '') throw refused('udp', host, port, error);
      await this.#bindUdp('0.0.0.0', port).catch((second: unknown) => {
        throw refused('udp', host, port, second);
      });
    }
  }

  async listenTcp(host: string, port: number): Promise<void> {
    const server = createServer((socket) => this.#connection(socket));
    server.maxConnections = maxConnections;
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(refused('tcp', host, port, error)));
      server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
    });
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') {
      this.#io.onListening?.({ scheme: 'tcp', address: bound.address, port: bound.port });
    }
  }

  async readFile(path: string): Promise<void> {
    for await (const record of readIpfixFile(path, this.#reader)) {
      if (this.#io.signal.aborted || this.#gone) return;
      this.#print(record);
      if (this.#io.output.writableNeedDrain) await this.#drained();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#datagrams) socket.close();
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #bindUdp(host: string, port: number): Promise<void> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
    const bound = new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address: host }, () => {
        socket.off('error', reject);
        socket.on('error', (error) => this.#io.notice('warning', `udp: ${error.message}`));
        this.#datagrams.push(socket);
        try {
          socket.setRecvBufferSize(receiveBuffer);
        } catch {
          // the system allows less: its default stays
        }
        const { address, port: actual } = socket.address();
        this.#io.onListening?.({ scheme: 'udp', address, port: actual });
        resolve();
      });
    });
    const local = `${host} ${port}`;
    socket.on('message', (message, from) => {
      const exporter = plainAddress(from.address);
      for (const record of this.#reader.read(message, `udp ${local} ${exporter} ${from.port}`, exporter)) {
        if (this.#io.output.writableLength > outputLimit || this.#gone) this.#outputDrops++;
        else this.#print(record);
      }
    });
    return bound;
  }

  #connection(socket: Socket): void {
    const exporter = plainAddress(socket.remoteAddress ?? '');
    const session = `tcp ${exporter} ${socket.remotePort} ${socket.localPort}`;
    const framer = new MessageFramer();
    this.#connections.add(socket);
    socket.on('data', (chunk: Buffer) => {
      for (const message of framer.push(chunk)) {
        for (const record of this.#reader.read(message, session, exporter)) this.#print(record);
      }
      if (framer.broken) {
        this.#io.notice('warning', `tcp: ${exporter} does not send IPFIX; connection closed`);
        socket.destroy();
      } else if (this.#io.output.writableNeedDrain && !this.#gone) {
        socket.pause();
        void this.#drained().then(() => socket.resume());
      }
    });
    socket.on('error', (error) => this.#io.notice('warning', `tcp: ${exporter}: ${error.message}`));
    socket.on('close', () => {
      this.#connections.delete(socket);
      this.#reader.forget(session);
    });
  }

  #print(record: DecodedRecord): void {
    if (this.#io.onRecord) {
      this.#io.onRecord(record);
      return;
    }
    const exportTime = new Date(record.exportTime * 1000).toISOString();
    this.#io.output.write(`${JSON.stringify({ ...record, exportTime })}\n`);
  }

  /** Resolves when the output takes more, or never will. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) this.#io.output.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) this.#io.output.on(event, done);
    });
  }

  #outputGone = (): void => {
    this.#gone = true;
  };
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

function refused(scheme: string, host: string, port: number, error: unknown): WeirError {
  const text = error instanceof Error ? error.message : String(error);
  return new WeirError('WEIR_SOCKET', `collect: ${scheme}://${host}:${port}: ${text}`, { cause: error });
}
