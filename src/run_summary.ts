// What is said when a run has ended: where every frame, every end of a flow and every record went.

import type { AttributionReading } from './attribution_run.js';
import type { Exporter } from './exporting/exporter.js';
import type { Counters } from './native/boundary.js';
import type { Logger } from './telemetry/log.js';

/** What is not 0. */
function counted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

function sayMetered(log: Logger, counters: Counters): void {
  const { metered = 0, ...ignored } = counters.outcomes;
  const { readErrors, interfaceLosses, reattached, fragmentsUnmatched, fragmentsEvicted, misplaced } = counters;
  const { recordsNotWanted } = counters;
  log.info('metered', {
    frames: counters.frames,
    metered,
    kernelDrops: counters.kernelDrops,
    ...(counters.filtered === null ? { filtered: 'unknown' } : counted({ filtered: counters.filtered })),
    ...counted(ignored),
    ...counted({ readErrors, interfaceLosses, reattached, fragmentsUnmatched, fragmentsEvicted, misplaced }),
    packets: counters.packets,
    octets: counters.octets,
    flows: counters.flowsCreated,
    records: sum(counters.records),
    recordsDropped: counters.recordsDropped,
    ...counted({ recordsNotWanted }),
  });
}

function sayInspected(log: Logger, counters: Counters): void {
  const { dpiPackets, dpiClassified, dpiGuessed, dpiGivenUp, dpiStatesMissing } = counters;
  log.info('inspected', {
    packets: dpiPackets,
    classified: dpiClassified,
    guessed: dpiGuessed,
    givenUp: dpiGivenUp,
    ...counted({ dpiStatesMissing }),
  });
}

function sayAttributed(log: Logger, { status, counters }: AttributionReading): void {
  const { none, ...matched } = counters.endsMatched;
  const { kernelDropped, kernelRateLimited, readsDropped, processesEvicted } = counters;
  const { socketsEvicted, socketsForgottenEarly } = counters;
  const { flowsMade, flowsDropped, eventsMade, eventsDropped, profilesDropped, conntrackOverruns } = counters;
  log.info('attributed', {
    tier: status.tier,
    ends: sum(matched),
    tentative: counters.endsTentative,
    unknown: none,
    ...counted(matched),
    ...counted({ kernelDropped, kernelRateLimited, readsDropped, processesEvicted }),
    ...counted({ socketsEvicted, socketsForgottenEarly }),
    ...counted({ flowsMade, flowsDropped, eventsMade, eventsDropped, profilesDropped, conntrackOverruns }),
  });
}

function sayExported(log: Logger, exporter: Exporter): void {
  const { created, exported, dropped, octets, socketErrors, ...rest } = exporter.counters();
  const { spooled, recovered, resent, unconfirmed } = rest;
  log.info('exported', {
    sink: exporter.name,
    records: created,
    exported,
    dropped: sum(dropped),
    ...counted(dropped),
    ...counted({ recovered, spooled, resent, unconfirmed }),
    octets,
    ...counted({ socketErrors }),
  });
}

/** inspected: applications were looked for. */
export function saySummary(
  log: Logger,
  counters: Counters,
  inspected: boolean,
  attribution: AttributionReading | undefined,
  exporters: readonly Exporter[],
): void {
  sayMetered(log, counters);
  if (inspected) sayInspected(log, counters);
  if (attribution) sayAttributed(log, attribution);
  for (const exporter of exporters) sayExported(log, exporter);
}
