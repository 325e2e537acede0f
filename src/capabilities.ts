// THE table of Linux capabilities: which enabled part needs which, and why. --user keeps exactly these, `weir doctor`
// prints them, and the systemd unit and the DaemonSet list them. Promiscuous mode, fan-out and the vnet header need no
// more than the packet socket does: tried on Linux 6.18 with CAP_NET_RAW alone.

/** What the table reads of the options of a run (config/options.ts). */
export interface RunParts {
  read: readonly string[];
  observationPoints: readonly { netns: string; target?: unknown }[];
}

export interface CapabilityNeed {
  /** Without CAP_, in lower case, as dropPrivileges() takes it. */
  capability: 'net_raw' | 'sys_admin' | 'sys_ptrace';
  part: string;
  why: string;
  /** What does not work without it. */
  without: string;
  /** Whether a run with these options uses the part. */
  enabled: (run: RunParts) => boolean;
}

const live = (run: RunParts): boolean => run.read.length === 0;

export const capabilityNeeds: readonly CapabilityNeed[] = [
  {
    capability: 'net_raw',
    part: 'live capture',
    why: 'packet sockets, promiscuous mode and fan-out (packet(7))',
    without: 'no live capture; capture files (-r) still work',
    enabled: live,
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
];

/** The capabilities that a run with these options needs, each once. */
export function neededCapabilities(run: RunParts): string[] {
  return [...new Set(capabilityNeeds.filter(({ enabled }) => enabled(run)).map(({ capability }) => capability))];
}
