// The systemd units, config/weir.service and config/weir@.service: what the service may do comes from the table of
// capabilities, and all else that systemd can take away from it is taken away, or the unit says why not.
import { neededCapabilities } from '../capabilities.js';
import { startLimitMs } from './notice.js';

/** What the unit is for: live capture in the host's namespace, ends of flows named by the best way there is. */
export const unitRun = {
  read: [],
  observationPoints: [{ netns: '' }],
  attribution: 'auto',
  conntrack: true,
} as const;

/** As systemd writes them. */
export function unitCapabilities(): string[] {
  return neededCapabilities(unitRun).map((name) => `CAP_${name.toUpperCase()}`);
}

/** Within this time after its last sign of life the service is started anew. */
const watchdogSeconds = 30;

/** The two units differ in their configuration and their folders. */
interface Kind {
  file: string;
  description: string;
  configuration: string;
  /** Below /run and /var/lib. */
  folder: string;
  runtimeDirectory: string;
}

const single: Kind = {
  file: 'config/weir.service',
  description: 'weir flow probe',
  configuration: '/etc/weir/weir.yaml',
  folder: 'weir',
  // systemd removes a runtime directory with all in it when a unit that names it stops, those of weir@ too.
  runtimeDirectory:
    'RuntimeDirectory=weir\n# Those of weir@NAME are in it: it stays when this unit stops.\nRuntimeDirectoryPreserve=yes',
};

const templated: Kind = {
  file: 'config/weir@.service',
  description: 'weir flow probe (%i)',
  configuration: '/etc/weir/%i.yaml',
  folder: 'weir/%i',
  runtimeDirectory: 'RuntimeDirectory=weir/%i',
};

const lifeCycle = ({ configuration }: Kind): string => `\
Type=notify
# With supervise: true the process that meters is a child of the main one, and speaks for it.
NotifyAccess=all
ExecStart=/usr/bin/weir -c ${configuration}
# By the shell, since a small system need not have kill(1).
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
TimeoutStartSec=${startLimitMs / 1000}
# weir stops within 10 s: flows leave, sinks and spool are closed.
TimeoutStopSec=15
KillMode=mixed
WatchdogSec=${watchdogSeconds}
Restart=on-failure
RestartSec=5
# 2 is a mistake in the configuration: that does not pass.
RestartPreventExitStatus=2
# 143 and 130: ended at once by a second signal.
SuccessExitStatus=130 143`;

const ownership = ({ folder, runtimeDirectory }: Kind): string => `\
User=weir
Group=weir
ConfigurationDirectory=weir
ConfigurationDirectoryMode=0750
${runtimeDirectory}
StateDirectory=${folder}
StateDirectoryMode=0750
LogsDirectory=weir
LogsDirectoryMode=0750
UMask=0027
LimitNOFILE=65536
# BPF maps count as locked memory before Linux 5.11.
LimitMEMLOCK=infinity`;

const capabilities = (): string => {
  const names = unitCapabilities().join(' ');
  return `# What each one is for: weir doctor. Without one of them weir does less, and says what.
AmbientCapabilities=${names}
CapabilityBoundingSet=${names}
NoNewPrivileges=yes`;
};

const hardening = `\
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallFilter=~@privileged @resources
# BPF programs; from the id of a cgroup to its path.
SystemCallFilter=bpf open_by_handle_at
SystemCallErrorNumber=EPERM`;

const leftOut = `\
# Left out, and why:
# MemoryDenyWriteExecute=  V8, the engine of Node.js, makes machine code at run time.
# ProtectProc=, ProcSubset=  the processes of others are what weir names, and it reads /proc/sys and /proc/net.
# PrivateUsers=  capabilities would count in a user namespace of its own only: no capture, no BPF.
# PrivateNetwork=, IPAddressDeny=  it captures on the interfaces of the host, and sends to where the configuration says.
# DynamicUser=  spool and logs belong to a user that stays.
# RootDirectory=  it reads the host's /proc, /sys and sockets of container runtimes.`;

function unitText(kind: Kind): string {
  return `\
# ${kind.description.replace('%i', 'NAME: one for each configuration /etc/weir/NAME.yaml')}. Made from src/service/units.ts by \`npm run generate\`; change it by \`systemctl edit\`.
[Unit]
Description=${kind.description}
Documentation=man:weir(1)
Wants=network-online.target
After=network-online.target nss-lookup.target
# What is missing at boot, an interface or a name, may come later: it is tried for ever.
StartLimitIntervalSec=0

[Service]
${lifeCycle(kind)}

${ownership(kind)}

${capabilities()}

${hardening}

${leftOut}

[Install]
WantedBy=multi-user.target
`;
}

/** Files by path from the package root. */
export function unitFiles(): { path: string; content: string }[] {
  return [single, templated].map((kind) => ({ path: kind.file, content: unitText(kind) }));
}
