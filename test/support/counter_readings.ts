// Counters of a meter, an attribution and an exporter in which every number is another one, so that a mix-up shows.
import { type ExporterCounters, noDrops } from '../../src/exporting/exporter_counters.js';
import type { IdentityStatus } from '../../src/identity/identity.js';
import type { AttributionCounters, AttributionStatus, Counters } from '../../src/native/boundary.js';

export function meterCounters(change: Partial<Counters> = {}): Counters {
  return {
    frames: 1001,
    wireOctets: 1002,
    kernelDrops: 1003,
    filtered: 1004,
    readErrors: 1005,
    interfaceLosses: 1006,
    reattached: 1007,
    outcomes: { metered: 990, notIp: 7, truncatedLink: 4 },
    wirePackets: 1008,
    fragmentsUnmatched: 1009,
    fragmentsEvicted: 1010,
    misplaced: 1011,
    packets: 1012,
    octets: 9_007_199_254_740_991,
    flowsCreated: 1013,
    flows: 1014,
    cacheCapacity: 1015,
    records: { idle: 21, active: 22, endOfFlow: 23, forced: 24, lackOfResources: 25 },
    recordsDropped: 1016,
    recordsNotSelected: 1017,
    recordsNotWanted: 1020,
    dpiStates: 1021,
    dpiStatesMissing: 1022,
    dpiPackets: 1023,
    dpiClassified: 1024,
    dpiGuessed: 1025,
    dpiGivenUp: 1026,
    dpiFactsOctets: 1027,
    ringUsed: 1018,
    ringCapacity: 1019,
    filePosition: 0,
    fileSize: 0,
    ...change,
  };
}

export function attributionCounters(change: Partial<AttributionCounters> = {}): AttributionCounters {
  return {
    kernelEvents: 3001,
    kernelDropped: 3002,
    kernelRateLimited: 3003,
    sockets: 3004,
    socketsEnded: 3005,
    socketsEvicted: 3006,
    socketsForgottenEarly: 3024,
    processes: 3007,
    processesEvicted: 3008,
    processesRead: 3009,
    processesMissed: 3010,
    readsDropped: 3011,
    snapshots: 3012,
    containers: 3013,
    endsMatched: { none: 41, exact: 42, cookie: 43, wildcard: 44, listener: 45, snapshot: 46, diag: 47 },
    endsTentative: 3014,
    flowsMade: 3015,
    flowsDropped: 3016,
    eventsMade: 3017,
    eventsDropped: 3018,
    profilesShortened: 3022,
    profilesDropped: 3023,
    translations: 3019,
    translationsEvicted: 3020,
    conntrackOverruns: 3021,
    ...change,
  };
}

export function identityStatus(): IdentityStatus {
  const podman = { kind: 'podman', configured: true, engine: '', containers: 0, reason: 'no such socket' } as const;
  return {
    runtimes: [
      {
        kind: 'docker',
        socket: '/run/docker.sock',
        configured: false,
        state: 'following',
        engine: 'docker 20',
        containers: 3,
        reason: '',
      },
      { ...podman, socket: '/run/podman.sock', state: 'absent' },
    ],
    containers: 3,
    evicted: 4001,
    answered: 4002,
    unanswered: 4003,
    refused: 4004,
    labelsLeftOut: 4005,
  };
}

export function attributionStatus(change: Partial<AttributionStatus> = {}): AttributionStatus {
  return {
    tier: 'bpf',
    reason: '',
    programs: [
      { name: 'tcp_state', purpose: 'TCP connections', attached: true, wanted: true, reason: '' },
      { name: 'first_receive', purpose: 'who uses a socket', attached: true, wanted: true, reason: '' },
      { name: 'first_space', purpose: 'the same before Linux 6.3', attached: false, wanted: false, reason: '' },
    ],
    conntrack: '',
    cgroup: '/sys/fs/cgroup',
    ...change,
  };
}

export function exporterCounters(change: Partial<ExporterCounters> = {}): ExporterCounters {
  return {
    created: 2001,
    exported: 2002,
    dropped: { ...noDrops(), queueFull: 31, socketError: 32, spoolFull: 33 },
    queued: 2003,
    queuedOctets: 2004,
    spooled: 2005,
    spooledOctets: 2006,
    recovered: 2007,
    resent: 2008,
    unconfirmed: 2009,
    truncated: 2010,
    dataRecords: 2011,
    units: 2012,
    octets: 2013,
    templateMessages: 2014,
    sessions: 2015,
    socketErrors: 2016,
    ...change,
  };
}
