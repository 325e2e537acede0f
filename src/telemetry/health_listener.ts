// The opt-in HTTP listener for Prometheus, for whoever supervises the probe, and for eyes: /metrics, /healthz, /readyz,
// /status and /status.json.
import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WeirError } from '../errors.js';
import { hideSecrets } from '../secrets.js';
import { escapeText } from './escape.js';
import { type ListenAddress, listenAddressText } from './listen_address.js';
import { sinkLabels } from './sink_label.js';
import type { StatusDocument } from './status.js';
import { StatusPage } from './status_page/page.js';

/** What readiness is made of. */
export interface ReadinessReading {
  /** The Metering Process has started and not ended. */
  metering: boolean;
  sinks: readonly {
    /** As the user wrote it. */
    name: string;
    /** A Transport Session is up (or the file open). */
    session: boolean;
    /** Records that the sink cannot take go to a disk spool that works. */
    spooling: boolean;
    /** Why there is no session, as the sink was told; '' = not known. */
    reason: string;
  }[];
}

export interface HealthListenerOptions {
  address: ListenAddress;
  metrics: { readonly contentType: string; render(): Promise<string> };
  readiness: () => ReadinessReading;
  /** Threads that stand still; none = healthy. */
  stalled: () => readonly string[];
  status: () => StatusDocument;
  /** Told of what goes wrong after listen(). */
  onNotice: (level: 'warning', text: string) => void;
}

interface Answer {
  status: number;
  body: string;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}

const maxConnections = 64;
const maxHeaderOctets = 8192;
const headersMs = 5_000;
const requestMs = 10_000; // also for a reader that does not take the answer
const checkMs = 1_000;
const plainText = 'text/plain; charset=utf-8';
const html = 'text/html; charset=utf-8';
const paths = ['/status', '/status.json', '/metrics', '/healthz', '/readyz'];

/** What is missing, one line each; none = ready. */
export function notReady({ metering, sinks }: ReadinessReading): string[] {
  const lines = metering ? [] : ['metering: not started'];
  const labels = sinkLabels(sinks.map(({ name }) => name));
  for (const [index, { session, spooling, reason }] of sinks.entries()) {
    if (session || spooling) continue;
    const why = reason === '' ? '' : `: ${escapeText(hideSecrets(reason))}`;
    lines.push(`${escapeText(labels[index] ?? '')}: no session${why}`);
  }
  return lines;
}

function healthy(stalled: readonly string[]): Answer {
  return stalled.length === 0
    ? { status: 200, body: 'ok\n' }
    : { status: 503, body: stalled.map((thread) => `standing still: ${escapeText(thread)}\n`).join('') };
}

/** Connections, no more than there may be: whoever opens many and asks nothing keeps nobody else out. */
class Connections {
  /** Oldest first. */
  readonly #silent = new Set<Socket>();
  readonly #asked = new Set<Socket>();

  opened(socket: Socket): void {
    if (this.#silent.size + this.#asked.size >= maxConnections) this.#dropOldest();
    this.#silent.add(socket);
    socket.once('close', () => {
      this.#silent.delete(socket);
      this.#asked.delete(socket);
    });
  }

  asks(socket: Socket): void {
    if (this.#silent.delete(socket)) this.#asked.add(socket);
  }

  /** One that has not asked; else one that is slow to take its answer. */
  #dropOldest(): void {
    const [oldest] = this.#silent.size > 0 ? this.#silent : this.#asked;
    if (oldest === undefined) return;
    this.#silent.delete(oldest); // now: 'close' comes later
    this.#asked.delete(oldest);
    oldest.destroy();
  }
}

export class HealthListener {
  readonly #options: HealthListenerOptions;
  readonly #server: Server;
  readonly #page = new StatusPage();
  readonly #connections = new Connections();
  #bound: ListenAddress;

  constructor(options: HealthListenerOptions) {
    this.#options = options;
    this.#bound = options.address;
    this.#server = createServer(
      {
        maxHeaderSize: maxHeaderOctets,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: checkMs,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on('connection', (socket) => this.#connections.opened(socket));
    this.#server.setTimeout(requestMs);
  }

  /** Where it listens; after listen() with the port that the system chose for port 0. */
  get address(): ListenAddress {
    return this.#bound;
  }

  /** Rejects with WeirError WEIR_LISTEN that names the address. A socket file that nobody serves is replaced. */
  async listen(): Promise<void> {
    const { address } = this.#options;
    try {
      await this.#listen().catch(async (error: NodeJS.ErrnoException) => {
        if (address.kind !== 'unix' || error.code !== 'EADDRINUSE' || !(await isStale(address.path))) throw error;
        unlinkSync(address.path);
        await this.#listen();
      });
    } catch (cause) {
      throw new WeirError('WEIR_LISTEN', `cannot listen on ${listenAddressText(address)}: ${reasonOf(cause)}`, {
        cause,
      });
    }
    this.#server.on('error', (error) =>
      this.#options.onNotice('warning', `listener ${listenAddressText(this.#bound)}: ${error.message}`),
    );
    const bound = this.#server.address();
    if (address.kind === 'tcp' && bound !== null && typeof bound === 'object') {
      this.#bound = { kind: 'tcp', host: bound.address, port: bound.port };
    }
  }

  /** Ends at once, answers on the way included. Idempotent. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve()); // also when it never listened
    });
    this.#server.closeAllConnections();
    return closed;
  }

  async #listen(): Promise<void> {
    const { address } = this.#options;
    // once() rejects on 'error'.
    const listening = once(this.#server, 'listening');
    this.#server.listen(address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path });
    await listening;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#connections.asks(request.socket);
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      this.#options.onNotice('warning', `listener: ${request.url} failed: ${(error as Error).message}`);
      answer = { status: 500, body: 'internal error\n' };
    }
    const body = Buffer.from(answer.body);
    response.writeHead(answer.status, {
      'Content-Type': answer.contentType ?? plainText,
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      Connection: 'close', // a scrape comes every few seconds: no connection is kept for it
      ...answer.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer({ method, url = '' }: IncomingMessage): Promise<Answer> {
    const path = url.replace(/[?#].*$/s, '');
    if (path === '/') return { status: 302, body: 'see /status\n', headers: { Location: 'status' } };
    if (!paths.includes(path)) return { status: 404, body: `there are ${paths.join(', ')}\n` };
    if (method !== 'GET' && method !== 'HEAD') {
      return { status: 405, body: 'GET and HEAD only\n', headers: { Allow: 'GET, HEAD' } };
    }
    if (path === '/healthz') return healthy(this.#options.stalled());
    if (path === '/metrics') {
      const { metrics } = this.#options;
      return { status: 200, body: await metrics.render(), contentType: metrics.contentType };
    }
    if (path === '/status') return { status: 200, contentType: html, ...this.#page.render(this.#options.status()) };
    if (path === '/status.json')
      return { status: 200, body: `${JSON.stringify(this.#options.status())}\n`, contentType: 'application/json' };
    const missing = notReady(this.#options.readiness());
    return missing.length === 0
      ? { status: 200, body: 'ready\n' }
      : { status: 503, body: missing.map((line) => `${line}\n`).join('') };
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return 'the address is in use (EADDRINUSE)';
    case 'EACCES':
    case 'EPERM':
      return `no permission (${code})`;
    case 'EADDRNOTAVAIL':
      return 'this host has no such address (EADDRNOTAVAIL)';
    default:
      return message;
  }
}

/** True for a socket file whose owner is gone. Any other file refuses connections too, and stays. */
function isStale(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
