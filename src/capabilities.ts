// THE table of Linux capabilities: which enabled part needs which, and why. --user keeps exactly these, `weir doctor`
// prints them, and the systemd unit and the DaemonSet list them. Promiscuous mode, fan-out and the vnet header need no
// more than the packet socket does: tried on Linux 6.18 with CAP_NET_RAW alone. Attribution by BPF asks for no sys_admin: the
// kernels it runs on (5.12 or later) have CAP_BPF. Other network namespaces are not entered then: addresses there are known by
// their sockets alone, and a container is not named by its veth where no socket of it fits. That is not worth the right.

/** What the table reads of the options of a run (config/options.ts). */
export interface RunParts {
  read: readonly string[];
  observationPoints: readonly { netns: string; names?: readonly string[]; target?: unknown }[];
  /** off where the run has no use for it (attribution_run.ts withAttribution). */
  attribution: 'auto' | 'bpf' | 'diag' | 'off';
  conntrack: boolean;
}

export interface CapabilityNeed {
  /** Without CAP_, in lower case, as dropPrivileges() takes it. */
  capability: 'net_raw' | 'sys_admin' | 'sys_ptrace' | 'bpf' | 'perfmon' | 'net_admin' | 'dac_read_search';
  part: string;
  why: string;
  /** What does not work without it. */
  without: string;
  /** Whether a run with these options uses the part. */
  enabled: (run: RunParts) => boolean;
  /** Without it the run still goes on, with less: --user keeps it only where it is there. */
  spare?: boolean;
}

const live = (run: RunParts): boolean => run.read.length === 0;
/** -i ebpf: alone captures no packet. */
export const capturesPackets = (run: RunParts): boolean =>
  live(run) &&
  (run.observationPoints.length === 0 || run.observationPoints.some(({ names }) => names?.[0] !== 'ebpf:'));
const attributes = (run: RunParts): boolean => live(run) && run.attribution !== 'off';
const usesBpf = (run: RunParts): boolean => attributes(run) && run.attribution !== 'diag';

export const capabilityNeeds: readonly CapabilityNeed[] = [
  {
    capability: 'net_raw',
    part: 'live capture',
    why: 'packet sockets, promiscuous mode and fan-out (packet(7))',
    without: 'no live capture; capture files (-r) still work',
    enabled: capturesPackets,
  },
  {
    capability: 'sys_admin',
    part: 'other network namespaces',
    why: 'setns(2), for -i NAME@netns:..., @pid:..., @container:... and @pod:...',
    without: 'no capture in other network namespaces',
    enabled: (run) =>
      live(run) && run.observationPoints.some(({ netns, target }) => netns !== '' || target !== undefined),
  },
  {
    capability: 'sys_ptrace',
    part: "namespaces of other users' processes",
    why: '/proc/N/ns/net opens only to who may trace process N (proc(5)), for -i NAME@pid:N, @container:... and @pod:...',
    without: "no capture in namespaces of other users' processes",
    enabled: (run) =>
      live(run) &&
      run.observationPoints.some(({ netns, target }) => netns.startsWith('/proc/') || target !== undefined),
  },
  {
    capability: 'bpf',
    part: 'attribution by BPF',
    why: 'loading the programs that follow sockets and processes (bpf(2))',
    without: 'attribution by sock_diag and /proc (--attribution diag), which miss short-lived processes',
    enabled: usesBpf,
    spare: true,
  },
  {
    capability: 'perfmon',
    part: 'attribution by BPF',
    why: 'programs that read sockets and tasks of the kernel',
    without: 'attribution by sock_diag and /proc (--attribution diag), which miss short-lived processes',
    enabled: usesBpf,
    spare: true,
  },
  {
    capability: 'net_admin',
    part: 'attribution by BPF, address translation',
    why: 'the program that sees sockets released (cgroup v2), and the events of nf_conntrack',
    without: 'sockets that only send are named late or not, and flows behind NAT are not joined',
    enabled: (run) => usesBpf(run) || (attributes(run) && run.conntrack),
    spare: true,
  },
  {
    capability: 'sys_ptrace',
    part: "attribution of other users' processes",
    why: '/proc/N/exe, cwd and fd open only to who may trace process N',
    without: 'executables and working directories of other users are missing, and by sock_diag their names',
    enabled: attributes,
    spare: true,
  },
  {
    capability: 'dac_read_search',
    part: 'attribution to cgroups',
    why: 'from a cgroup id to its path (open_by_handle_at(2))',
    without: 'containers and units of processes that have ended are missing',
    enabled: attributes,
    spare: true,
  },
  {
    capability: 'sys_admin',
    part: 'attribution by sock_diag in other network namespaces',
    why: 'setns(2), to ask for the sockets there',
    without: 'processes in containers are not named by --attribution diag',
    enabled: (run) => live(run) && run.attribution === 'diag',
    spare: true,
  },
];

/** The capabilities that a run with these options needs, each once. */
export function neededCapabilities(run: RunParts): string[] {
  return names(capabilityNeeds.filter(({ enabled }) => enabled(run)));
}

/** Of them those to keep, where these are there: what a run can do without is not insisted on. */
export function keptCapabilities(run: RunParts, held: readonly string[]): string[] {
  const there = new Set(held.map(plainName));
  return names(
    capabilityNeeds.filter(({ enabled, spare, capability }) => enabled(run) && (!spare || there.has(capability))),
  );
}

/** CAP_NET_RAW -> net_raw */
export function plainName(capability: string): string {
  return capability.toLowerCase().replace(/^cap_/, '');
}

function names(needs: readonly CapabilityNeed[]): string[] {
  return [...new Set(needs.map(({ capability }) => capability))];
}
