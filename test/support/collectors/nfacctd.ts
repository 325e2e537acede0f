// nfacctd of pmacct.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FlowFields, SeenFlow } from '../seen_flow.js';
import { saying } from '../weir.js';
import { type Collector, end, type HeardByDomain, heardOf, start } from './process.js';

const protocols: Record<string, number> = { icmp: 1, igmp: 2, tcp: 6, udp: 17, 'ipv6-icmp': 58 };

/** scale: multiply counters by the sampling rate that the exporter announced (nfacctd_renormalize). */
export async function startNfacctd(
  context: TestContext,
  folder: string,
  port: number,
  host: string,
  { scale = false } = {},
): Promise<Collector> {
  const [out, primitives, configuration] = ['out.json', 'primitives.lst', 'nfacctd.conf'].map((n) => join(folder, n));
  writeFileSync(
    primitives!,
    'name=revOctets field_type=29305:1 len=8 semantics=u_int\nname=revPackets field_type=29305:2 len=8 semantics=u_int\n',
  );
  const key =
    'src_host,dst_host,src_port,dst_port,proto,tcpflags,timestamp_start,timestamp_end,export_proto_sysid,' +
    'revOctets,revPackets';
  const lines = [
    'daemonize: false',
    `nfacctd_ip: ${host}`,
    `nfacctd_port: ${port}`,
    'plugins: print[a]',
    `aggregate[a]: ${key}`,
    `aggregate_primitives: ${primitives}`,
    'print_output[a]: json',
    `print_output_file[a]: ${out}`,
    'print_output_file_append[a]: true',
    'print_refresh_time[a]: 86400',
    'timestamps_since_epoch: true',
    'nfacctd_disable_checks: false',
    `nfacctd_renormalize: ${scale}`,
    'nfacctd_pipe_size: 8000000',
    'plugin_pipe_size: 20000000',
    'plugin_buffer_size: 20000',
    '',
  ];
  writeFileSync(configuration!, lines.join('\n'));
  const child = start(context, 'nfacctd', ['-f', configuration!]);
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  await saying(child, 'stderr', /waiting for NetFlow/i);
  return {
    port,
    async stop() {
      await end(child, 'SIGINT');
      const heard = new Map() as HeardByDomain;
      for (const line of readFileSync(out!, 'utf8').split('\n').filter(Boolean)) {
        const row = JSON.parse(line) as FlowFields;
        heardOf(heard, Number(row.export_proto_sysid)).flows.push(flowOfNfacctd(row));
      }
      for (const [line, domain] of log.matchAll(/expecting flow '\d+' but received .*:(\d+)$/gm))
        heardOf(heard, Number(domain)).complaints.push(line);
      return heard;
    },
  };
}

function flowOfNfacctd(row: FlowFields): SeenFlow {
  const reverse = { packets: Number(row.revpackets ?? 0), octets: Number(row.revoctets ?? 0), flags: 0 };
  return {
    from: String(row.ip_src),
    to: String(row.ip_dst),
    fromPort: Number(row.port_src),
    toPort: Number(row.port_dst),
    protocol: protocols[String(row.ip_proto)] ?? Number(row.ip_proto),
    start: Math.round(Number(row.timestamp_start) * 1000),
    end: Math.round(Number(row.timestamp_end) * 1000),
    packets: Number(row.packets),
    octets: Number(row.bytes),
    flags: Number(row.tcp_flags),
    ...(reverse.packets > 0 ? { back: reverse } : {}),
  };
}
