import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultOptions } from '../../src/config/options.js';
import { StatusRun } from '../../src/status_run.js';
import { statisticsText } from '../../src/telemetry/statistics_text.js';
import { createLog } from '../../src/telemetry/log.js';
import { meterCounters } from '../support/counter_readings.js';
import { temporaryFolder } from '../support/weir.js';

function answer(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, async (response) => {
      let body = '';
      for await (const chunk of response) body += String(chunk);
      resolve({ status: response.statusCode ?? 0, body });
    });
    asked.on('error', reject).end();
  });
}

test('a thread that has stood still for 15 s is told of by /healthz and the statistics file', async (context) => {
  const metrics = join(temporaryFolder(context), 'weir.sock');
  const run = new StatusRun({
    options: () => ({ ...defaultOptions(), metrics }),
    log: createLog({ level: 'error', format: 'text', write: () => {} }),
    addon: { versions: {} } as never,
    dpi: false,
    metering: () => true,
    counters: () => meterCounters(),
    points: () => [],
    attribution: () => undefined,
    exporters: () => [],
    stalled: (ms) => (ms === 15_000 ? ['weir eth0/0'] : []),
    statistics: undefined,
  });
  context.after(() => run.close());
  await run.start();
  assert.deepEqual(await answer(metrics, '/healthz'), { status: 503, body: 'standing still: weir eth0/0\n' });
  assert.deepEqual(run.reading().process.stalledThreads, ['weir eth0/0']);
  assert.match(statisticsText(run.reading()), /^process\.stalledThreads: 1\nprocess\.stalledThread\.1: weir eth0\/0$/m);
});
