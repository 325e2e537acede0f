// Collectors of the soak that are other programs or files: a Kafka broker (librdkafka's mock), nfcapd, rotated files.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '../../src/native/load.js';
import { end, output, start } from '../support/collectors/process.js';
import type { Undo } from '../support/undo.js';
import { saying } from '../support/weir.js';
import type { Manner, SoakCollector } from './collectors.js';
import { LineDecoder, Tally } from './tally.js';

const kafkaMock = join(packageRoot(), 'build', 'native', 'kafka_mock');
export const haveKafkaMock = (): boolean => existsSync(kafkaMock);

export class KafkaPeer implements SoakCollector {
  readonly tally = new Tally();
  readonly brokers: string;
  /** Messages that the mock gave up before they were read: it has little room. */
  lost = 0;
  readonly #mock: ChildProcess;
  #rest = '';

  private constructor(mock: ChildProcess, brokers: string) {
    this.#mock = mock;
    this.brokers = brokers;
  }

  static async start(undo: Undo, topic: string): Promise<KafkaPeer> {
    const mock = spawn(kafkaMock, [topic], { stdio: ['pipe', 'pipe', 'inherit'] });
    undo.after(() => end(mock, 'SIGKILL'));
    const brokers = /brokers (\S+)/.exec(await saying(mock, 'stdout', /brokers \S+\n/))![1]!;
    const peer = new KafkaPeer(mock, brokers);
    mock.stdout!.on('data', (chunk: Buffer) => peer.#read(chunk));
    return peer;
  }

  behave(manner: Manner): Promise<void> {
    const words: Partial<Record<Manner, string>> = {
      away: 'down\n',
      slow: 'rtt 400\n',
      errors: 'fail 20\n',
      up: 'up\nrtt 0\n',
    };
    if (manner === 'hangs') this.#mock.kill('SIGSTOP');
    else {
      this.#mock.kill('SIGCONT');
      this.#mock.stdin!.write(words[manner] ?? '');
    }
    return Promise.resolve();
  }

  complaints(): string[] {
    return this.lost > 0 ? [`the broker itself lost ${this.lost} messages: choose another load`] : [];
  }

  /** Lines of messages; before the first of each there is its key. */
  #read(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      this.lost += Number(/^gap (\d+)$/.exec(line)?.[1] ?? 0);
      const begins = line.indexOf('{');
      if (begins >= 0) this.tally.addLine(line.slice(begins));
    }
  }
}

/** nfcapd counts by itself: a judge that is not ours. */
export class NfcapdPeer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.#child = child;
    this.port = port;
    this.#folder = folder;
  }

  static async start(undo: Undo, folder: string, port: number): Promise<NfcapdPeer> {
    mkdirSync(folder, { recursive: true });
    const args = ['-b', '127.0.0.1', '-p', String(port), '-w', folder, '-t', '86400', '-B', '8000000'];
    const child = start(undo, 'nfcapd', args);
    child.stdout?.resume();
    await saying(child, 'stderr', /Startup nfcapd/);
    child.stderr?.resume();
    return new NfcapdPeer(child, port, folder);
  }

  /** Ends it; sums of what it stored. */
  async stop(): Promise<{ packets: number; octets: number }> {
    await end(this.#child, 'SIGTERM');
    const sums = { packets: 0, octets: 0 };
    for (const name of readdirSync(this.#folder).filter((one) => /^nfcapd\.\d+$/.test(one))) {
      const said = output('nfdump', ['-r', join(this.#folder, name), '-I']).stdout;
      const of = (word: string) => Number(new RegExp(`^${word}: (\\d+)$`, 'm').exec(said)?.[1] ?? 0);
      sums.packets += of('Packets');
      sums.octets += of('Bytes');
    }
    return sums;
  }
}

/** A finished file that is not compressed after so long stays as it is until weir is started anew. */
const compressingMs = 15_000;

/** Rotated and compressed files, read and taken away as they are finished. */
export class FilePeer {
  readonly tally = new Tally();
  files = 0;
  readonly #folder: string;
  #decoder = new LineDecoder(this.tally);

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** last: weir has ended. Files that could not be compressed, because the disk was full, count too. */
  read(last = false): void {
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith('.')) continue;
      const path = join(this.#folder, name);
      const whole = name.endsWith('.gz');
      const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (!whole && !last && (written === undefined || Date.now() - written < compressingMs)) continue;
      const octets = readFileSync(path);
      this.#decoder.push(whole ? gunzipSync(octets) : octets);
      rmSync(path);
      this.files++;
    }
  }
}
