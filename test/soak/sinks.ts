// The sinks of the soak: weir's end (a URL) and the collector's, one of every kind. Everything is on loopback of the soak's
// own network namespace, so ports are free.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from '../support/collectors/process.js';
import type { Undo } from '../support/undo.js';
import { FilePeer, haveKafkaMock, KafkaPeer, NfcapdPeer } from './brokers.js';
import { DatagramPeer, HttpPeer, type SoakCollector, StreamPeer } from './collectors.js';

export const ports = { metrics: 9100, tcp: 4741, tight: 4742, http: 8080, udp: 4739, nfcapd: 2055 };

export interface SoakSink {
  name: string;
  url: string;
  /** Part of its label in /metrics and of its name in the log. */
  mark: string;
  collector?: SoakCollector;
  file?: FilePeer;
  nfcapd?: NfcapdPeer;
  /** May drop: its disk is small and fills up. */
  lossy?: boolean;
  /** Its name in the schedule. */
  suffers?: string;
}

const fields = ['template=process'];

/** disk: a small file system that will be full at times. */
export async function makeSinks(undo: Undo, folder: string, disk: string): Promise<SoakSink[]> {
  const files = join(folder, 'files');
  const tightFiles = join(disk, 'files');
  const spool = (name: string) => `spool=${join(folder, 'spool', name)}`;
  for (const path of [files, tightFiles, join(folder, 'spool')]) mkdirSync(path, { recursive: true });
  const unix = join(folder, 'reference.sock');
  const stream = 'reconnect=200ms&resend=10s&resendsize=64M';
  const sinks: SoakSink[] = [
    {
      name: 'reference',
      url: `unix://${unix}?format=json&spool=off&queue=256M`,
      mark: 'unix://',
      collector: await StreamPeer.listen(undo, { path: unix }, 'json'),
    },
    {
      name: 'tcp',
      url: `tcp://127.0.0.1:${ports.tcp}?${stream}&template=full&${spool('tcp')}`,
      mark: `:${ports.tcp}`,
      collector: await StreamPeer.listen(undo, { host: '127.0.0.1', port: ports.tcp }, 'ipfix'),
      suffers: 'tcp',
    },
    {
      name: 'http',
      url: `http://127.0.0.1:${ports.http}/flows?batchtime=200ms&timeout=5s&${fields}&${spool('http')}`,
      mark: `:${ports.http}`,
      collector: await HttpPeer.listen(undo, ports.http),
      suffers: 'http',
    },
    {
      name: 'udp',
      url: `udp://127.0.0.1:${ports.udp}?refresh=2s&statistics=1s&rate=20000`,
      mark: `:${ports.udp}`,
      collector: await DatagramPeer.listen(undo, ports.udp),
      suffers: 'udp',
    },
    {
      name: 'files',
      url: `file://${files}/flows.json?rotate=2s&compress=gzip&queue=64M`,
      mark: `${files}/`,
      file: new FilePeer(files),
    },
    {
      name: 'tight file',
      url: `file://${tightFiles}/flows.json?rotate=2s&compress=gzip&queue=64M`,
      mark: `${tightFiles}/`,
      file: new FilePeer(tightFiles),
      lossy: true,
    },
    {
      name: 'tight spool',
      url: `tcp://127.0.0.1:${ports.tight}?${stream}&format=json&spoolsize=4M&spool=${disk}/spool`,
      mark: `:${ports.tight}`,
      collector: await StreamPeer.listen(undo, { host: '127.0.0.1', port: ports.tight }, 'json'),
      suffers: 'tight',
      lossy: true,
    },
  ];
  if (haveKafkaMock()) {
    const collector = await KafkaPeer.start(undo, 'flows');
    // One request at a time: the mock takes a later batch though an earlier one failed, which no broker does with
    // idempotence, and librdkafka rightly concludes that the earlier one was written too.
    const inOrder = 'max.in.flight.requests.per.connection=1';
    const url = `kafka://${collector.brokers}/flows?batch=50&messagekey=none&rate=20000&${inOrder}&${spool('kafka')}`;
    sinks.push({ name: 'kafka', url, mark: 'kafka://', collector, suffers: 'kafka' });
  }
  if (installed('nfcapd')) {
    const nfcapd = await NfcapdPeer.start(undo, join(folder, 'nfcapd'), ports.nfcapd);
    const url = `udp://127.0.0.1:${ports.nfcapd}?profile=nfdump&refresh=2s&rate=20000`;
    sinks.push({ name: 'nfcapd', url, mark: `:${ports.nfcapd}`, nfcapd });
  }
  return sinks;
}
