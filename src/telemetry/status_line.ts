// How a run is, in the one line that `systemctl status` shows. Pure.
import { short } from './short_number.js';
import type { Snapshot } from './stats_line.js';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Flow records that a sink or the record ring lost since the start. */
function recordsLost({ meter, sinks }: Snapshot): number {
  return sinks.reduce((total, { dropped }) => total + sum(dropped), meter.recordsDropped);
}

function sinkWords(sinks: Snapshot['sinks']): string {
  const away = sinks.filter(({ connected }) => !connected).length;
  const spooled = sinks.reduce((total, one) => total + one.spooled, 0);
  return [
    `${sinks.length} sink${sinks.length === 1 ? '' : 's'}`,
    ...(away > 0 ? [`${away} without a session`] : []),
    ...(spooled > 0 ? [`${short(spooled)} flows spooled`] : []),
  ].join(', ');
}

export class StatusLine {
  #before: { at: number; snapshot: Snapshot } | undefined;

  /** subject: what is metered; at: milliseconds of a clock that only goes forward. Rates are since the last line. */
  next(subject: string, snapshot: Snapshot, at: number): string {
    const { meter, sinks } = snapshot;
    const parts = [subject, sinkWords(sinks)];
    const before = this.#before;
    this.#before = { at, snapshot };
    if (before !== undefined && at > before.at) {
      const seconds = (at - before.at) / 1000;
      const rate = (now: number, then: number): string => short((now - then) / seconds);
      const old = before.snapshot.meter;
      parts.push(
        `${short(meter.flows)} flows in cache, ${rate(meter.flowsCreated, old.flowsCreated)} new/s`,
        `${rate(meter.wirePackets, old.wirePackets)} packets/s, ${rate(meter.octets * 8, old.octets * 8)}bit/s`,
      );
    }
    const dropped = [
      ...(meter.kernelDrops > 0 ? [`${short(meter.kernelDrops)} frames`] : []),
      ...(recordsLost(snapshot) > 0 ? [`${short(recordsLost(snapshot))} flow records`] : []),
    ];
    if (dropped.length > 0) parts.push(`dropped ${dropped.join(', ')}`);
    return parts.join('; ');
  }
}
