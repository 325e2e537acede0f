// The consumers of examples/ against the broker: they print what weir wrote.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type Flow, flowLine } from '../../examples/consumer.js';
import { packageRoot } from '../../src/native/load.js';
import { needsContainers, order, servesAndAsks, startRunc } from '../support/containers.js';
import { flowsOf, LiveWeir } from '../support/live_weir.js';
import { runWeir, temporaryFolder } from '../support/weir.js';
import { type Broker, brokerMissing, createTopic, newClient, startBroker, versions } from './broker.js';
import { flowCapture } from './flow_pipe.js';

const elsewhere = process.env.KAFKA_BROKERS;
const missing = elsewhere === undefined ? brokerMissing(versions.newest) : undefined;
const run = promisify(execFile);
const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);
const count = 200;

describe('consumers of examples/', { skip: missing, timeout: 120_000 }, () => {
  let broker: Broker | undefined;
  let address: string;
  const topic = `weir-examples-${Math.random().toString(36).slice(2, 8)}`;
  before(async () => {
    if (elsewhere === undefined) broker = await startBroker(versions.newest);
    address = broker?.plain ?? (elsewhere as string);
    const client = newClient(address.split(',')[0] as string);
    for (const name of [topic, `${topic}-batch`]) await createTopic(client, name, 3, {});
  });
  after(() => broker?.stop());

  test('kcat.sh and consumer.ts print every flow, single ones and batches', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'flows.pcap'), flowCapture(count));
    const file = join(folder, 'flows.json');
    const to = (name: string, more = ''): string[] => ['--to', `kafka://${address}/${name}?compression=gzip${more}`];
    const sinks = [...to(topic), ...to(`${topic}-batch`, '&batch=30'), '--to', `file://${file}`];
    const weir = await runWeir(['-r', join(folder, 'flows.pcap'), ...sinks]);
    assert.equal(weir.status, 0, weir.stderr);
    const written = linesOf(readFileSync(file, 'utf8'));
    assert.equal(written.length, count);

    const kcat = await run(join(packageRoot(), 'examples', 'kcat.sh'), [address, topic, String(count)]);
    assert.deepEqual(linesOf(kcat.stdout).sort(), [...written].sort());

    const program = join(packageRoot(), 'dist', 'examples', 'consumer.js');
    const readable = written.map((line) => flowLine(JSON.parse(line) as Flow)).sort();
    for (const name of [topic, `${topic}-batch`]) {
      const args = [
        program,
        '--brokers',
        address,
        '--topic',
        name,
        '--group',
        `group-${name}`,
        '--count',
        String(count),
      ];
      const consumer = await run(process.execPath, args, { timeout: 60_000 });
      assert.deepEqual(linesOf(consumer.stdout).sort(), readable);
    }
  });

  test('consumer.ts prints processes, users and containers of live flows', needsContainers(), async (t) => {
    const container = await startRunc(t, { args: servesAndAsks });
    const live = `${topic}-live`;
    await createTopic(newClient(address.split(',')[0] as string), live, 1, {});
    const to = `kafka://${address}/${live}?compression=gzip`;
    const point = `lo@pid:${container.pid}`;
    const args = ['-i', point, '--attribution', 'bpf', '-T', 'process', '--linger-timeout', '100ms', '--to', to];
    const weir = await LiveWeir.metering(t, [...args, '--to', '-?format=json']);
    await order(container, 'http://127.0.0.1:8080/bin/sh');
    await weir.until(() => weir.flows.length > 0, 'told of the request');
    const { status, stderr, stdout } = await weir.stop();
    assert.equal(status, 0, stderr);
    const program = join(packageRoot(), 'dist', 'examples', 'consumer.js');
    const asked = ['--brokers', address, '--topic', live, '--group', `group-${live}`, '--count', '1'];
    const consumer = await run(process.execPath, [program, ...asked], { timeout: 60_000 });
    const flow = flowsOf(stdout)[0]!;
    const place = `by root in ${container.id.slice(0, 12)}`;
    const ends = `wget(${flow['ntop.SRC_PROC_PID']}) ${place} > httpd(${flow['ntop.DST_PROC_PID']}) ${place}`;
    assert.ok(consumer.stdout.trimEnd().endsWith(`  ${ends}`), consumer.stdout);
  });
});
