// What runs in a guest of npm run test:kernels: the matrix of attribution, as the kernel's command line asks for. The result
// is one line on the console behind a prefix.
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { runMatrix } from '../support/attribution_matrix.js';
import { LiveWeir } from '../support/live_weir.js';
import { Network } from '../support/network.js';

const asked = new Map(
  readFileSync('/proc/cmdline', 'utf8')
    .trim()
    .split(/\s+/)
    .map((word) => word.split('=', 2) as [string, string]),
);
const context = { after: () => {} } as unknown as TestContext;

LiveWeir.patienceMs = 300_000;
try {
  const { judgement, weir, records, seconds } = await runMatrix(context, {
    tier: asked.get('weir.tier') === 'diag' ? 'auto' : 'bpf', // sock_diag is to come where BPF cannot be had
    flows: Number(asked.get('weir.flows')),
    network: new Network(context),
    captureRing: '256M',
  });
  const log = weir.stderr.split('\n').filter((line) => /ends of flows|cgroup v2|"level":"(warn|error)/.test(line));
  judgement.explained.splice(50);
  console.log(
    `WEIR-RESULT ${JSON.stringify({ judgement, records, seconds, status: weir.status, meter: weir.meter, log })}`,
  );
} catch (error) {
  console.log(`WEIR-FAILED ${JSON.stringify((error as Error).stack)}`);
}
