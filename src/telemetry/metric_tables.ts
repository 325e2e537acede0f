// THE tables of metrics: what /metrics tells of the meter and of each sink. One line a metric; names are Prometheus style
// (weir_..._total, base units), label values are the names of --stats.

/** What is read of the Meter's counters (native/boundary.ts Counters has all of it). */
export interface MeterReading {
  frames: number;
  wireOctets: number;
  kernelDrops: number;
  /** null = unknown: a kernel filter is on. */
  filtered: number | null;
  readErrors: number;
  interfaceLosses: number;
  reattached: number;
  outcomes: Readonly<Record<string, number>>;
  wirePackets: number;
  fragmentsUnmatched: number;
  fragmentsEvicted: number;
  misplaced: number;
  packets: number;
  octets: number;
  flowsCreated: number;
  flows: number;
  cacheCapacity: number;
  records: Readonly<Record<string, number>>;
  recordsDropped: number;
  recordsNotSelected: number;
  recordsNotWanted: number;
  dpiStates: number;
  dpiStatesMissing: number;
  dpiPackets: number;
  dpiClassified: number;
  dpiGuessed: number;
  dpiGivenUp: number;
  dpiFactsOctets: number;
  ringUsed: number;
  ringCapacity: number;
}

/** What is read of a sink's exporter (exporting/exporter_counters.ts ExporterCounters has all of it). */
export interface SinkReading {
  created: number;
  exported: number;
  dropped: Readonly<Record<string, number>>;
  queued: number;
  queuedOctets: number;
  spooled: number;
  spooledOctets: number;
  recovered: number;
  resent: number;
  unconfirmed: number;
  truncated: number;
  dataRecords: number;
  units: number;
  octets: number;
  templateMessages: number;
  sessions: number;
  socketErrors: number;
}

/** What is read of the Attribution (native/boundary.ts AttributionStatus and AttributionCounters have all of it). */
export interface AttributionReading {
  status: { tier: 'off' | 'diag' | 'bpf'; programs: readonly { attached: boolean }[] };
  /** Absent when it is off. */
  counters?: {
    kernelEvents: number;
    kernelDropped: number;
    kernelRateLimited: number;
    sockets: number;
    socketsEnded: number;
    socketsEvicted: number;
    socketsForgottenEarly: number;
    processes: number;
    processesEvicted: number;
    processesRead: number;
    processesMissed: number;
    readsDropped: number;
    snapshots: number;
    containers: number;
    endsMatched: Readonly<Record<string, number>>;
    endsTentative: number;
    flowsMade: number;
    flowsDropped: number;
    eventsMade: number;
    eventsDropped: number;
    profilesShortened: number;
    profilesDropped: number;
    translations: number;
    translationsEvicted: number;
    conntrackOverruns: number;
  };
  /** Absent where no container is named (identity/identity.ts IdentityStatus has all of it). */
  identity?: {
    runtimes: readonly { socket: string; state: string }[];
    evicted: number;
    answered: number;
    unanswered: number;
    refused: number;
    labelsLeftOut: number;
  };
}

export interface MetricLine<S> {
  kind: 'counter' | 'gauge';
  name: string;
  help: string;
  /** Label of the members, where read() gives several. */
  label?: string;
  /** Something is missing where it grows (of members: most of them). The dashboard shows each of these. */
  loss?: true;
  /** null = unknown: there is no sample then. */
  read: (reading: S) => number | null | Readonly<Record<string, number>>;
}

type Read<S> = MetricLine<S>['read'];
const counts = <S>(name: string, help: string, read: Read<S>, label?: string): MetricLine<S> => ({
  kind: 'counter',
  name,
  help,
  label,
  read,
});
const losses = <S>(name: string, help: string, read: Read<S>, label?: string): MetricLine<S> => ({
  ...counts(name, help, read, label),
  loss: true,
});
const gauges = <S>(name: string, help: string, read: Read<S>, label?: string): MetricLine<S> => ({
  kind: 'gauge',
  name,
  help,
  label,
  read,
});

// biome-ignore format: one line a metric.
export const meterLines: readonly MetricLine<MeterReading>[] = [
  counts('weir_frames_total', 'Captured frames that reached decode.', (now) => now.frames),
  losses('weir_frame_outcomes_total', 'Captured frames by what became of them; the sum is weir_frames_total.', (now) => now.outcomes, 'outcome'),
  counts('weir_wire_bytes_total', 'Octets of captured frames as on the wire.', (now) => now.wireOctets),
  counts('weir_wire_packets_total', 'Packets on the wire that the frames stand for (GSO and GRO taken apart).', (now) => now.wirePackets),
  losses('weir_kernel_dropped_frames_total', 'Frames that the kernel dropped before weir could read them.', (now) => now.kernelDrops),
  counts('weir_filtered_frames_total', 'Frames that a filter in user space left out; no sample when a kernel filter makes it unknown.', (now) => now.filtered),
  losses('weir_read_errors_total', 'Capture sources that could not be read on.', (now) => now.readErrors),
  losses('weir_interface_losses_total', 'Interfaces that went away while being captured.', (now) => now.interfaceLosses),
  counts('weir_interface_reattachments_total', 'Interfaces that came back and are captured again.', (now) => now.reattached),
  losses('weir_fragments_unmatched_total', 'IP fragments whose first fragment was not seen.', (now) => now.fragmentsUnmatched),
  losses('weir_fragments_evicted_total', 'Fragmented datagrams that were forgotten for want of room.', (now) => now.fragmentsEvicted),
  counts('weir_misplaced_packets_total', 'Packets metered outside their flow\'s worker because its inbox was full; the flow is split, nothing is lost.', (now) => now.misplaced),
  counts('weir_packets_total', 'Metered packets, as on the wire.', (now) => now.packets),
  counts('weir_ip_bytes_total', 'Octets of metered IP packets, headers included.', (now) => now.octets),
  counts('weir_flows_created_total', 'Flows begun.', (now) => now.flowsCreated),
  counts('weir_flow_records_total', 'Flow records made, by flow end reason.', (now) => now.records, 'reason'),
  losses('weir_flow_records_dropped_total', 'Flow records lost because the record ring was full.', (now) => now.recordsDropped),
  counts('weir_flow_records_not_selected_total', 'Flow records left out by flow sampling.', (now) => now.recordsNotSelected),
  counts('weir_flow_records_not_wanted_total', 'Flow records left out by --dpi-filter.', (now) => now.recordsNotWanted),
  counts('weir_dpi_flows_total', 'Flows looked into, by how it ended: classified by nDPI, guessed, or given up without an application.', ({ dpiClassified: classified, dpiGuessed: guessed, dpiGivenUp: givenUp }) => ({ classified, guessed, givenUp }), 'result'),
  counts('weir_dpi_packets_total', 'Packets that nDPI looked into.', (now) => now.dpiPackets),
  losses('weir_dpi_states_missing_total', 'Flows not looked into because as many as allowed were (--dpi-states).', (now) => now.dpiStatesMissing),
  gauges('weir_dpi_states', 'Flows that are looked into now.', (now) => now.dpiStates),
  gauges('weir_dpi_facts_bytes', 'Memory of what was read in flows of the caches.', (now) => now.dpiFactsOctets),
  gauges('weir_cache_flows', 'Flows in the flow caches now.', (now) => now.flows),
  gauges('weir_cache_capacity_flows', 'Flows that the flow caches can hold.', (now) => now.cacheCapacity),
  gauges('weir_record_ring_used_bytes', 'Octets of flow records that wait in the record rings.', (now) => now.ringUsed),
  gauges('weir_record_ring_capacity_bytes', 'Octets that the record rings can hold.', (now) => now.ringCapacity),
];

type Counted = NonNullable<AttributionReading['counters']>;
const counted =
  (read: (now: Counted) => ReturnType<Read<Counted>>) =>
  ({ counters }: AttributionReading) =>
    counters === undefined ? null : read(counters);
type Named = NonNullable<AttributionReading['identity']>;
const named =
  (read: (now: Named) => ReturnType<Read<Named>>) =>
  ({ identity }: AttributionReading) =>
    identity === undefined ? null : read(identity);
const answers = ({ runtimes }: Named): Record<string, number> =>
  Object.fromEntries(
    runtimes.map(({ socket, state }) => [socket, state === 'following' || state === 'polling' ? 1 : 0]),
  );

// biome-ignore format: one line a metric.
export const attributionLines: readonly MetricLine<AttributionReading>[] = [
  gauges('weir_attribution_tier', 'How the ends of flows are named: 1 for the tier that runs.', ({ status }) => ({ off: 0, diag: 0, bpf: 0, [status.tier]: 1 }), 'tier'),
  gauges('weir_attribution_programs', 'BPF programs attached.', ({ status }) => status.programs.filter(({ attached }) => attached).length),
  counts('weir_attribution_ends_total', 'Ends of flow records by how they were matched to a socket.', counted((now) => now.endsMatched), 'method'),
  counts('weir_attribution_kernel_events_total', 'Events that the BPF programs wrote.', counted((now) => now.kernelEvents)),
  losses('weir_attribution_kernel_dropped_events_total', 'Events lost because the ring of the BPF programs was full.', counted((now) => now.kernelDropped)),
  losses('weir_attribution_kernel_rate_limited_events_total', 'Changes of a socket\'s user that were not told because it changes too often.', counted((now) => now.kernelRateLimited)),
  gauges('weir_attribution_sockets', 'Sockets known now.', counted((now) => now.sockets)),
  gauges('weir_attribution_ended_sockets', 'Sockets known now that have ended.', counted((now) => now.socketsEnded)),
  losses('weir_attribution_sockets_evicted_total', 'Open sockets forgotten for want of room (--socket-table).', counted((now) => now.socketsEvicted)),
  losses('weir_attribution_sockets_forgotten_early_total', 'Ended sockets forgotten for want of room while records of their flows might still come (--socket-table).', counted((now) => now.socketsForgottenEarly)),
  gauges('weir_attribution_processes', 'Processes known now.', counted((now) => now.processes)),
  losses('weir_attribution_processes_evicted_total', 'Processes forgotten for want of room (--process-table).', counted((now) => now.processesEvicted)),
  counts('weir_attribution_processes_read_total', 'Processes completed from /proc.', counted((now) => now.processesRead)),
  counts('weir_attribution_processes_missed_total', 'Processes that were gone before /proc was read; they keep what their event carried.', counted((now) => now.processesMissed)),
  losses('weir_attribution_process_reads_dropped_total', 'Processes not read because the queue for it was full.', counted((now) => now.readsDropped)),
  counts('weir_attribution_snapshots_total', 'Passes over all sockets of the host.', counted((now) => now.snapshots)),
  gauges('weir_attribution_containers', 'Containers whose name is known now.', counted((now) => now.containers)),
  counts('weir_attribution_tentative_ends_total', 'Ends of flow records whose process is the likely one, not a certain one.', counted((now) => now.endsTentative)),
  counts('weir_attribution_flow_records_total', 'Flow records made from sockets alone (-i ebpf:).', counted((now) => now.flowsMade)),
  losses('weir_attribution_flow_records_dropped_total', 'Flow records of sockets that were not taken in time.', counted((now) => now.flowsDropped)),
  counts('weir_attribution_events_total', 'Event records made (--events).', counted((now) => now.eventsMade)),
  losses('weir_attribution_events_dropped_total', 'Event records that were not taken in time.', counted((now) => now.eventsDropped)),
  losses('weir_attribution_profiles_shortened_total', 'Processes that went out without command line and labels for want of room in a batch.', counted((now) => now.profilesShortened)),
  losses('weir_attribution_profiles_dropped_total', 'Ends of flow records left unknown for want of room in a batch.', counted((now) => now.profilesDropped)),
  gauges('weir_attribution_translations', 'Connections with translated addresses known now.', counted((now) => now.translations)),
  losses('weir_attribution_translations_evicted_total', 'Translated connections forgotten for want of room.', counted((now) => now.translationsEvicted)),
  losses('weir_attribution_conntrack_overruns_total', 'Times that the kernel\'s address translation had to be read anew because its events came too fast.', counted((now) => now.conntrackOverruns)),
  gauges('weir_container_runtime_up', 'Whether a container runtime answers.', named(answers), 'socket'),
  losses('weir_container_lookups_total', 'Containers asked for: answered, known to no runtime, or not asked because too many waited.', named(({ answered, unanswered, refused }) => ({ answered, unanswered, refused })), 'result'),
  losses('weir_containers_evicted_total', 'Containers whose name was forgotten for want of room.', named((now) => now.evicted)),
  losses('weir_container_labels_left_out_total', 'Labels that did not fit into what is kept of their container.', named((now) => now.labelsLeftOut)),
];

// created + recovered = exported + dropped (all causes) + queued + spooled.
// biome-ignore format: one line a metric.
export const sinkLines: readonly MetricLine<SinkReading>[] = [
  counts('weir_sink_records_created_total', 'Flow records given to this sink.', (now) => now.created),
  counts('weir_sink_records_exported_total', 'Flow records handed to the kernel, the medium or the broker.', (now) => now.exported),
  losses('weir_sink_records_dropped_total', 'Flow records that did not reach this sink, by cause.', (now) => now.dropped, 'cause'),
  counts('weir_sink_records_recovered_total', 'Flow records found in the spool of an earlier run.', (now) => now.recovered),
  counts('weir_sink_records_resent_total', 'Flow records sent again because the session broke soon after they were sent, each counted once.', (now) => now.resent),
  losses('weir_sink_records_unconfirmed_total', 'Flow records exported in a session that broke, of which nobody knows whether they arrived.', (now) => now.unconfirmed),
  losses('weir_sink_records_truncated_total', 'Flow records that lost text to fit a message; they are exported.', (now) => now.truncated),
  gauges('weir_sink_queued_records', 'Flow records waiting in memory for this sink.', (now) => now.queued),
  gauges('weir_sink_queued_bytes', 'Octets waiting in memory for this sink.', (now) => now.queuedOctets),
  gauges('weir_sink_spooled_records', 'Flow records of this sink that wait on disk.', (now) => now.spooled),
  gauges('weir_sink_spooled_bytes', 'Octets of this sink that wait on disk.', (now) => now.spooledOctets),
  counts('weir_sink_data_records_total', 'Data Records or lines encoded (two a flow record where biflows are split).', (now) => now.dataRecords),
  counts('weir_sink_messages_total', 'Messages or lines sent, template messages included.', (now) => now.units),
  counts('weir_sink_bytes_total', 'Octets of the messages or lines sent.', (now) => now.octets),
  counts('weir_sink_template_messages_total', 'Template messages sent.', (now) => now.templateMessages),
  counts('weir_sink_sessions_total', 'Transport Sessions or files begun.', (now) => now.sessions),
  losses('weir_sink_errors_total', 'Errors of the socket, file or broker, whether or not they cost a record.', (now) => now.socketErrors),
];
