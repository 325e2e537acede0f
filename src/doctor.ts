// `weir doctor`: what this host allows, and for each missing thing what it switches off and what turns it on.
import { capabilityNeeds, capturesPackets, neededCapabilities, plainName, type RunParts } from './capabilities.js';
import type { AttributionStatus, BpfProgram, NativeAddon } from './native/boundary.js';
import { escapeText } from './telemetry/escape.js';
import type { Installation } from './native/load.js';
import { hiddenProcesses, type ProcessView, withoutProcesses } from './process_view.js';

/** What the caller knows of the host. */
export interface Host {
  nodeVersion: string;
  /** Path of the node program, for setcap. */
  nodePath: string;
  installation: Installation;
  kernel: string;
  architecture: string;
  cpus: number;
  uid: number;
  zstd: boolean;
  /** Given the capabilities in effect. */
  processView: (capabilities: readonly string[]) => ProcessView;
  /** Sockets of container runtimes: the usual ones that are there, and those asked for. */
  runtimes: readonly { kind: string; path: string; state: 'open' | 'closed' | 'absent' }[];
}

export interface Finding {
  area: 'host' | 'libraries' | 'capabilities' | 'kernel' | 'attribution' | 'interfaces';
  name: string;
  /** ok; off: something does not work; unused: missing, but this run does not need it; info: a fact. */
  state: 'ok' | 'off' | 'unused' | 'info';
  detail: string;
  /** What is off because of it. */
  without?: string;
  /** Command or step that turns it on. */
  remedy?: string;
}

export interface DoctorReport {
  /** True when live capture as asked for is possible. */
  canCapture: boolean;
  findings: Finding[];
}

/** What doctor reads of the options of a run. */
export type ExaminedRun = RunParts & { dpi: 'auto' | 'on' | 'off' };

export type LoadedAddon = { addon: NativeAddon } | { reason: string };

/** setcap replaces what was there, so all capabilities stand in one command. */
function capabilityRemedy(capabilities: readonly string[], { nodePath, uid }: Host): string {
  const names = capabilities.map((name) => `cap_${name}`).join(',');
  if (uid === 0) {
    return `give the container or unit ${names.toUpperCase()} (docker run --cap-add, AmbientCapabilities= of systemd)`;
  }
  const caution = '(caution: then every Node.js program of every user may do this)';
  return `sudo weir --user "$(id -un)" ...   or   sudo setcap ${names}+ep ${nodePath} ${caution}`;
}

/** How the addon gets what it lacks: a Debian package was built with all of it, others are built anew. */
function libraryRemedy(packages: string, { installation }: Host): string {
  if (installation === 'deb') return 'sudo apt-get install -f   or   sudo apt-get install --reinstall ./weir_*.deb';
  return `sudo apt-get install ${packages} && ${installation === 'npm' ? 'npm rebuild -g weir-probe' : 'npm run build'}`;
}

const kernelFeatures: {
  key: keyof ReturnType<NativeAddon['probe']>;
  name: string;
  without: string;
  remedy: string;
  needed: (run: RunParts) => boolean;
}[] = [
  {
    key: 'packetSocket',
    name: 'packet socket',
    without: 'no live capture; capture files (-r) still work',
    remedy: 'see the capability net_raw above',
    needed: capturesPackets,
  },
  {
    key: 'tpacketV3',
    name: 'TPACKET_V3 ring',
    without: 'no live capture; capture files (-r) still work',
    remedy: 'use a kernel with CONFIG_PACKET, Linux 3.2 or later',
    needed: capturesPackets,
  },
  {
    key: 'vnetHeader',
    name: 'PACKET_VNET_HDR',
    without: 'packets joined by GRO or TSO count as one',
    remedy: 'use Linux 4.6 or later, or turn offloads off: sudo ethtool -K eth0 gro off tso off gso off',
    needed: () => false,
  },
  {
    key: 'fanoutBpf',
    name: 'fan-out by BPF',
    without: 'one worker for each interface when tunnels are metered',
    remedy: 'use Linux 4.3 or later, or --workers 1',
    needed: () => false,
  },
  {
    key: 'setns',
    name: 'other network namespaces',
    without: 'no -i NAME@netns:..., @pid:..., @container:... or @pod:...',
    remedy: 'see the capability sys_admin above',
    needed: (run) => run.observationPoints.some(({ netns, target }) => netns !== '' || target !== undefined),
  },
];

function hostFindings(host: Host): Finding[] {
  return [
    {
      area: 'host',
      name: 'kernel',
      state: 'info',
      detail: `Linux ${host.kernel}, ${host.architecture}, ${host.cpus} CPUs`,
    },
    { area: 'host', name: 'user', state: 'info', detail: host.uid === 0 ? 'root' : `uid ${host.uid}` },
    { area: 'libraries', name: 'node', state: 'ok', detail: host.nodeVersion },
    host.zstd
      ? { area: 'libraries', name: 'zstd', state: 'ok', detail: 'in Node.js' }
      : {
          area: 'libraries',
          name: 'zstd',
          state: 'unused',
          detail: 'not in this Node.js',
          without: 'no file sinks with compress=zstd; gzip works',
          remedy: 'use Node.js 22.15 or later',
        },
  ];
}

function libraryFindings(loaded: LoadedAddon, run: ExaminedRun, host: Host): Finding[] {
  if ('reason' in loaded) {
    return [
      {
        area: 'libraries',
        name: 'addon',
        state: 'off',
        detail: loaded.reason,
        without: 'no metering at all',
        remedy: libraryRemedy('g++ cmake ninja-build pkg-config libpcap-dev zlib1g-dev libgcrypt20-dev', host),
      },
    ];
  }
  const linked = Object.entries({ addon: loaded.addon.catalogueHash, ...loaded.addon.versions });
  return [
    ...linked.map(([name, detail]): Finding => ({ area: 'libraries', name, state: 'ok', detail })),
    kafkaFinding(loaded.addon, host),
    dpiFinding(loaded.addon, run, host),
  ];
}

function kafkaFinding(addon: NativeAddon, host: Host): Finding {
  const { available, version, reason } = addon.kafka();
  if (available) return { area: 'libraries', name: 'librdkafka', state: 'ok', detail: version };
  return {
    area: 'libraries',
    name: 'librdkafka',
    state: 'unused',
    detail: reason,
    without: 'Kafka sinks use kafkajs, about a tenth as fast',
    remedy: libraryRemedy('librdkafka-dev', host),
  };
}

function dpiFinding(addon: NativeAddon, { dpi }: ExaminedRun, host: Host): Finding {
  const { available, version, reason } = addon.dpi();
  const found = { area: 'libraries', name: 'libndpi' } as const;
  if (available) return { ...found, state: 'ok', detail: version };
  return {
    ...found,
    state: dpi === 'off' ? 'unused' : 'off',
    detail: reason,
    without: 'applications and risks are not named; facts of TLS, QUIC, DNS, HTTP, SSH and DHCP are there',
    remedy: libraryRemedy('libndpi-dev', host),
  };
}

function capabilityFindings(addon: NativeAddon, run: RunParts, host: Host): Finding[] {
  const held = new Set(addon.capabilities().map(plainName));
  return capabilityNeeds.map(({ capability, part, why, without, enabled }) => {
    const detail = `${part}: ${why}`;
    if (held.has(capability)) return { area: 'capabilities', name: capability, state: 'ok', detail };
    return {
      area: 'capabilities',
      name: capability,
      state: enabled(run) ? 'off' : 'unused',
      detail,
      without,
      remedy: capabilityRemedy([...new Set([...neededCapabilities(run), capability])], host),
    };
  });
}

function kernelFindings(addon: NativeAddon, run: RunParts): Finding[] {
  const probed = addon.probe();
  return kernelFeatures.map(({ key, name, without, remedy, needed }) => {
    const answer = probed[key];
    if (answer === 'ok') return { area: 'kernel', name, state: 'ok', detail: 'works' };
    // Without the socket its features cannot be tried, and are not what is wrong.
    if (probed.packetSocket !== 'ok' && key !== 'packetSocket' && key !== 'setns') {
      return { area: 'kernel', name, state: 'unused', detail: 'unknown: needs the packet socket' };
    }
    const wanted = needed(run) || key === 'vnetHeader';
    return { area: 'kernel', name, state: wanted ? 'off' : 'unused', detail: answer, without, remedy };
  });
}

function programFinding({ name, purpose, attached, wanted, reason }: BpfProgram, used: boolean): Finding {
  if (attached) return { area: 'attribution', name, state: 'ok', detail: purpose };
  const detail = reason === '' ? `${purpose}: not needed here` : `${purpose}: ${reason}`;
  return { area: 'attribution', name, state: wanted && used ? 'off' : 'unused', detail };
}

function tierFinding(
  { tier, reason, programs }: AttributionStatus,
  { attribution }: RunParts,
  held: ReadonlySet<string>,
): Finding {
  const found = { area: 'attribution', name: 'tier' } as const;
  if (tier === 'bpf') {
    const attached = programs.filter((program) => program.attached).length;
    const detail = `BPF, ${attached} programs${reason === '' ? '' : `; ${reason}`}`;
    if (attribution === 'diag')
      return { ...found, state: 'ok', detail: `sock_diag and /proc, as asked for; possible is ${detail}` };
    if (attribution === 'off')
      return { ...found, state: 'ok', detail: `not used by this run, which names no end; possible is ${detail}` };
    return { ...found, state: 'ok', detail };
  }
  const allowed = held.has('sys_admin') || (held.has('bpf') && held.has('perfmon'));
  return {
    ...found,
    state: attribution === 'auto' || attribution === 'bpf' ? 'off' : 'unused',
    detail: tier === 'diag' ? `sock_diag and /proc: ${reason}` : `none: ${reason}`,
    without: tier === 'diag' ? 'short-lived processes are missed' : 'nobody is named at the ends of flows',
    remedy: allowed
      ? 'use Linux 5.12 or later with CONFIG_DEBUG_INFO_BTF, and a weir built with its BPF programs (clang, llvm, libbpf-dev, bpftool)'
      : 'see the capabilities bpf, perfmon and net_admin above',
  };
}

function processFinding(view: ProcessView, missing: 'off' | 'unused'): Finding {
  const found = { area: 'attribution', name: '/proc' } as const;
  if (view === 'all') return { ...found, state: 'ok', detail: "the host's processes" };
  const { why, remedy } = hiddenProcesses[view];
  return { ...found, state: missing, detail: why, without: withoutProcesses, remedy };
}

/** Who can be named at the ends of flows, program by program. */
function attributionFindings(addon: NativeAddon, status: AttributionStatus, run: RunParts, host: Host): Finding[] {
  const used = run.read.length === 0 && run.attribution !== 'off';
  const area = 'attribution';
  const missing = used ? 'off' : 'unused';
  const optional = (name: string, there: string, why: string, without: string, remedy: string): Finding =>
    why === ''
      ? { area, name, state: 'ok', detail: there }
      : { area, name, state: missing, detail: why, without, remedy };
  return [
    tierFinding(status, run, new Set(addon.capabilities().map(plainName))),
    ...status.programs.map((program) => programFinding(program, used && run.attribution !== 'diag')),
    optional(
      'address translation',
      'followed (nf_conntrack)',
      status.conntrack,
      'flows behind NAT are not joined to their processes',
      'see the capability net_admin above; the kernel needs CONFIG_NF_CT_NETLINK',
    ),
    optional(
      'cgroup v2',
      `mounted at ${status.cgroup}`,
      status.cgroup === '' ? 'not mounted' : '',
      'containers and units of processes that have ended are missing',
      'sudo mount -t cgroup2 none /sys/fs/cgroup/unified',
    ),
    processFinding(host.processView(addon.capabilities()), missing),
    ...host.runtimes.map(({ kind, path, state }): Finding => {
      const name = `${kind} socket`;
      if (state === 'open') return { area, name, state: 'ok', detail: path };
      const absent = state === 'absent';
      return {
        area,
        name,
        state: missing,
        detail: `${path}: ${absent ? 'no such socket' : 'this user may not open it'}`,
        without: 'its containers have an id, but no name',
        remedy: absent ? 'start the runtime, or correct --container-runtime' : "run as root, or in the socket's group",
      };
    }),
  ];
}

function interfaceFindings(addon: NativeAddon): Finding[] {
  const found = addon.interfaces('');
  if (found.length === 0) {
    return [
      {
        area: 'interfaces',
        name: 'none',
        state: 'off',
        detail: 'this network namespace has no interface',
        without: 'no live capture here',
        remedy: 'name another namespace: -i eth0@netns:NAME',
      },
    ];
  }
  return found.map(({ name, index, up, mac, mtu }) => ({
    area: 'interfaces',
    name,
    state: up ? 'ok' : 'info',
    detail: `${up ? 'up' : 'down'}, index ${index}, MTU ${mtu}${mac === '' ? '' : `, ${mac}`}`,
  }));
}

/** Looks at the host; never throws for what it finds missing. */
export function examine(loaded: LoadedAddon, run: ExaminedRun, host: Host): DoctorReport {
  const findings = [...hostFindings(host), ...libraryFindings(loaded, run, host)];
  if (!('addon' in loaded)) return { canCapture: false, findings };
  const { addon } = loaded;
  const status = addon.probeAttribution();
  findings.push(
    ...capabilityFindings(addon, run, host),
    ...kernelFindings(addon, run),
    ...attributionFindings(addon, status, run, host),
    ...interfaceFindings(addon),
  );
  const canCapture = capturesPackets(run) ? packetsPossible(addon, run) : status.tier !== 'off';
  return { canCapture, findings };
}

function packetsPossible(addon: NativeAddon, run: RunParts): boolean {
  const probed = addon.probe();
  const namespaces = run.observationPoints.some(({ netns, target }) => netns !== '' || target !== undefined);
  return (
    probed.packetSocket === 'ok' &&
    probed.tpacketV3 === 'ok' &&
    (!namespaces || probed.setns === 'ok') &&
    (namespaces || addon.interfaces('').length > 0)
  );
}

const marks: Readonly<Record<Finding['state'], string>> = { ok: 'ok', off: 'OFF', unused: '-', info: '' };

/** The report as a table for people. */
export function reportText({ canCapture, findings }: DoctorReport): string {
  const lines: string[] = [];
  const nameWidth = Math.max(...findings.map(({ name }) => name.length));
  let area = '';
  for (const finding of findings) {
    if (finding.area !== area) lines.push(...(area === '' ? [] : ['']), `${finding.area}:`);
    area = finding.area;
    lines.push(`  ${marks[finding.state].padEnd(4)}${finding.name.padEnd(nameWidth + 2)}${finding.detail}`);
    const pad = ' '.repeat(nameWidth + 8);
    if (finding.without !== undefined) lines.push(`${pad}without it: ${finding.without}`);
    if (finding.remedy !== undefined && finding.state === 'off') lines.push(`${pad}to turn on: ${finding.remedy}`);
  }
  lines.push('', canCapture ? 'Live capture is possible.' : 'Live capture is not possible: see OFF above.');
  // Interfaces and containers may be called anything.
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `${escapeText(line)}\n`)
    .join('');
}
