// What `weir top` can take in one process: NDJSON lines of its template into the screen's memory of flows, and what one
// picture costs then. `node dist/test/bench/top.js [RECORDS]`.
import { once } from 'node:events';
import { Intake } from '../../src/top/intake.js';
import { Model } from '../../src/top/model.js';
import { firstState } from '../../src/top/state.js';
import { Watch } from '../../src/top/watch.js';
import { inside, record, served } from '../support/top_flows.js';

const records = Number(process.argv[2] ?? 300_000);
const startMs = Date.UTC(2026, 0, 1);

/** Flows of 40 processes with 2,000 remote hosts, a third of them inside the host. */
const lines = Array.from({ length: 10_000 }, (_, index) => {
  const [kind] = [[{}, served, inside][index % 3]];
  const address = `10.${index % 8}.${index % 250}.1`;
  return `${JSON.stringify(record({ sourceProcessName: `p${index % 40}`, ...kind, destinationIPv4Address: address, applicationLabel: 'TLS' }, index / 2000))}\n`;
});
const chunks = Array.from({ length: 25 }, (_, at) => Buffer.from(lines.slice(at * 400, at * 400 + 400).join('')));

const watch = new Watch({ startedMs: startMs });
const intake = new Intake({ take: (fields) => watch.take(fields, startMs + 6_000) });
const began = process.cpuUsage();
for (let sent = 0; sent < records; sent += 400) {
  if (!intake.write(chunks[(sent / 400) % chunks.length])) await once(intake, 'drain');
}
await new Promise<void>((resolve) => intake.end(resolve));
const taken = process.cpuUsage(began).user / 1e6;
const model = new Model({
  watch,
  state: firstState({ seconds: Infinity }),
  source: 'bench',
  losses: () => ({}),
  now: () => startMs + 6_000,
});
const pictures = 20;
const before = process.cpuUsage();
for (let count = 0; count < pictures; count++) model.tick();
const picture = process.cpuUsage(before).user / 1e3 / pictures;
console.log(
  `${watch.records} records (${Math.round(chunks[0]!.length / 400)} octets each) in ${taken.toFixed(2)} s of processor time: ` +
    `${Math.round(watch.records / taken)} records/s; a picture of ${watch.records - watch.forgotten} of them takes ${picture.toFixed(0)} ms; ` +
    `${Math.round(process.memoryUsage().rss / 1e6)} MB`,
);
