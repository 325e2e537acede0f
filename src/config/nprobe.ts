// nProbe's command line as its users know it: which options weir takes as they are, which it translates, which mean
// something else here, and which it does not have. Options that mean the same are in options.ts (`nprobe`).
import { longFlag, optionNames, optionOf, type OptionName } from './options.js';

export interface Translation {
  name: OptionName;
  value: unknown;
}

export interface NprobeOption {
  /** As nProbe writes them: `-n`, `--collector`. */
  names: readonly string[];
  takesValue: boolean;
  /** What it does in nProbe. */
  meaning: string;
  /** What weir does with it: a translation, another meaning of the same letter, or nothing. */
  kind: 'translated' | 'differs' | 'no';
  note: string;
  /** Values of ours; throws UntranslatableError. Flags get ''. */
  translate?: (value: string) => Translation[];
  /** Part of nProbe's pace, which takes two options: see paceTranslation(). */
  pace?: 'pause' | 'messages';
}

/** About the records in a message with the default template: nProbe's pace counts messages, ours records. */
const recordsPerMessage = 10;

export class UntranslatableError extends Error {}

function collectors(value: string): Translation[] {
  return value.split(',').map((address) => {
    if (address === 'none' || address.includes('://')) return { name: 'sinks', value: address };
    // nProbe's default port is NetFlow's 2055, weir's is IPFIX's 4739.
    const hasPort = /^\[.*\]:|^[^[\]:]+:/.test(address);
    return { name: 'sinks', value: `udp://${address}${hasPort ? '' : ':2055'}` };
  });
}

/** RATE[:...]: packets; then what a collector samples; then exported flows. */
function sampling(value: string): Translation[] {
  const [packets = '', collected = '1', flows = '1'] = value.split(':');
  if (collected !== '1')
    throw new UntranslatableError('the second number is about collected flows; weir meters packets');
  return [
    { name: 'packetSampling', value: packets.replace(/^@/, '') },
    { name: 'flowSampling', value: flows },
    { name: 'upscale', value: !packets.startsWith('@') },
  ];
}

/** BROKERS;TOPIC[;OPTIONS-TOPIC[;ACKS[;COMPRESSION]]] */
function kafka(value: string): Translation[] {
  const [brokers = '', topic = '', options = '', acks = '', compression = ''] = value.split(';');
  const parameters = [
    ['statisticstopic', options === 'none' ? '' : options],
    ['acks', acks],
    ['compression', compression],
    ['naming', 'nprobe'],
  ].filter(([, given]) => given !== '');
  return [
    { name: 'sinks', value: `kafka://${brokers}/${topic}?${parameters.map((pair) => pair.join('=')).join('&')}` },
  ];
}

function verbosity(value: string): Translation[] {
  if (value === '0') return [{ name: 'logLevel', value: 'info' }];
  if (value === '1')
    return [
      { name: 'logLevel', value: 'info' },
      { name: 'stats', value: '30s' },
    ];
  if (value === '2')
    return [
      { name: 'logLevel', value: 'debug' },
      { name: 'stats', value: '30s' },
    ];
  throw new UntranslatableError(`expected 0, 1 or 2, found '${value}'`);
}

function input(value: string): Translation[] {
  if (value === '-') return [{ name: 'read', value }];
  if (value === 'none')
    throw new UntranslatableError('to collect flows instead of packets use `weir collect udp://:2055`');
  if (/\.pcap(ng)?(\.gz)?$/i.test(value)) return [{ name: 'read', value }];
  return [{ name: 'observationPoints', value }];
}

function captureDirection(value: string): Translation[] {
  const word = { 0: 'both', 1: 'rx', 2: 'tx' }[value] ?? value;
  return [{ name: 'direction', value: word }];
}

/** 0: all flows; 1: those with an application; 2: those without. */
function discardUnknown(value: string): Translation[] {
  const filters: Record<string, Translation[]> = {
    0: [],
    1: [{ name: 'dpiFilter', value: '!unknown' }],
    2: [{ name: 'dpiFilter', value: 'unknown' }],
  };
  const filter = filters[value];
  if (filter === undefined) throw new UntranslatableError(`expected 0, 1 or 2, found '${value}'`);
  return filter;
}

/** nProbe's `-e MS -B MESSAGES` (so many messages, then a pause) as records per second; nothing without -e. */
export function paceTranslation(pauseMs: string | undefined, messages: string | undefined): Translation[] {
  for (const value of [pauseMs, messages]) {
    if (value !== undefined && !/^\d{1,9}$/.test(value))
      throw new UntranslatableError(`expected a whole number, found '${value}'`);
  }
  const pause = Number(pauseMs ?? 0);
  if (pause === 0) return [];
  const perSecond = (Math.max(1, Number(messages ?? 1)) * 1000) / pause;
  return [{ name: 'maxExportRate', value: Math.max(1, Math.round(perSecond * recordsPerMessage)) }];
}

type Extra = Pick<NprobeOption, 'translate' | 'pace'>;

/** names: `-S|--sample-rate RATE`; the word after the space is a value, without it the option is a flag. */
function row(
  names: string,
  kind: NprobeOption['kind'],
  meaning: string,
  note: string,
  extra: Extra = {},
): NprobeOption {
  const [known = '', value] = names.split(' ');
  return { names: known.split('|'), takesValue: value !== undefined, meaning, kind, note, ...extra };
}

/** Note of what a later version may have. */
export const notYet = 'not in this version';

/** nProbe's options that do not mean the same in weir. */
export const nprobeOptions: readonly NprobeOption[] = [
  row('-i|--interface NAME', 'translated', 'interface', '`--interface`; a capture file or `-` there is `--read`', {
    translate: input,
  }),
  row(
    '-n|--collector ADDRESS',
    'translated',
    'collectors',
    '`--to udp://HOST:PORT` (port 2055 if none is given); `none` is `--to none`; every collector gets every flow',
    { translate: collectors },
  ),
  row(
    '-b|--verbose N',
    'translated',
    'verbosity',
    '0: `--log-level info`; 1: with `--stats 30s`; 2: `--log-level debug --stats 30s`',
    { translate: verbosity },
  ),
  row('-w|--hash-size N', 'translated', 'hash buckets', '`--cache-size`; with -M the last one given counts', {
    translate: (value) => [{ name: 'cacheSize', value }],
  }),
  row(
    '-e|--flow-delay MS',
    'translated',
    'pause between messages',
    `\`--max-export-rate\`, counting ${recordsPerMessage} records a message`,
    { pace: 'pause' },
  ),
  row('-B|--count-delay N', 'translated', 'messages between the pauses of -e', 'see -e', { pace: 'messages' }),
  row('--capture-direction N', 'translated', '0 both, 1 received, 2 sent', '`--direction`', {
    translate: captureDirection,
  }),
  row('-6|--no-promisc', 'translated', 'no promiscuous mode', '`--no-promiscuous`', {
    translate: () => [{ name: 'promiscuous', value: false }],
  }),
  row(
    '-a|--all-collectors',
    'translated',
    'every collector gets every flow',
    'taken and ignored: weir always does so',
    { translate: () => [] },
  ),
  row('--dont-drop-privileges', 'translated', 'stay root', '`--user ""`, the default', {
    translate: () => [{ name: 'user', value: '' }],
  }),
  row('-c', 'differs', 'only local hosts keep their address', "weir's -c is the configuration file"),
  row('-r', 'differs', 'direction by local networks', "weir's -r reads a capture file"),
  row('-h|-H', 'differs', 'help', '`weir --help` (-h); the fields are in `weir fields`'),
  row('-v', 'differs', 'version', '`weir version`; -v prints it too'),
  row('-E|--netflow-engine', 'differs', 'engine type:id', "weir's -E (`--observation-domain`) is one number"),
  row('-l|--queue-timeout N', 'no', 'how long records wait for a full message', 'weir sends within a second'),
  row('-m|--min-num-flows N', 'no', 'least records of a message', 'messages are as full as time allows'),
  row('-S|--sample-rate RATE', 'translated', 'sampling', '`--packet-sampling`, `--flow-sampling`, `--upscale`', {
    translate: sampling,
  }),
  row('-p|--aggregation MASK', 'no', 'leave parts out of the flow key', notYet),
  row('-L|--local-networks NETS', 'no', 'local networks', notYet),
  row('-u|--in-iface-idx N', 'no', 'input interface index', 'weir exports the true index (ingressInterface)'),
  row('-Q|--out-iface-idx N', 'no', 'output interface index', 'weir exports the true index (egressInterface)'),
  row('-z|--min-flow-size SIZES', 'no', 'drop tiny flows', notYet),
  row(
    '--discard-unknown-flows N',
    'translated',
    '0 all flows, 1 only those of known applications, 2 only the others',
    "`--dpi-filter '!unknown'`, `--dpi-filter unknown`",
    { translate: discardUnknown },
  ),
  row('--disable-l7-protocol-guess', 'no', 'no application by port', 'a guess says so: applicationConfidenceName'),
  row('--ndpi-protocols-dir DIR', 'no', 'protocols of your own', '`--dpi-protocols FILE`'),
  row('--ndpi-categories-dir DIR', 'no', 'lists by category', "`--dpi-categories FILE`, in nDPI's format of one file"),
  row('--blacklists PATH', 'no', 'threat lists', "`--dpi-categories FILE`, in nDPI's format"),
  row('-A|--as-list FILE', 'no', 'AS numbers', notYet),
  row('-P|--dump-path DIR', 'no', 'write flows to files', '`--to file:///DIR/flows.json?rotate=1m`'),
  row('-F|--dump-frequency N', 'no', 'file rotation', '`?rotate=TIME` of a file sink'),
  row('-D|--dump-format C', 'no', 'file format', '`?format=` and `?compress=` of a file sink'),
  row('-I|--syslog NAME', 'no', 'log to syslog', 'the log is stderr: systemd and containers take it from there'),
  row('-G|--daemon-mode', 'no', 'run as a daemon', 'weir stays in the foreground: use systemd or a container'),
  row('-g|--pid-file FILE', 'no', 'pid file', 'use systemd or a container'),
  row('-C|--flow-lock FILE', 'no', 'silent standby', notYet),
  row('-q|--sender-address ADDRESS', 'no', 'address to send from', '`?bind=ADDRESS` of a sink'),
  row('-W|--no-ipv6', 'no', 'ignore IPv6', "`-f 'not ip6'`"),
  row('-3|--collector-port PORT', 'no', 'collect flows', '`weir collect udp://:2055` prints them'),
  row('-4|--cpu-affinity LIST', 'no', 'pin threads', 'use taskset(1) or CPUAffinity= of systemd'),
  row('-N|--biflows-export-policy N', 'no', 'only one-way or two-way flows', notYet),
  row('--bi-directional', 'no', 'biflows', '`--biflow on`; weir counts both directions of a flow in any case'),
  row('--zmq ADDRESS', 'no', 'ZMQ export', notYet),
  row('--ntopng ADDRESS', 'no', 'export to ntopng', notYet),
  row('--kafka ADDRESS', 'translated', 'Kafka export', "`--to 'kafka://BROKERS/TOPIC?naming=nprobe'`", {
    translate: kafka,
  }),
  row('--elastic URL', 'no', 'Elasticsearch export', "`--to 'https://HOST:9200/_bulk?bulk=INDEX&naming=ecs'`"),
  row('--clickhouse ADDRESS', 'no', 'ClickHouse export', notYet),
  row('--mysql ADDRESS', 'no', 'MySQL export', notYet),
  row('--json-to-syslog', 'no', 'JSON to syslog', '`--to syslog://HOST`'),
  row('--tcp ADDRESS', 'no', 'JSON over TCP', '`--to tcp://HOST:PORT?format=json`'),
  row('--agent-mode', 'no', 'process information by eBPF', '`-T process`, or `-i ebpf:` for sockets alone'),
  row('--redis HOST', 'no', 'shared cache', 'weir needs none'),
  row('--http-server ADDRESS', 'no', 'built-in web server', '`--metrics` serves Prometheus metrics'),
  row('--black-list NETS', 'no', 'ignore networks', "`-f 'not net 10.0.0.0/8'`"),
  row(
    '--smart-udp-frags',
    'no',
    'fragments by their first header',
    'weir follows fragments exactly: `--fragment-entries`',
  ),
  row('--city-list FILE', 'no', 'places of addresses', notYet),
];

/** The row of an option nProbe has and weir has not, or has with another meaning. */
export function nprobeOption(name: string): NprobeOption | undefined {
  return nprobeOptions.find(({ names }) => names.includes(name));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Markdown table of nProbe's options for the README: what weir takes, what differs, what it has not. */
export function nprobeMarkdown(): string {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' ');
  const same = optionNames.flatMap((name) => {
    const known = optionOf(name).nprobe;
    if (!known || known.length === 0) return [];
    return [`| ${code(known)} | \`--${longFlag(name)}\` |`];
  });
  const others = nprobeOptions.map(({ names, meaning, kind, note }) => {
    const answer = kind === 'translated' ? note : kind === 'differs' ? `differs: ${note}` : `no: ${note}`;
    return `| ${code(names)} (${cell(meaning)}) | ${cell(answer)} |`;
  });
  return ['| nProbe | weir |', '|---|---|', ...same, ...others, ''].join('\n');
}
