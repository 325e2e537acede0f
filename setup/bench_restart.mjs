// bench_restart.mjs SOCKETS: milliseconds from the start of attribution until so many sockets are known; for bench_attribution.mjs.
import { join } from 'node:path';
import { root } from './steps.mjs';

const wanted = Number(process.argv[2]);
const { loadAddon } = await import(join(root, 'dist/src/native/load.js'));
const { Attribution } = loadAddon();
const attribution = new Attribution(
  {
    tier: 'bpf',
    flows: false,
    packets: true,
    events: [],
    activeTimeoutMs: 60_000,
    idleTimeoutMs: 15_000,
    lingerMs: 2000,
    sockets: 1 << 18,
    processes: 1 << 16,
    commandLine: 'redacted',
    ancestors: 0,
    sends: false,
    conntrack: false,
    nodeName: '',
  },
  () => {},
);
const start = performance.now();
attribution.start();
while (attribution.counters().sockets < wanted) {
  if (performance.now() - start > 30_000) throw new Error(`${attribution.counters().sockets} sockets after 30 s`);
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write(`${(performance.now() - start).toFixed(1)}\n`);
attribution.close();
