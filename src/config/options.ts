// THE table of options. Help, config/weir.yaml, environment names, types and the README reference are made from it.
// A line too long or a file past 350 lines is the table's nature.
import convict from 'convict';
import type { EventTypeName } from '../fields/event_types.js';
import { eventListFormat } from './event_list.js';
import {
  boolean,
  choice,
  cpuCount,
  duration,
  type Format,
  FormatError,
  integer,
  integerOrAuto,
  list,
  size,
  text,
  words,
} from './format.js';
import { observationPointFormat, type ObservationPointOption } from './observation_point.js';
import { keepPropertySecret, maskedProperty } from './sink_secrets.js';
import { sinkUrlFormat, type SinkUrl } from './sink_url.js';

export const groups = {
  input: 'Where packets come from',
  metering: 'How packets become flows',
  records: 'What a flow record holds',
  applications: 'What is inside a flow',
  attribution: 'Who is at the ends of a flow',
  export: 'Where flows go',
  running: 'Running',
} as const;

export interface Option<T> {
  kind: Format<T>;
  doc: string;
  default: T;
  group: keyof typeof groups;
  /** Long flag; else the key in kebab case. */
  long?: string;
  /** Short letters, the first being the one help prints. */
  letters?: string;
  /** nProbe's long names and letters that mean the same and take the same values. */
  nprobe?: readonly string[];
  example: string;
  /** True when SIGHUP applies a new value without a restart. */
  reloadable?: boolean;
  /** False for options that cannot stand in the configuration file. */
  inFile?: boolean;
}

/** NAME=VALUE of librdkafka. What is wrong with one is said without it: it may be a password. */
const propertyFormat: Format<string> = {
  placeholder: 'NAME=VALUE',
  expects: 'NAME=VALUE',
  parse(value) {
    const text = String(value);
    if (typeof value !== 'string' || !/^\s*[^=\s][^=]*=/.test(text) || text.includes('\0'))
      throw new FormatError('expected NAME=VALUE');
    keepPropertySecret(text);
    return text;
  },
  print: (value) => value,
  masked: (text) => maskedProperty(String(text)),
};

function option<T>(kind: Format<T>, rest: Omit<Option<NoInfer<T>>, 'kind'>): Option<T> {
  return { kind, ...rest };
}

const u32 = 0xffffffff;

/** What --dpi-privacy can keep out of records. */
export const privacyWords = ['urls', 'dns-names', 'user-agents', 'server-names'] as const;
/** snapLength that was not given: as much as what is looked at needs. */
export const autoSnapLength = 0;

export const optionTable = {
  // input
  observationPoints: option<ObservationPointOption[]>(list(observationPointFormat), {
    doc:
      'Capture live here: an interface, a glob, a comma list, or any (every interface, as they come and go). ' +
      'Add @netns:NAME, @pid:N, @container:NAME or @pod:NS/NAME for another network namespace. ebpf: is flows of the ' +
      'sockets of this host, without packet capture; beside interfaces it adds what they do not see. What is not there yet is ' +
      'waited for. May be repeated. ' +
      'Without -i and -r: any.',
    default: [],
    group: 'input',
    long: 'interface',
    letters: 'i',
    example: 'eth0@netns:blue',
  }),
  read: option(list(text('FILE', 'a capture file, or - for stdin', { required: true })), {
    doc:
      'Read packets from a pcap or pcapng file, plain or gzip; - is stdin. Runs on packet time, as fast as it goes. ' +
      'May be repeated.',
    default: [],
    group: 'input',
    letters: 'r',
    nprobe: ['--pcap-file'],
    example: 'capture.pcapng.gz',
  }),
  filter: option(text('FILTER', 'a pcap-filter(7) expression'), {
    doc: 'Meter only packets that match this pcap-filter(7) expression; live it runs in the kernel.',
    default: '',
    group: 'input',
    letters: 'f',
    nprobe: ['-f', '--bpf-filter'],
    example: 'tcp port 443',
  }),
  snapLength: option(
    integerOrAuto({ max: 262144, zero: 262144, placeholder: 'OCTETS' }, () => autoSnapLength),
    {
      doc:
        'Octets of each packet to capture, 0 for all. Octet counts come from the headers and are right with any value; ' +
        'auto is 512, which holds nested tunnels with all their options, or 8192 where applications are looked for.',
      default: autoSnapLength,
      group: 'input',
      letters: 's',
      nprobe: ['-s', '--snaplen'],
      example: '1600',
    },
  ),
  promiscuous: option(boolean(), {
    doc: 'Capture what is not addressed to this host too, on interfaces given by name (not any or veth*).',
    default: true,
    group: 'input',
    example: 'off',
  }),
  direction: option(choice('both', 'rx', 'tx'), {
    doc: 'Which packets of a live interface: received, sent, or both.',
    default: 'both',
    group: 'input',
    example: 'rx',
  }),
  captureRing: option(size({ min: 1024 ** 2, max: 4 * 1024 ** 3 }), {
    doc:
      'Bytes of the kernel capture ring of each worker and interface. A longer ring bridges longer pauses before ' +
      'packets are dropped.',
    default: 32 * 1024 ** 2,
    group: 'input',
    example: '256M',
  }),

  // metering
  activeTimeout: option(duration({ min: 1000, max: 86_400_000 }), {
    doc: 'A flow that goes on is reported after this time, and again each time it passes.',
    default: 60_000,
    group: 'metering',
    letters: 't',
    nprobe: ['-t', '--lifetime-timeout'],
    example: '5m',
    reloadable: true,
  }),
  idleTimeout: option(duration({ min: 100, max: 86_400_000 }), {
    doc: 'A flow without packets for this time has ended.',
    default: 15_000,
    group: 'metering',
    letters: 'd',
    nprobe: ['-d', '--idle-timeout'],
    example: '60s',
    reloadable: true,
  }),
  lingerTimeout: option(duration({ min: 1, max: 60_000, zero: 'leave at once' }), {
    doc: 'A TCP flow that ended by FIN or RST stays this long, so that trailing packets do not make a new flow.',
    default: 2000,
    group: 'metering',
    example: '500ms',
  }),
  cacheSize: option(integer({ min: 1024, max: 1 << 30, placeholder: 'FLOWS' }), {
    doc:
      'Flows in the cache at a time, on each interface (or all files), its workers together. When it is full the oldest idle flows leave early ' +
      '(flowEndReason 5). Memory is used as flows come, at most about 512 bytes each.',
    default: 1_048_576,
    group: 'metering',
    letters: 'M',
    nprobe: ['-M', '--max-num-flows'],
    example: '4194304',
  }),
  workers: option(cpuCount(256), {
    doc: 'Threads that capture and meter; auto is one for each CPU.',
    default: 1,
    group: 'metering',
    example: 'auto',
  }),
  tunnels: option(boolean(), {
    doc:
      'Meter the packets inside GRE, VXLAN, GENEVE, GTP-U, IP-in-IP, ERSPAN and L2TP tunnels; the outer addresses ' +
      'and the tunnel id become fields of the flow.',
    default: false,
    group: 'metering',
    nprobe: ['-5', '--tunnel'],
    example: 'on',
  }),
  tunnelDepth: option(integer({ min: 1, max: 8 }), {
    doc: 'Tunnels inside each other to look into, with --tunnels.',
    default: 4,
    group: 'metering',
    nprobe: ['--max-num-untunnels'],
    example: '2',
  }),
  fragmentEntries: option(integer({ min: 16, max: 1 << 24 }), {
    doc: 'Fragmented datagrams followed at a time by each worker, so that later fragments join the flow of the first.',
    default: 8192,
    group: 'metering',
    example: '65536',
  }),
  packetSampling: option(integer({ min: 1, max: 16383 }), {
    doc: 'Meter one packet of N; the rate is announced in options records.',
    default: 1,
    group: 'metering',
    example: '100',
  }),
  packetSamplingMode: option(choice('systematic', 'random'), {
    doc: 'Which packet of N: every Nth, or a random one of each N.',
    default: 'systematic',
    group: 'metering',
    example: 'random',
  }),
  flowSampling: option(integer({ min: 1, max: 1_000_000 }), {
    doc: 'Export one flow of N, chosen by a hash of its key, with all its records.',
    default: 1,
    group: 'metering',
    example: '10',
  }),
  upscale: option(boolean(), {
    doc: 'With --packet-sampling, multiply octets and packets of records by N.',
    default: false,
    group: 'metering',
    example: 'on',
  }),

  // records
  template: option(text('TEMPLATE', 'a template name, file or list', { required: true }), {
    doc:
      "Fields of a record: a named template (see `weir templates`), a file, or a list such as '%IPV4_SRC_ADDR " +
      "%IPV4_DST_ADDR %IN_BYTES'; IPFIX names and nProbe labels both work.",
    default: 'default',
    group: 'records',
    letters: 'T',
    nprobe: ['-T', '--flow-templ'],
    example: 'tcp',
  }),
  biflow: option(choice('auto', 'on', 'off'), {
    doc:
      'Both directions of a flow in one record (RFC 5103), or one record each. auto: on, except for profile=nfdump, ' +
      'NetFlow and goflow2.',
    default: 'auto',
    group: 'records',
    example: 'off',
  }),
  firstPackets: option(integer({ min: 0, max: 255 }), {
    doc:
      'Remember size, time and direction of the first N packets of each flow; 0 is off. Costs memory for ' +
      'every flow.',
    default: 0,
    group: 'records',
    example: '16',
  }),
  communityIdSeed: option(integer({ min: 0, max: 65535, placeholder: 'SEED' }), {
    doc: 'Seed of communityId; must be equal wherever ids are compared.',
    default: 0,
    group: 'records',
    example: '1',
  }),

  // applications
  dpi: option(choice('auto', 'on', 'off'), {
    doc:
      'Look into flows for their application and its facts. auto: when a template of any sink names such fields, as far as ' +
      'libndpi is there; on insists on libndpi where it is needed.',
    default: 'auto',
    group: 'applications',
    example: 'off',
  }),
  dpiTcpPackets: option(integer({ min: 1, max: 65535, placeholder: 'PACKETS' }), {
    doc: 'Packets of a TCP flow behind which nDPI gives up on it.',
    default: 80,
    group: 'applications',
    example: '20',
  }),
  dpiUdpPackets: option(integer({ min: 1, max: 65535, placeholder: 'PACKETS' }), {
    doc: 'Packets of any other flow behind which nDPI gives up on it.',
    default: 24,
    group: 'applications',
    example: '8',
  }),
  dpiStates: option(integer({ min: 16, max: 1 << 24, placeholder: 'FLOWS' }), {
    doc:
      'Flows of each worker that are looked into at the same time; what comes beyond it is metered without an application. ' +
      'Memory grows with the flows that are looked into at a time.',
    default: 65_536,
    group: 'applications',
    example: '262144',
  }),
  dpiFilter: option(list(text('LIST', 'names of applications, categories or breeds', { required: true })), {
    doc:
      'Export only flows of these applications, categories or breeds of nDPI, or with ! all but these, such as tls,quic or ' +
      '!mdns,!SSDP; `weir applications` lists them. May be repeated.',
    default: [],
    group: 'applications',
    nprobe: ['-O', '--ndpi-protocols'],
    example: 'tls,quic,!mdns',
  }),
  dpiProtocols: option(text('FILE', 'a file name'), {
    doc: "Protocols of your own, by port, address and host name, in nDPI's format; read anew on SIGHUP.",
    default: '',
    group: 'applications',
    nprobe: ['--ndpi-custom-protos', '--ndpi-proto-ports'],
    example: '/etc/weir/protocols.txt',
  }),
  dpiCategories: option(list(text('FILE', 'a file name', { required: true })), {
    doc:
      "List of host names and addresses with a category each, in nDPI's format, such as a blocklist: flows with them say so. " +
      'Read anew on SIGHUP. May be repeated.',
    default: [],
    group: 'applications',
    example: '/etc/weir/malware.txt',
  }),
  dpiPrivacy: option(words(privacyWords, 'kinds'), {
    doc:
      'Keep these out of records: urls, dns-names, user-agents; server-names go out as a hash that is keyed with --dpi-key, ' +
      'so that equal names stay equal.',
    default: [],
    group: 'applications',
    example: 'urls,server-names',
  }),
  dpiKey: option(text('FILE', 'a file name'), {
    doc: 'File with the key for hashed server names, a text of at least 16 characters that only weir may read.',
    default: '',
    group: 'applications',
    example: '/etc/weir/names.key',
  }),

  // attribution
  attribution: option(choice('auto', 'bpf', 'diag', 'off'), {
    doc:
      'Name the process, user, container and pod at both ends of live flows. auto: when a template of any sink names such ' +
      'fields, by BPF where this host allows it, else by sock_diag and /proc; bpf and diag insist on theirs. Files (-r) have none.',
    default: 'auto',
    group: 'attribution',
    example: 'diag',
  }),
  commandLine: option(choice('redacted', 'full', 'off'), {
    doc: 'Command lines in fields: with what looks like a password or token replaced by ***, as they are, or none.',
    default: 'redacted',
    group: 'attribution',
    example: 'off',
  }),
  ancestors: option(integer({ min: 0, max: 16 }), {
    doc: 'Ancestors of a process beyond its parent in the field that lists them.',
    default: 3,
    group: 'attribution',
    example: '8',
  }),
  attributionSends: option(boolean(), {
    doc: 'Know at once who owns a socket that only sends; costs about 0.1 µs for each send of this host.',
    default: false,
    group: 'attribution',
    example: 'on',
  }),
  conntrack: option(boolean(), {
    doc: "Follow the kernel's address translation, so that flows are named behind NAT and carry both addresses.",
    default: true,
    group: 'attribution',
    example: 'off',
  }),
  socketTable: option(integer({ min: 1024, max: 1 << 24, placeholder: 'SOCKETS' }), {
    doc: 'Sockets remembered at a time; when full those that ended go first, at about 350 octets each.',
    default: 1 << 19,
    group: 'attribution',
    example: '1048576',
  }),
  processTable: option(integer({ min: 1024, max: 1 << 22, placeholder: 'PROCESSES' }), {
    doc: 'Processes remembered at a time, ended ones included.',
    default: 1 << 16,
    group: 'attribution',
    example: '262144',
  }),
  containerRuntimes: option(list(text('SOCKET', '[docker:|podman:|cri:]PATH', { required: true })), {
    doc:
      'Ask this container runtime too: docker:PATH, podman:PATH or cri:PATH of its socket; the usual ones of Docker, Podman, ' +
      'containerd and CRI-O are asked in any case. May be repeated.',
    default: [],
    group: 'attribution',
    long: 'container-runtime',
    example: '/run/user/1000/podman/podman.sock',
  }),
  nodeName: option(text('NAME', 'a name'), {
    doc: 'Name of this Kubernetes node in fields; else NODE_NAME of the environment, or the host name.',
    default: '',
    group: 'attribution',
    example: 'worker-3',
  }),
  events: option<EventTypeName[]>(eventListFormat, {
    doc:
      'Export socket and process events as they happen instead of flows: connect, accept, use, listen, close, retransmit, ' +
      'refused, exec, exit, fork, or all. For every sink that does not say events= itself.',
    default: [],
    group: 'attribution',
    example: 'connect,accept,exec',
  }),

  // export
  sinks: option<SinkUrl[]>(list(sinkUrlFormat), {
    doc:
      'Send flows there: udp://HOST:PORT, tcp://, tls://, sctp://, kafka://BROKER:PORT/TOPIC, https://HOST/PATH, ' +
      'syslog://, unix:///PATH, file:///PATH, - (stdout) or none; may be repeated, every sink gets every flow unless ' +
      'balanced. Without it flows go to stdout, one line each.',
    default: [],
    group: 'export',
    long: 'to',
    example: 'udp://collector:4739?template=tcp',
  }),
  flowVersion: option(choice('10', 'ipfix', '9', '5'), {
    doc: 'What udp sinks that name no format send: 10 (IPFIX), or NetFlow 9 or 5.',
    default: '10',
    group: 'export',
    letters: 'V',
    nprobe: ['-V', '--flow-version'],
    example: '9',
  }),
  observationDomain: option(integer({ min: 0, max: u32, placeholder: 'ID' }), {
    doc: 'Observation Domain ID of IPFIX messages; give every probe its own.',
    default: 1,
    group: 'export',
    letters: 'E',
    example: '7',
  }),
  enterpriseNumber: option(integer({ min: 1, max: u32, placeholder: 'PEN' }), {
    doc:
      "Private Enterprise Number of weir's own fields. The default is the documentation number of RFC 5612, " +
      'for tests only.',
    default: 32473,
    group: 'export',
    example: '99999',
  }),
  templateId: option(integer({ min: 256, max: 65000, placeholder: 'ID' }), {
    doc: 'Id of the IPv4 template; the IPv6 template has the next one.',
    default: 256,
    group: 'export',
    letters: 'U',
    nprobe: ['-U', '--flow-templ-id'],
    example: '300',
  }),
  templateRefresh: option(duration({ min: 1000, max: 86_400_000 }), {
    doc: 'Over UDP, send templates again after this time.',
    default: 600_000,
    group: 'export',
    example: '60s',
  }),
  templateRefreshMessages: option(integer({ min: 0, max: 1_000_000_000 }), {
    doc: 'Over UDP, send templates again after this many messages too; 0 is off.',
    default: 100,
    group: 'export',
    letters: 'o',
    nprobe: ['-o'],
    example: '20',
  }),
  maxExportRate: option(integer({ min: 0, max: 1_000_000_000, placeholder: 'RECORDS' }), {
    doc: 'Flow records per second to each sink at most, for slow collectors; 0 is unlimited.',
    default: 0,
    group: 'export',
    example: '5000',
  }),

  statisticsInterval: option(duration({ min: 1000, max: 86_400_000 }), {
    doc: 'Time between two statistics records (options records of RFC 7011 section 4) to each collector.',
    default: 60_000,
    group: 'export',
    example: '5m',
  }),
  spool: option(text('FOLDER', 'a folder'), {
    doc:
      'Keep here on disk what a sink that confirms delivery (tcp, tls, sctp, unix, http, kafka) cannot take now; live ' +
      "runs only, unless a sink says spool=FOLDER. Under systemd the default is spool in the unit's StateDirectory. '' is " +
      'off: then the oldest are dropped.',
    default: '/var/lib/weir/spool',
    group: 'export',
    example: '/srv/weir/spool',
  }),
  spoolSize: option(size({ min: 1024 ** 2, max: 1024 ** 4 }), {
    doc: "Bytes that one sink's spool may take; beyond it its oldest flows are dropped.",
    default: 1024 ** 3,
    group: 'export',
    example: '20G',
  }),
  spoolAge: option(duration({ min: 1000, zero: 'for ever' }), {
    doc: 'How long flows stay in the spool at most; 0 is for ever.',
    default: 0,
    group: 'export',
    example: '24h',
  }),
  spoolSync: option(choice('always', 'second', 'segment', 'never'), {
    doc: 'When the spool calls fsync: after every write, once a second, when a segment is full, or never.',
    default: 'second',
    group: 'export',
    example: 'segment',
  }),
  kafkaProperties: option(list(propertyFormat), {
    doc: 'Property of librdkafka for every Kafka sink, such as sasl.mechanism=SCRAM-SHA-512; may be repeated.',
    default: [],
    group: 'export',
    long: 'kafka-property',
    nprobe: ['--kafka-conf'],
    example: 'security.protocol=SASL_SSL',
  }),

  // running
  config: option(text('FILE', 'a file name'), {
    doc: 'Read options from this YAML or JSON file; environment and flags win over it.',
    default: '',
    group: 'running',
    letters: 'c',
    example: '/etc/weir/weir.yaml',
    inFile: false,
  }),
  user: option(text('USER', 'a user name or id'), {
    doc: 'Started as root, run as this user, keeping only the capabilities that are needed (see `weir doctor`).',
    default: '',
    group: 'running',
    nprobe: ['--unprivileged-user'],
    example: 'nobody',
  }),
  supervise: option(boolean(), {
    doc:
      'Run live under a small process that starts weir again when it crashes (SIGSEGV, SIGABRT and their like), and without ' +
      '--dpi for an hour after three crashes within ten minutes.',
    default: false,
    group: 'running',
    example: 'on',
  }),
  metrics: option(text('[HOST:]PORT', 'a port, HOST:PORT or the path of a socket'), {
    doc:
      'Serve /status (a page for browsers), /status.json, /metrics (Prometheus), /healthz and /readyz there; the host is ' +
      "127.0.0.1 unless given. '' is off.",
    default: '',
    group: 'running',
    example: '9464',
  }),
  statisticsFile: option(text('PATH', 'a file name, or auto'), {
    doc:
      'Write what /status.json tells into this file, anew each second: `name: value` lines, or JSON where it ends in .json. ' +
      "auto is PID.stats in $RUNTIME_DIRECTORY, or for root in /run/weir, of live runs only; '' is off.",
    default: 'auto',
    group: 'running',
    example: '/run/weir/edge.stats',
  }),
  stats: option(duration({ min: 1000, max: 86_400_000, zero: 'off' }), {
    doc: 'Print a line of statistics to stderr this often; 0 is off.',
    default: 0,
    group: 'running',
    example: '10s',
    reloadable: true,
  }),
  logLevel: option(choice('error', 'warning', 'info', 'debug', 'trace'), {
    doc: 'Least severe messages to log.',
    default: 'info',
    group: 'running',
    example: 'debug',
    reloadable: true,
  }),
  logFormat: option(choice('auto', 'text', 'json', 'journal'), {
    doc:
      'Log as text for people, as JSON lines, or for the systemd journal (sd-daemon(3): priority in front, no time); always to ' +
      'stderr. auto: journal where stderr is the journal, else text.',
    default: 'auto',
    group: 'running',
    example: 'json',
  }),
  progress: option(boolean(), {
    doc: 'Show a progress bar while reading files, when stderr is a terminal.',
    default: true,
    group: 'running',
    example: 'off',
  }),
};

export type OptionName = keyof typeof optionTable;

/** All options with their values. Durations are milliseconds, sizes bytes, rates per second. */
export type Options = {
  -readonly [K in OptionName]: (typeof optionTable)[K] extends Option<infer T> ? T : never;
};

export const optionNames = Object.keys(optionTable) as OptionName[];

/** The row of an option, for code that handles all of them alike. */
export function optionOf(name: OptionName): Option<unknown> {
  return optionTable[name] as Option<unknown>;
}

/** Long flag without the dashes: activeTimeout -> active-timeout. */
export function longFlag(name: OptionName): string {
  return optionOf(name).long ?? name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Environment variable: WEIR_ and the long flag. */
export function environmentName(name: OptionName): string {
  return `WEIR_${longFlag(name).replaceAll('-', '_').toUpperCase()}`;
}

/** True for options that are on or off, and so need no value on the command line. */
export function isFlag(name: OptionName): boolean {
  return optionOf(name).kind.placeholder === '';
}

/** A value that convict holds must survive being printed and read again. */
function check(kind: Format<unknown>): (value: unknown) => void {
  return (value) => void kind.parse(kind.print(value));
}

/** The table as a convict schema: it holds the values and judges the merged result. */
export function convictSchema(): convict.Schema<Options> {
  return Object.fromEntries(
    optionNames.map((name) => {
      const { kind, doc, default: value } = optionOf(name);
      return [name, { doc, default: value, env: environmentName(name), format: check(kind) }];
    }),
  ) as unknown as convict.Schema<Options>;
}

/** Every option at its default, as a fresh object. */
export function defaultOptions(): Options {
  return convict<Options>(convictSchema(), { args: [], env: {} }).getProperties();
}
