// Every case of attribution against ground truth, by BPF and by sock_diag; see test/support/workloads and the judge.
// 10,000 flows by default, WEIR_ATTRIBUTION_FLOWS others: npm run test:attribution makes 100,000.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { missedBars } from '../support/attribution_bars.js';
import { type Judgement, table } from '../support/attribution_judge.js';
import { runMatrix, workloads } from '../support/attribution_matrix.js';
import { needsNetwork, Network } from '../support/network.js';

const flows = Number(process.env.WEIR_ATTRIBUTION_FLOWS ?? 10_000);
const judged: Record<string, Judgement> = {};

function needsWorkloads(): { skip?: string; timeout: number } {
  const needed = needsNetwork('nsenter');
  const missing = existsSync(workloads) ? needed.skip : 'the workloads are not built (build/native/workloads)';
  return { ...(missing === undefined ? {} : { skip: missing }), timeout: 900_000 };
}

/** What weir's last word on attribution says was lost for want of room: nothing, at these rates. */
function lost(stderr: string): string[] {
  const line = stderr.split('\n').find((text) => text.includes('"msg":"attributed"'));
  assert.ok(line, stderr);
  const said = JSON.parse(line) as Record<string, number>;
  const room = [
    'kernelDropped',
    'readsDropped',
    'socketsEvicted',
    'socketsForgottenEarly',
    'processesEvicted',
    'profilesDropped',
  ];
  return room.filter((name) => (said[name] ?? 0) !== 0).map((name) => `${name} ${said[name]}`);
}

async function judgeTier(t: TestContext, tier: 'bpf' | 'diag'): Promise<Judgement> {
  const { judgement, weir, records, seconds } = await runMatrix(t, { tier, flows, network: new Network(t) });
  judged[tier] = judgement;
  t.diagnostic(`${tier}: ${records} records, workloads took ${seconds.toFixed(0)} s`);
  for (const [name, reason] of Object.entries(judgement.skipped)) t.diagnostic(`skipped: ${name}: ${reason}`);
  for (const line of judgement.explained.slice(0, 100)) t.diagnostic(line);
  assert.equal(weir.status, 0, weir.stderr);
  assert.deepEqual(lost(weir.stderr), []);
  return judgement;
}

test('BPF names the process at each end', needsWorkloads(), async (t) => {
  assert.deepEqual(missedBars('bpf', await judgeTier(t, 'bpf')), []);
});

test('sock_diag names long-lived sockets and says of none a wrong process', needsWorkloads(), async (t) => {
  assert.deepEqual(missedBars('diag', await judgeTier(t, 'diag')), []);
});

after(() => {
  if (Object.keys(judged).length === 0) return;
  const text = table(judged);
  mkdirSync(join(packageRoot(), 'build'), { recursive: true });
  writeFileSync(join(packageRoot(), 'build', 'attribution.md'), text);
  console.log(text);
});
