// The Grafana dashboard by a real Prometheus that scrapes a real weir: every query is understood and answers with data.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { expand, readDashboard } from '../support/grafana_dashboard.js';
import { LiveWeir } from '../support/live_weir.js';
import { startServer, talk } from '../support/local_talk.js';
import { needsPrometheus, Prometheus, scrapeSeconds, type Series } from '../support/prometheus.js';
import { temporaryFolder } from '../support/weir.js';

const patienceMs = 90_000;

/** Connections over loopback, until the test has what it wants. */
async function keepTalking(t: TestContext, over: () => boolean): Promise<void> {
  const server = await startServer(t);
  while (!over()) await (await talk(t, server)).leave();
}

const finite = (series: readonly Series[]): boolean =>
  series.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));

test('every panel answers with data', needsPrometheus(), async (t) => {
  const folder = temporaryFolder(t);
  // A runtime that is not there is told of too.
  const runtime = ['--container-runtime', join(folder, 'docker.sock')];
  const sinks = ['--to', `file://${folder}/flows.json`, '--to', 'tcp://127.0.0.1:1?template=process'];
  const options = ['-i', 'lo', '--metrics', '127.0.0.1:0', '--idle-timeout', '1s', '-T', 'full', ...runtime, ...sinks];
  const weir = await LiveWeir.metering(t, options);
  const target = /serving .* on (\S+?)"/.exec(weir.stderr)?.[1] ?? '';
  const prometheus = await Prometheus.start(join(folder, 'prometheus'), [target]);
  t.after(() => prometheus.stop());
  let over = false;
  const talking = keepTalking(t, () => over);
  const moment = { instances: [target], scrapeSeconds, stepSeconds: scrapeSeconds };
  let open = readDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, query: expand(expr, moment) })),
  );
  assert.ok(open.length > 60);
  const from = Date.now() / 1000;
  try {
    while (open.length > 0 && Date.now() / 1000 < from + patienceMs / 1000) {
      await delay(1000);
      const answers = await Promise.all(
        open.map(({ query }) => prometheus.range(query, from, Date.now() / 1000, scrapeSeconds)),
      );
      open = open.filter((_, index) => !finite(answers[index]!));
    }
  } finally {
    over = true;
    await talking;
  }
  assert.deepEqual(open, []);
  assert.deepEqual(await prometheus.labelValues('weir_build_info', 'instance'), [target]);
  assert.equal((await weir.stop()).status, 0);
});
