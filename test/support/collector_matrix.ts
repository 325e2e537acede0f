// THE table of interoperability: which export profile is tested with which collector over which transport, and why the
// rest is not. test/system/matrix.test.ts runs a test for every cell that has one; README.md prints the table.

export const profiles = ['rfc', 'nfdump', 'goipfix', 'netflow9', 'netflow5'] as const;
export type Profile = (typeof profiles)[number];

export const transports = ['udp', 'udp6', 'tcp', 'tcp6', 'tls', 'file', 'sctp'] as const;
export type Transport = (typeof transports)[number];

export const collectorNames = [
  'nfcapd',
  'nfacctd',
  'tshark',
  'ipfixDump',
  'ipfix_check',
  'collect',
  's_server',
] as const;
export type CollectorName = (typeof collectorNames)[number];

interface Collector {
  title: string;
  /** Commands that must be installed. */
  commands: string[];
  /** Reads NetFlow v9 and v5 too. */
  netflow: boolean;
  /** How it gets what weir sends, or why it cannot. */
  transports: Record<Transport, { how: string } | { not: string }>;
}

const live = { how: 'listens' };
const saved = { how: 'what a socket received' };
const read = { how: 'reads the file' };
const noSctp = { not: 'the kernel of the tests has no SCTP' };
const onlyUdp = { not: 'listens on UDP only' };
const sameOverIpv6 = { not: 'the messages are those over IPv4' };
const throughServer = { how: 'what s_server received' };

export const collectors: Record<CollectorName, Collector> = {
  nfcapd: {
    title: 'nfcapd, nfdump',
    commands: ['nfcapd', 'nfdump'],
    netflow: true,
    transports: { udp: live, udp6: live, tcp: onlyUdp, tcp6: onlyUdp, tls: onlyUdp, file: onlyUdp, sctp: onlyUdp },
  },
  nfacctd: {
    title: 'nfacctd (pmacct)',
    commands: ['nfacctd'],
    netflow: true,
    transports: { udp: live, udp6: live, tcp: onlyUdp, tcp6: onlyUdp, tls: onlyUdp, file: onlyUdp, sctp: onlyUdp },
  },
  tshark: {
    title: 'tshark',
    commands: ['tshark'],
    netflow: true,
    transports: {
      udp: saved,
      udp6: sameOverIpv6,
      tcp: saved,
      tcp6: sameOverIpv6,
      tls: { not: 'has no keys; see s_server' },
      file: read,
      sctp: noSctp,
    },
  },
  ipfixDump: {
    title: 'ipfixDump (libfixbuf)',
    commands: ['ipfixDump'],
    netflow: false,
    transports: {
      udp: saved,
      udp6: sameOverIpv6,
      tcp: saved,
      tcp6: sameOverIpv6,
      tls: throughServer,
      file: read,
      sctp: noSctp,
    },
  },
  ipfix_check: {
    title: 'ipfix_check.py',
    commands: ['python3'],
    netflow: false,
    transports: { udp: live, udp6: live, tcp: live, tcp6: live, tls: live, file: read, sctp: noSctp },
  },
  collect: {
    title: '`weir collect`',
    commands: [],
    netflow: true,
    transports: { udp: live, udp6: live, tcp: live, tcp6: live, tls: throughServer, file: read, sctp: noSctp },
  },
  s_server: {
    title: '`openssl s_server`',
    commands: ['openssl'],
    netflow: false,
    transports: {
      udp: { not: 'a TLS server' },
      udp6: { not: 'a TLS server' },
      tcp: { not: 'a TLS server' },
      tcp6: { not: 'a TLS server' },
      tls: { how: 'TLS 1.2 and 1.3, both sides with certificates' },
      file: { not: 'a TLS server' },
      sctp: { not: 'a TLS server' },
    },
  },
};

export const isNetflow = (profile: Profile): boolean => profile.startsWith('netflow');

/** How the cell is tested, or why it is not. */
export function cellOf(profile: Profile, name: CollectorName, transport: Transport): { how: string } | { not: string } {
  const collector = collectors[name];
  if (isNetflow(profile)) {
    if (!collector.netflow) return { not: 'no NetFlow' };
    if (transport === 'file') return { not: 'RFC 5655 files hold IPFIX' };
    if (transport !== 'udp' && transport !== 'udp6') return { not: 'NetFlow goes over UDP' };
  }
  return collector.transports[transport];
}

export interface Cell {
  profile: Profile;
  collector: CollectorName;
  transport: Transport;
}

/** All cells that have a test. */
export const testedCells: readonly Cell[] = profiles.flatMap((profile) =>
  collectorNames.flatMap((collector) =>
    transports
      .filter((transport) => 'how' in cellOf(profile, collector, transport))
      .map((transport) => ({ profile, collector, transport })),
  ),
);

const titles: Record<Transport, string> = {
  udp: 'UDP',
  udp6: 'UDP, IPv6',
  tcp: 'TCP',
  tcp6: 'TCP, IPv6',
  tls: 'TLS',
  file: 'file',
  sctp: 'SCTP',
};

export const profileUrls: Record<Profile, string> = {
  rfc: 'profile=rfc',
  nfdump: 'profile=nfdump',
  goipfix: 'profile=goipfix',
  netflow9: 'format=netflow9',
  netflow5: 'format=netflow5',
};

const cellText = (cell: { how: string } | { not: string }): string =>
  'how' in cell ? `tested: ${cell.how}` : `n/a: ${cell.not}`;

/** Transports and profiles that say the same are in one line; for the README. */
export function matrixMarkdown(): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const group = <T>(items: readonly T[], text: (item: T) => string): [string, T[]][] => {
    const groups = new Map<string, T[]>();
    for (const item of items) groups.set(text(item), [...(groups.get(text(item)) ?? []), item]);
    return [...groups];
  };
  const cells = (profile: Profile, transport: Transport) =>
    collectorNames.map((name) => cellText(cellOf(profile, name, transport)));
  const rows = transports.flatMap((transport) =>
    group(profiles, (profile) => line(cells(profile, transport))).map(([text, same]) => ({
      transport,
      text: `${same.map((one) => `\`${profileUrls[one]}\``).join(', ')} ${text}`,
    })),
  );
  const lines = group(rows, ({ text }) => text).map(
    ([text, same]) => `| ${same.map(({ transport }) => titles[transport]).join('; ')} | ${text}`,
  );
  const head = ['transport', 'sink', ...collectorNames.map((name) => collectors[name].title)];
  return [line(head), `|${'---|'.repeat(head.length)}`, ...lines, ''].join('\n');
}
