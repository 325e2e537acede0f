// The flows of the last minutes, by key: what is a new connection, and which one failed. A flow that went idle and comes
// again, a SYN that is sent again and the other direction's uniflow are no new connections.
import type { Flow } from './observation.js';

const syn = 2;
const rst = 4;
const end = 3; // flowEndReason: FIN or RST
const idle = 1;

/** What the book is asked about one record. */
export interface FlowNews {
  text: string;
  tcp: boolean;
  startMs: number;
  endMs: number;
  /** TCP flags of initiator and responder; undefined: the record does not tell. */
  flags: readonly [number | undefined, number | undefined];
  packets: readonly [number, number];
  /** flowEndReason, 0 where it is not told. */
  reason: number;
  /** Records of the flow before this one; undefined where it is not told. */
  recordIndex: number | undefined;
  /** A uniflow of the responder: its twin speaks for the connection. */
  twin: boolean;
}

export interface Judgement {
  flow: Flow;
  first: boolean;
  connection: boolean;
  failed: boolean;
}

/** Refused: a RST comes back and no SYN. Unanswered: nothing comes back, and the SYN was sent again or waited in vain. */
function fails({ tcp, flags: [sent = 0, received], packets, reason }: FlowNews): boolean {
  if (!tcp || received === undefined || (sent & syn) === 0 || (received & syn) !== 0) return false;
  if ((received & rst) !== 0) return true;
  return packets[1] === 0 && (packets[0] > 1 || reason === idle);
}

export class FlowBook {
  /** Those in use, and those that were before: what is in neither is forgotten. (A Map that is deleted from becomes slow.) */
  #young = new Map<string, Flow>();
  #old = new Map<string, Flow>();
  #turnedMs = Number.NEGATIVE_INFINITY;
  #generation: number;
  #keepMs: number;

  constructor(capacity = 131_072, keepMs = 60_000) {
    this.#generation = capacity / 2;
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  note(news: FlowNews): Judgement {
    const known = this.#find(news.text);
    const again = known === undefined || (known.over && news.startMs > known.lastMs);
    const flow = again ? newFlow(news.text) : known;
    const begins = news.recordIndex === undefined ? again : news.recordIndex === 0;
    const seenSyn = !news.tcp || news.flags[0] === undefined || (news.flags[0] & syn) !== 0;
    const failed = !flow.failed && fails(news);
    flow.failed ||= failed;
    flow.over = news.reason === end;
    flow.lastMs = Math.max(flow.lastMs, news.endMs);
    if (again) this.#keep(flow);
    return { flow, first: begins && !news.twin, connection: again && begins && seenSyn && !news.twin, failed };
  }

  #find(text: string): Flow | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    if (old !== undefined) this.#keep(old);
    return old;
  }

  #keep(flow: Flow): void {
    if (this.#young.size >= this.#generation || flow.lastMs - this.#turnedMs >= this.#keepMs) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnedMs = flow.lastMs;
    }
    this.#young.set(flow.text, flow);
  }
}

function newFlow(text: string): Flow {
  return { text, lastMs: 0, over: false, failed: false, mark: -1 };
}
