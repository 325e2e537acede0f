// Load for a weir that reads its packets from a pipe: no privilege is needed, and the test decides what comes when.
import type { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { LiveWeir } from '../support/live_weir.js';
import { ethernet, type Pair, pcap, pcapHeader, pcapRecord, udp } from '../support/frames.js';

/** Addresses and ports of one flow of its own. */
function pairOf(number: number): Pair {
  return [
    { address: `10.1.${(number >> 8) & 255}.${number & 255}`, port: 1024 + (number >> 16) },
    { address: '10.9.0.60', port: 9 },
  ];
}

/** A datagram of the flow with this number. */
export function flowFrame(number: number): Buffer {
  return ethernet(0, udp(pairOf(number), 60));
}

/** A capture with `packets` datagrams of each of `count` flows, `gapMs` between the datagrams of a flow. */
export function flowCapture(count: number, packets = 1, gapMs = 0): Buffer {
  if (packets === 1) return pcap(Array.from({ length: count }, (_, number) => flowFrame(number)));
  const parts = [pcapHeader()];
  for (let packet = 0; packet < packets; packet++) {
    for (let number = 0; number < count; number++)
      parts.push(pcapRecord(flowFrame(number), 1_700_000_000_000 + packet * gapMs + number));
  }
  return Buffer.concat(parts);
}

/** weir with -r -, fed with flows of one datagram each; packet time is such that each leaves soon after it came. */
export class PipedWeir extends LiveWeir {
  /** Flows given so far. */
  given = 0;
  readonly #first: number;
  #stdin: Writable;
  #timer: NodeJS.Timeout | undefined;
  #atMs = 1_700_000_000_000;

  /** first: number of the first flow, so that runs have flows of their own. */
  constructor(context: TestContext, args: readonly string[], first = 0) {
    super(context, ['-r', '-', '--idle-timeout', '1s', ...args], [], 'pipe');
    this.#first = first;
    this.#stdin = this.child.stdin as Writable;
    this.#stdin.on('error', () => {}); // weir may end before its pipe
    this.#stdin.write(pcapHeader());
    context.after(() => this.endLoad());
  }

  /** Gives so many flows now. */
  give(count: number): void {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; left--) {
      parts.push(pcapRecord(flowFrame(this.#first + this.given++), this.#atMs));
      this.#atMs += 10;
    }
    this.#stdin.write(Buffer.concat(parts));
  }

  /** Gives flows again and again until endLoad(). */
  load(perSecond: number): void {
    this.#timer = setInterval(() => this.give(Math.ceil(perSecond / 50)), 20);
  }

  endLoad(): void {
    clearInterval(this.#timer);
  }

  /** End of the packets: weir sends all it has and ends. */
  end(): void {
    this.endLoad();
    this.#stdin.end();
  }
}
