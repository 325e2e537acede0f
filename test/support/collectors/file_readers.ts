// tshark and ipfixDump on what is in files.
import type { FlowFields, SeenFlow } from '../seen_flow.js';
import { flowOfFields } from '../seen_flow.js';
import { type Heard, output } from './process.js';

type Tree = { [key: string]: string | string[] | Tree | Tree[] };

const first = (value: unknown): string => String(Array.isArray(value) ? value[0] : value);
const time = (text: unknown): number => Date.parse(first(text).replace(/\d{6} UTC$/, ' UTC'));

/** A flow of tshark's tree; `boot` is what NetFlow's times count from. */
function flowOfTree(tree: Tree, boot: number): SeenFlow {
  const times = (tree['cflow.timedelta_tree'] ?? {}) as Tree;
  const since = (name: string) => Math.round(boot + Number(times[name]) * 1000);
  const protocol = Number(tree['cflow.protocol']);
  const port = Number(tree['cflow.dstport']);
  const icmp4 = Number(tree['cflow.icmp_type_code_ipv4'] ?? port); // NetFlow v5 has it in the place of the port
  const icmp6 = Number(tree['cflow.icmp_ipv6_type']) * 256 + Number(tree['cflow.icmp_ipv6_code']);
  const counts = (at: 0 | 1) => {
    const value = (name: string) => {
      const field = tree[name];
      return Number(Array.isArray(field) ? field[at] : at === 0 ? (field ?? 0) : 0);
    };
    return { packets: value('cflow.packets'), octets: value('cflow.octets'), flags: value('cflow.tcpflags') };
  };
  return {
    from: String(tree['cflow.srcaddr'] ?? tree['cflow.srcaddrv6']),
    to: String(tree['cflow.dstaddr'] ?? tree['cflow.dstaddrv6']),
    fromPort: Number(tree['cflow.srcport']),
    toPort: protocol === 1 ? icmp4 : protocol === 58 ? icmp6 : port,
    protocol,
    start: times['cflow.abstimestart'] === undefined ? since('cflow.timestart') : time(times['cflow.abstimestart']),
    end: times['cflow.abstimeend'] === undefined ? since('cflow.timeend') : time(times['cflow.abstimeend']),
    ...counts(0),
    ...(Array.isArray(tree['cflow.packets']) ? { back: counts(1) } : {}),
  };
}

function eachFlow(tree: Tree, found: (flow: Tree) => void): void {
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value !== 'object' || Array.isArray(value)) continue;
    if (/^(Flow \d+|pdu \d+\/\d+)$/.test(key)) found(value);
    else eachFlow(value, found);
  }
}

export interface SharkHeard extends Heard {
  /** Trees of all records, options records included. */
  records: Tree[];
  /** Template records, refreshes included, by id. */
  templates: Map<number, number>;
}

function templatesOf(tree: Tree, into: Map<number, number>): void {
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'cflow.template_id')
      for (const id of [value].flat()) into.set(Number(id), (into.get(Number(id)) ?? 0) + 1);
    else if (typeof value === 'object')
      for (const inner of [value].flat()) if (typeof inner === 'object') templatesOf(inner, into);
  }
}

/** A pcap with messages to port 4739, or an RFC 5655 file. */
export function readByTshark(file: string): SharkHeard {
  const decoding = ['-d', 'udp.port==4739,cflow', '-d', 'tcp.port==4739,cflow', '-o', 'cflow.max_template_fields:0'];
  const { stdout, stderr } = output('tshark', ['-n', '-r', file, ...decoding, '-T', 'json', '--no-duplicate-keys']);
  const heard: SharkHeard = { flows: [], complaints: [], records: [], templates: new Map() };
  if (stdout === '') heard.complaints.push(stderr);
  for (const { _source } of JSON.parse(stdout || '[]') as { _source: { layers: Tree } }[]) {
    for (const bad of JSON.stringify(_source.layers).matchAll(
      /"(cflow\.sequence_analysis\.expected_sn|_ws\.malformed[^"]*)"/g,
    ))
      heard.complaints.push(bad[1]!);
    for (const cflow of [_source.layers.cflow ?? []].flat() as Tree[]) {
      const boot = time(cflow['cflow.timestamp']) - Number(cflow['cflow.sysuptime'] ?? 0) * 1000;
      templatesOf(cflow, heard.templates);
      eachFlow(cflow, (flow) => {
        heard.records.push(flow);
        if (flow['cflow.octets'] !== undefined) heard.flows.push(flowOfTree(flow, boot));
      });
    }
  }
  return heard;
}

export interface DumpHeard extends Heard {
  /** Fields of all records by name, options records included. */
  records: FlowFields[];
}

/** ipfixDump with RFC 5610 names. What it prints to stderr is a complaint. */
export function readByIpfixDump(file: string): DumpHeard {
  const { stdout, stderr } = output('ipfixDump', ['--rfc5610', '-i', file]);
  const records = stdout.split(/^--- data record \d+ ---$/m).slice(1);
  const heard: DumpHeard = { flows: [], records: [], complaints: stderr.split('\n').filter(Boolean) };
  for (const text of records) {
    const fields: FlowFields = {};
    for (const [, name, value] of text.matchAll(/^\t\([\d/]+\)(?: \(S\))?\s*(\w+) : (?:\(len: \d+\) )?(.*)$/gm)) {
      const at = /^\d{4}-\d\d-\d\d /.test(value!) ? Date.parse(`${value!.replace(' ', 'T')}Z`) : value!;
      fields[name! in fields ? `${name}#2` : name!] = at;
    }
    heard.records.push(fields);
    if (fields.octetDeltaCount !== undefined) heard.flows.push(flowOfFields(fields));
  }
  return heard;
}
