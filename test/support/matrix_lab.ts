// All collectors of the matrix at once, and weir's runs towards them: one run a profile and capture, a sink for every
// collector and transport, each with an Observation Domain of its own.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Authority } from './certificates.js';
import {
  type CollectorName,
  collectors,
  isNetflow,
  type Profile,
  profiles,
  profileUrls,
  type Transport,
} from './collector_matrix.js';
import { type Checker, checkFile, startChecker } from './collectors/checker.js';
import { WeirCollect } from './collectors/collect.js';
import { type DumpHeard, readByIpfixDump, readByTshark, type SharkHeard } from './collectors/file_readers.js';
import { startNfcapd } from './collectors/nfcapd.js';
import { startNfacctd } from './collectors/nfacctd.js';
import { type Collector, freePorts, type Heard, type HeardByDomain, installed } from './collectors/process.js';
import { DatagramRecorder, startTlsServer, type TlsServer } from './collectors/recorders.js';
import { pcapOfDatagrams, pcapOfStream } from './pcap_of_messages.js';
import { type FlowFields, flowOfFields, type SeenFlow } from './seen_flow.js';
import { runWeir, type WeirRun } from './weir.js';

type Ip = 'udp' | 'udp6';
const hosts = { udp: '127.0.0.1', udp6: '::1', tcp: '127.0.0.1', tcp6: '::1', tls: '127.0.0.1' } as const;
const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export const missing = (name: CollectorName): string[] => collectors[name].commands.filter((one) => !installed(one));
const have = (name: CollectorName): boolean => missing(name).length === 0;
export const haveIpv6 = existsSync('/proc/net/if_inet6') && readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo');

/** NetFlow v5 has 8 bits for it. */
const domainOf = (profile: Profile, capture: number, at: Transport): number =>
  1 + profiles.indexOf(profile) * 20 + capture * 10 + ['udp', 'udp6', 'tcp', 'tcp6', 'tls', 'file'].indexOf(at);

/** What weir itself says of a run: the truth that collectors must repeat. */
export interface Truth {
  biflows: SeenFlow[];
  uniflows: SeenFlow[];
  run: WeirRun;
}

const flowsOf = (text: string): SeenFlow[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => flowOfFields(JSON.parse(line) as FlowFields));

interface Place {
  collector: CollectorName | 'recorder';
  transport: Transport;
  url: string;
  /** Takes one session only: the first capture's. */
  once?: boolean;
}

export class MatrixLab {
  readonly truths = new Map<Profile, Truth[]>();
  readonly messages = new Map<Profile, Buffer[]>();
  /** By profile and transport. */
  readonly checkers = new Map<string, Checker>();
  readonly dumps = new Map<Profile, DumpHeard>();
  #heard = new Map<string, HeardByDomain>();
  #context: TestContext;
  #folder: string;
  #places = new Map<Profile, Place[]>();
  #recorders = new Map<Profile, DatagramRecorder>();
  #running = new Map<string, Collector>();
  #collect: WeirCollect | undefined;
  #servers = new Map<Profile, TlsServer>();
  #tlsQuery = '';

  constructor(context: TestContext, folder: string) {
    this.#context = context;
    this.#folder = folder;
  }

  /** Starts what is installed. */
  async start(): Promise<void> {
    const ports = await freePorts(64);
    const port = (): number => ports.pop()!;
    for (const profile of profiles) this.#places.set(profile, []);
    const authority = new Authority(this.#folder);
    const server = authority.issue('server', { names: ['IP:127.0.0.1'] });
    const client = authority.issue('weir');
    this.#tlsQuery = `&ca=${authority.ca}&cert=${client.cert}&key=${client.key}`;
    const tlsFiles = { ...server, ca: authority.ca };
    const ips: Ip[] = haveIpv6 ? ['udp', 'udp6'] : ['udp'];
    await Promise.all([
      ...ips.flatMap((ip) => [this.#startNfcapd(ip, port()), this.#startNfacctd(ip, port())]),
      this.#startCollect(port),
      ...profiles.map((profile) => this.#startRecorder(profile)),
      ...profiles.filter((profile) => !isNetflow(profile)).map((one) => this.#startOfIpfix(one, port, tlsFiles)),
    ]);
  }

  #add(profile: Profile, place: Place): void {
    this.#places.get(profile)?.push(place);
  }

  #toAll(collector: CollectorName, transport: Transport, url: string): void {
    for (const profile of profiles) this.#add(profile, { collector, transport, url });
  }

  async #startNfcapd(ip: Ip, port: number): Promise<void> {
    if (!have('nfcapd')) return;
    const folder = join(this.#folder, `nfcapd-${ip}`);
    mkdirSync(folder);
    const running = await startNfcapd(this.#context, folder, port, hosts[ip]);
    this.#running.set(`nfcapd ${ip}`, running);
    this.#toAll('nfcapd', ip, `udp://${inUrl(hosts[ip])}:${port}`);
  }

  async #startNfacctd(ip: Ip, port: number): Promise<void> {
    if (!have('nfacctd')) return;
    const folder = join(this.#folder, `nfacctd-${ip}`);
    mkdirSync(folder);
    this.#running.set(`nfacctd ${ip}`, await startNfacctd(this.#context, folder, port, hosts[ip]));
    this.#toAll('nfacctd', ip, `udp://${inUrl(hosts[ip])}:${port}`);
  }

  async #startCollect(port: () => number): Promise<void> {
    const places = (['udp', 'udp6', 'tcp', 'tcp6'] as const).filter((one) => haveIpv6 || !one.endsWith('6'));
    const urls = places.map((one) => `${one.slice(0, 3)}://${inUrl(hosts[one])}:${port()}`);
    for (const [index, transport] of places.entries())
      for (const profile of profiles)
        if (transport.startsWith('udp') || !isNetflow(profile))
          this.#add(profile, { collector: 'collect', transport, url: urls[index]! });
    this.#collect = new WeirCollect(this.#context, this.#folder, 'live', urls);
    await this.#collect.listening;
  }

  async #startRecorder(profile: Profile): Promise<void> {
    const recorder = await DatagramRecorder.listen(this.#context);
    this.#recorders.set(profile, recorder);
    this.#add(profile, { collector: 'recorder', transport: 'udp', url: `udp://127.0.0.1:${recorder.port}` });
  }

  async #startOfIpfix(
    profile: Profile,
    port: () => number,
    files: { cert: string; key: string; ca: string },
  ): Promise<void> {
    const file = join(this.#folder, `${profile}.ipfix`);
    this.#add(profile, { collector: 'collect', transport: 'file', url: `file://${file}`, once: true });
    const starting: Promise<void>[] = [];
    for (const transport of ['udp', 'udp6', 'tcp', 'tcp6', 'tls'] as const) {
      if (!have('ipfix_check') || (!haveIpv6 && transport.endsWith('6'))) continue;
      starting.push(this.#startChecker(profile, transport, port(), files));
    }
    if (have('s_server')) starting.push(this.#startServer(profile, port(), files));
    await Promise.all(starting);
  }

  async #startChecker(
    profile: Profile,
    transport: 'udp' | 'udp6' | 'tcp' | 'tcp6' | 'tls',
    port: number,
    { cert, key, ca }: { cert: string; key: string; ca: string },
  ): Promise<void> {
    const scheme = transport.slice(0, 3) as 'udp' | 'tcp' | 'tls';
    const more = scheme === 'tls' ? ['--cert', cert, '--key', key, '--ca', ca] : [];
    if (transport === 'tcp') more.push('--save', join(this.#folder, `${profile}-tcp.ipfix`));
    const host = hosts[transport];
    const running = await startChecker(this.#context, scheme, this.#folder, port, host, more);
    this.checkers.set(`${profile} ${transport}`, running);
    const url = `${scheme}://${inUrl(host)}:${port}`;
    this.#add(profile, { collector: 'ipfix_check', transport, url, once: scheme !== 'udp' });
  }

  async #startServer(profile: Profile, port: number, files: { cert: string; key: string; ca: string }): Promise<void> {
    const version = profile === 'nfdump' ? 'tls1_2' : 'tls1_3';
    this.#servers.set(profile, await startTlsServer(this.#context, this.#folder, port, files, version));
    this.#add(profile, { collector: 's_server', transport: 'tls', url: `tls://127.0.0.1:${port}`, once: true });
  }

  /** Runs weir on the capture towards everything that takes the profile. capture: 0, then 1. */
  async run(profile: Profile, capture: number, file: string): Promise<void> {
    const biflows = join(this.#folder, `${profile}-${capture}.json`);
    const sinks = this.#places
      .get(profile)!
      .filter(({ once = false }) => capture === 0 || !once)
      .map(({ transport, url }) => {
        const udp = transport === 'udp' || transport === 'udp6' ? '&refreshmessages=7&rate=20000' : '';
        const tls = transport === 'tls' ? this.#tlsQuery : '';
        return `${url}?${profileUrls[profile]}&domain=${domainOf(profile, capture, transport)}${udp}${tls}`;
      });
    const own = ['-?format=json&biflow=off', `file://${biflows}?format=json`];
    const run = await runWeir([
      '-r',
      file,
      '--active-timeout',
      '1s',
      ...[...sinks, ...own].flatMap((to) => ['--to', to]),
    ]);
    const truth = { biflows: flowsOf(readFileSync(biflows, 'utf8')), uniflows: flowsOf(run.stdout), run };
    this.truths.set(profile, [...(this.truths.get(profile) ?? []), truth]);
  }

  /** Ends all collectors and reads what they have. */
  async stop(): Promise<void> {
    const stopping = [...this.#running, ...this.checkers].map(async ([name, running]) => {
      this.#heard.set(name, await running.stop());
    });
    const collecting = this.#collect?.stop().then(({ heard }) => {
      this.#heard.set('collect', heard);
    });
    await Promise.all([...stopping, collecting, ...[...this.#servers.values()].map(({ ended }) => ended)]);
    for (const [profile, recorder] of this.#recorders) this.messages.set(profile, recorder.messages);
  }

  #fileOf(profile: Profile, transport: Transport): string {
    if (transport === 'tls') return this.#servers.get(profile)?.file ?? '';
    if (transport === 'file') return join(this.#folder, `${profile}.ipfix`);
    if (transport === 'tcp') return join(this.#folder, `${profile}-tcp.ipfix`);
    const file = join(this.#folder, `${profile}-udp.ipfix`);
    writeFileSync(file, Buffer.concat(this.messages.get(profile) ?? []));
    return file;
  }

  #shark(profile: Profile, transport: Transport): SharkHeard {
    if (transport === 'file') return readByTshark(this.#fileOf(profile, transport));
    const pcap = join(this.#folder, `${profile}-${transport}.pcap`);
    const stream = () => readFileSync(this.#fileOf(profile, transport));
    const messages = this.messages.get(profile) ?? [];
    writeFileSync(pcap, transport === 'tcp' ? pcapOfStream(stream()) : pcapOfDatagrams(messages));
    return readByTshark(pcap);
  }

  async #byCollect(profile: Profile, transport: Transport): Promise<HeardByDomain> {
    if (transport !== 'file' && transport !== 'tls') return this.#heard.get('collect') ?? new Map();
    const places = [`file://${this.#fileOf(profile, transport)}`];
    const reader = new WeirCollect(this.#context, this.#folder, `${profile}-${transport}`, places);
    return (await reader.ended()).heard;
  }

  /** What the collector heard of all runs with the profile over the transport. */
  async heard(profile: Profile, name: CollectorName, transport: Transport): Promise<Heard> {
    if (name === 'tshark') return this.#shark(profile, transport);
    if (name === 'ipfixDump') {
      const heard = readByIpfixDump(this.#fileOf(profile, transport));
      if (transport === 'file') this.dumps.set(profile, heard);
      return heard;
    }
    let all: HeardByDomain;
    if (name === 'collect') all = await this.#byCollect(profile, transport);
    else if (name === 's_server' || (name === 'ipfix_check' && transport === 'file'))
      all = checkFile(this.#fileOf(profile, transport));
    else
      all = this.#heard.get(name === 'ipfix_check' ? `${profile} ${transport}` : `${name} ${transport}`) ?? new Map();
    const parts = [0, 1].map((capture) => all.get(domainOf(profile, capture, transport)));
    return {
      flows: parts.flatMap((part) => part?.flows ?? []),
      complaints: parts.flatMap((part) => part?.complaints ?? []),
    };
  }

  /** True when the transport of this collector takes only the first capture's session. */
  once(profile: Profile, name: CollectorName, transport: Transport): boolean {
    if (transport === 'file' || transport === 'tls') return true;
    if (name === 'tshark' || name === 'ipfixDump') return transport === 'tcp';
    const places = this.#places.get(profile) ?? [];
    return places.some((place) => place.collector === name && place.transport === transport && place.once === true);
  }
}
