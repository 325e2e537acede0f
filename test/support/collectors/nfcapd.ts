// nfcapd, and nfdump on what it wrote.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Undo } from '../undo.js';
import type { FlowFields, SeenFlow } from '../seen_flow.js';
import { saying } from '../weir.js';
import { type Collector, end, type HeardByDomain, heardOf, output, start } from './process.js';

/** nfdump's letters for tcpControlBits, from 128 to 1. */
function flagsOfLetters(letters: string): number {
  return [...letters].reduce((bits, letter) => bits * 2 + (letter === '.' ? 0 : 1), 0);
}

export type NfdumpRecord = FlowFields;

function flowOfNfdump(record: NfdumpRecord): SeenFlow {
  const time = (text: unknown) => Date.parse(`${String(text)}Z`);
  const icmp = record.icmp_type !== undefined;
  return {
    from: String(record.src4_addr ?? record.src6_addr),
    to: String(record.dst4_addr ?? record.dst6_addr),
    fromPort: icmp ? 0 : Number(record.src_port ?? 0),
    toPort: icmp ? Number(record.icmp_type) * 256 + Number(record.icmp_code) : Number(record.dst_port ?? 0),
    protocol: Number(record.proto),
    start: time(record.first),
    end: time(record.last),
    packets: Number(record.in_packets),
    octets: Number(record.in_bytes),
    flags: flagsOfLetters(String(record.tcp_flags ?? '')),
    ...(record.out_packets === undefined
      ? {}
      : { back: { packets: Number(record.out_packets), octets: Number(record.out_bytes), flags: 0 } }),
  };
}

export interface Nfcapd extends Collector {
  /** Records as nfdump writes them to JSON, by domain; after stop(). */
  records: Map<number, NfdumpRecord[]>;
  /** What nfdump -o raw says; after stop(). */
  raw: string;
  /** Its own log. */
  log(): string;
}

export async function startNfcapd(context: Undo, folder: string, port: number, host: string): Promise<Nfcapd> {
  const args = ['-b', host, ...(host.includes(':') ? ['-6'] : []), '-p', String(port), '-w', folder];
  const child = start(context, 'nfcapd', [...args, '-t', '86400', '-B', '8000000']);
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await saying(child, 'stderr', /Startup nfcapd/);
  const nfcapd: Nfcapd = { port, records: new Map(), raw: '', log: () => log, stop };
  async function stop(): Promise<HeardByDomain> {
    await end(child, 'SIGTERM');
    const heard = new Map() as HeardByDomain;
    // More than one file when the run crosses midnight: nfcapd rotates then.
    for (const name of readdirSync(folder).filter((entry) => /^nfcapd\.\d+$/.test(entry))) {
      const file = join(folder, name);
      const domains = new Map<number, number>(); // nfdump's exporter id -> our domain
      for (const line of output('nfdump', ['-E', file]).stdout.split('\n')) {
        const found = /SysID:\s*(\d+).*\bID:\s*(\d+), Sequence failures: (\d+)/.exec(line);
        if (found === null) continue;
        domains.set(Number(found[1]), Number(found[2]));
        if (found[3] !== '0') heardOf(heard, Number(found[2])).complaints.push(`sequence failures: ${found[3]}`);
      }
      nfcapd.raw += output('nfdump', ['-r', file, '-q', '-o', 'raw']).stdout;
      const records = JSON.parse(`[${output('nfdump', ['-r', file, '-q', '-o', 'json']).stdout}]`) as NfdumpRecord[];
      for (const record of records) {
        const domain = domains.get(Number(record.export_sysid))!;
        nfcapd.records.set(domain, [...(nfcapd.records.get(domain) ?? []), record]);
        heardOf(heard, domain).flows.push(flowOfNfdump(record));
      }
    }
    return heard;
  }
  return nfcapd;
}
