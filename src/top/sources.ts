// Where flow records come from: a running probe by IPFIX or NetFlow, IPFIX files, NDJSON on stdin. (A probe of our own is
// started by the cli, which may use all rooms.)
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { collect, type ReaderCounters } from '../ipfix/index.js';
import type { Logger } from '../telemetry/log.js';
import { Intake } from './intake.js';
import type { Subject, Take } from './reading.js';
import type { Losses } from './report.js';

export interface Source {
  /** For the headline. */
  name: string;
  /** False: it is read to its end, and its times are its own. */
  live: boolean;
  /** Flows are of this host, so that its addresses tell which end is here. */
  ofThisHost: boolean;
  /** What every record tells, though 0 is left out. */
  told?: readonly Subject[];
  /** Rejects with WeirError when it cannot be opened. */
  start(take: Take): Promise<Running>;
}

export interface Running {
  /** Resolves when the last record was given; rejects when something broke. */
  readonly ended: Promise<void>;
  losses(): Losses;
  /** What is on its way is given still. Idempotent. */
  stop(): Promise<void>;
}

/** udp://, tcp:// and file:// as `weir collect` has them. */
export function collectSource(urls: readonly string[], log: Logger): Source {
  const live = urls.some((url) => !url.startsWith('file://'));
  return { name: urls.join(' '), live, ofThisHost: live, start: (take) => startCollecting(urls, log, take, live) };
}

function startCollecting(urls: readonly string[], log: Logger, take: Take, live: boolean): Promise<Running> {
  const abort = new AbortController();
  let counters: Readonly<ReaderCounters> | undefined;
  return new Promise((resolve, reject) => {
    let places = urls.filter((url) => !url.startsWith('file://')).length;
    const ended = collect(urls, {
      output: new Writable(),
      reader: { times: 'milliseconds' },
      signal: abort.signal,
      notice: (level, text) => log.notice('collect', level, text),
      onStart: (started) => {
        counters = started;
      },
      onRecord: (record) => {
        if (record['@type'] === 'flow') take(record.fields, record.exporter);
      },
      onListening: () => {
        if (--places === 0) resolve(running);
      },
    }).then(() => {});
    const running: Running = {
      ended,
      losses: () => lossesOf(counters),
      stop: () => {
        abort.abort();
        return ended.catch(() => {});
      },
    };
    ended.catch(reject); // before it listens: the place cannot be opened
    if (!live) resolve(running);
  });
}

function lossesOf(counters: Readonly<ReaderCounters> | undefined): Losses {
  if (counters === undefined) return {};
  const malformed = Object.values(counters.malformed).reduce((sum, count) => sum + count, 0);
  return { lostOnTheWay: counters.lost, unknownTemplates: counters.unknownTemplates, malformed };
}

/** `-`: NDJSON with IPFIX names, such as `weir -T top` writes into a pipe. */
export function stdinSource(stdin: Readable, live: boolean): Source {
  return {
    name: 'stdin',
    live,
    ofThisHost: false,
    start: (take) => {
      const intake = new Intake({ take });
      const abort = new AbortController();
      const ended = pipeline(stdin, intake, { signal: abort.signal }).catch((error: Error) => {
        if (!abort.signal.aborted) throw error;
      });
      return Promise.resolve({
        ended,
        losses: () => ({ malformed: intake.malformed }),
        stop: () => {
          abort.abort();
          return ended.catch(() => {});
        },
      });
    },
  };
}
