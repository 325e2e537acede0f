// Sockets that keep what weir sends: datagrams one by one, and the octets of a TLS session as openssl decrypts them.
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { TestContext } from 'node:test';
import { listening } from './process.js';

/** A socket that keeps each datagram. */
export class DatagramRecorder {
  readonly messages: Buffer[] = [];
  #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message) => this.messages.push(message));
  }

  static async listen(context: TestContext): Promise<DatagramRecorder> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    context.after(() => socket.close());
    return new DatagramRecorder(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }
}

export interface TlsServer {
  port: number;
  /** The octets it received, in a file. */
  file: string;
  /** Resolves when the session is over. */
  ended: Promise<unknown>;
  log(): string;
}

/** openssl s_server for one session, with certificates on both sides. version: tls1_2 or tls1_3. */
export async function startTlsServer(
  context: TestContext,
  folder: string,
  port: number,
  files: { cert: string; key: string; ca: string },
  version: string,
): Promise<TlsServer> {
  const file = join(folder, `tls-${port}.ipfix`);
  const own = ['-cert', files.cert, '-key', files.key, '-CAfile', files.ca, '-Verify', '1', '-verify_return_error'];
  const args = ['s_server', '-accept', `127.0.0.1:${port}`, `-${version}`, ...own, '-naccept', '1', '-quiet'];
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  context.after(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const written = finished(child.stdout.pipe(createWriteStream(file)));
  await listening(port);
  return { port, file, ended: Promise.all([once(child, 'close'), written]), log: () => log };
}
