// One POST request: connection kept alive, certificates and token read anew, time limit, answer with a bounded body.

import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { WeirError } from '../errors.js';
import { keepSecret } from '../secrets.js';
import { errorText } from './failure_log.js';
import type { Clock } from './sink.js';
import { TlsCredentials, type TlsOptions } from './tls_credentials.js';

export interface PostOptions extends TlsOptions {
  /** http://HOST:PORT/PATH or https://... */
  url: string;
  /** Basic authentication. */
  user?: string;
  password?: string;
  /** File with a bearer token, read for every request. */
  tokenFile?: string;
  /** Further header lines. */
  headers?: Readonly<Record<string, string>>;
  /** Seconds for a whole request, default 30. */
  timeoutSeconds?: number;
}

export interface Answer {
  status: number;
  /** Retry-After as it stands. */
  retryAfter: string;
  location: string;
  body: string;
}

const bodyLimit = 32 << 20; // a _bulk answer has some 100 octets an item

/** An answer that could not be had. */
export class PostError extends Error {
  /** The connection had been idle, and was closed just when it was used again: nothing is wrong. */
  readonly stale: boolean;

  constructor(text: string, stale: boolean, cause: unknown) {
    super(text, { cause });
    this.stale = stale;
  }
}

export class Poster {
  #url: URL;
  #options: PostOptions;
  #clock: Clock;
  #credentials: TlsCredentials | undefined;
  #agent: http.Agent;
  #request: http.ClientRequest | undefined;
  #aborted = false;

  /** Throws TypeError for a URL that is none. */
  constructor(options: PostOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#url = new URL(options.url);
    const secure = this.#url.protocol === 'https:';
    const pool = { keepAlive: true, maxSockets: 1 };
    // No TLS session is resumed: each connection shows the collector's certificate as it is now.
    this.#agent = secure ? new https.Agent({ ...pool, maxCachedSessions: 0 }) : new http.Agent(pool);
    if (secure) this.#credentials = new TlsCredentials(this.#url.hostname.replace(/^\[|\]$/g, ''), options);
  }

  get target(): string {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  /** Rejects with WeirError when a file cannot be used. */
  async check(): Promise<void> {
    await this.#credentials?.read();
    await this.#authorization();
  }

  /** Rejects with PostError or WeirError when there is no answer. */
  async post(body: Uint8Array, headers: Record<string, string>): Promise<Answer> {
    const secure = await this.#credentials?.read();
    const authorization = await this.#authorization();
    const { url } = this.#options;
    const request = (secure ? https.request : http.request)(url, {
      ...secure,
      method: 'POST',
      agent: this.#agent,
      headers: {
        'User-Agent': 'weir',
        ...headers,
        'Content-Length': String(body.length),
        ...(authorization === '' ? {} : { Authorization: authorization }),
        ...this.#options.headers,
      },
    });
    if (this.#aborted) request.destroy(new Error('the time to stop has passed'));
    this.#request = request;
    const seconds = this.#options.timeoutSeconds ?? 30;
    let expired = false;
    const cancel = this.#clock.after(seconds * 1000, () => {
      expired = true;
      request.destroy();
    });
    try {
      return await this.#answer(request, body);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const stale = request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
      const words = expired
        ? `no answer within ${seconds} s`
        : (this.#credentials?.explain(error as Error) ?? errorText(error));
      throw new PostError(words, stale, error);
    } finally {
      cancel();
      this.#request = undefined;
    }
  }

  /** Ends the request under way; later ones fail. */
  abort(): void {
    this.#aborted = true;
    this.#request?.destroy(new Error('the time to stop has passed'));
  }

  close(): void {
    this.#agent.destroy();
  }

  #answer(request: http.ClientRequest, body: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let octets = 0;
        response.on('data', (chunk: Buffer) => {
          octets += chunk.length;
          if (octets <= bodyLimit) chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'] ?? '',
            location: response.headers.location ?? '',
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.end(body);
    });
  }

  async #authorization(): Promise<string> {
    const { user, password = '', tokenFile } = this.#options;
    if (tokenFile !== undefined && tokenFile !== '') {
      try {
        const token = (await readFile(tokenFile, 'utf8')).trim();
        keepSecret(token);
        return `Bearer ${token}`;
      } catch (error) {
        throw new WeirError('WEIR_FILE', `token: ${errorText(error)}`, { cause: error });
      }
    }
    return user === undefined || user === '' ? '' : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
}
