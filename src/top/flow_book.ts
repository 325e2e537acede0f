// The flows of the last minute or so, by key: what is a new connection, and which one failed. A flow that went idle and comes
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
  #flows = new Map<string, Flow>();
  #capacity: number;
  #keepMs: number;

  constructor(capacity = 65_536, keepMs = 90_000) {
    this.#capacity = capacity;
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#flows.size;
  }

  note(news: FlowNews): Judgement {
    const known = this.#flows.get(news.text);
    const again = known === undefined || (known.over && news.startMs > known.lastMs);
    const flow = again ? newFlow(news.text) : known;
    const begins = news.recordIndex === undefined ? again : news.recordIndex === 0;
    const seenSyn = !news.tcp || news.flags[0] === undefined || (news.flags[0] & syn) !== 0;
    const failed = !flow.failed && fails(news);
    flow.failed ||= failed;
    flow.over = news.reason === end;
    flow.lastMs = Math.max(flow.lastMs, news.endMs);
    // Kept in order of use, so that the first ones are those to forget.
    if (!again) this.#flows.delete(news.text);
    this.#flows.set(news.text, flow);
    this.#forget(news.endMs);
    return { flow, first: begins && !news.twin, connection: again && begins && seenSyn && !news.twin, failed };
  }

  #forget(nowMs: number): void {
    for (const [text, { lastMs }] of this.#flows) {
      if (this.#flows.size <= this.#capacity && lastMs > nowMs - this.#keepMs) return;
      this.#flows.delete(text);
    }
  }
}

function newFlow(text: string): Flow {
  return { text, lastMs: 0, over: false, failed: false, mark: -1 };
}
