// What collectors show of who is at the ends: a request within a container, metered live into IPFIX files, and read by the
// strict checker, by ipfixDump, which learns our names by RFC 5610, and by tshark, which knows ntop's numbers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { readByIpfixDump, readByTshark } from '../support/collectors/file_readers.js';
import {
  type Container,
  imageName,
  needsContainers,
  order,
  servesAndAsks,
  startDocker,
} from '../support/containers.js';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import { temporaryFolder } from '../support/weir.js';

interface Metered {
  shop: Container;
  /** The flow in the words of template process. */
  flow: Flow;
  fileOf(template: string): string;
}

async function meterRequest(t: TestContext): Promise<Metered> {
  const folder = temporaryFolder(t);
  const fileOf = (template: string): string => join(folder, `${template}.ipfix`);
  const engine = await startDocker(t);
  const shop = await engine.run('shop', servesAndAsks);
  const args = [
    ...['-i', 'lo@container:shop', '--container-runtime', `docker:${engine.socket}`, '--attribution', 'bpf'],
    ...['-T', 'process', '--linger-timeout', '100ms', '--to', '-?format=json'],
    ...['process', 'kubernetes'].flatMap((template) => ['--to', `file://${fileOf(template)}?template=${template}`]),
  ];
  const weir = await LiveWeir.metering(t, args);
  await weir.said(/"msg":"container names from /);
  await order(shop, 'http://127.0.0.1:8080/bin/sh');
  await weir.until(() => weir.flows.length > 0, 'told of the request');
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const flows = flowsOf(run.stdout);
  assert.equal(flows.length, 1, run.stdout);
  assert.ok(flows[0]!['ntop.SRC_PROC_PID'], run.stdout + run.stderr);
  return { shop, flow: flows[0]!, fileOf };
}

function assertStrict(file: string): void {
  const checker = join(packageRoot(), 'test', 'support', 'ipfix_check.py');
  const check = spawnSync('python3', [checker, 'file', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.deepEqual(
    check.stdout.split('\n').filter((line) => line.includes('"violation"')),
    [],
  );
  assert.equal(check.status, 0, check.stderr);
}

function assertDumped(file: string, { shop, flow }: Metered): Record<string, unknown> {
  const { records, complaints } = readByIpfixDump(file);
  assert.deepEqual(complaints, []);
  const flows = records.filter((record) => 'octetDeltaCount' in record);
  assert.equal(flows.length, 1);
  const [one] = flows as [Record<string, unknown>];
  const expected = {
    sourceProcessId: String(flow['ntop.SRC_PROC_PID']),
    sourceProcessName: 'wget',
    destinationProcessId: String(flow['ntop.DST_PROC_PID']),
    destinationProcessName: 'httpd',
    ...Object.fromEntries(
      ['source', 'destination'].flatMap((side) => [
        [`${side}ContainerId`, shop.id],
        [`${side}ContainerName`, 'shop'],
        [`${side}ContainerImage`, imageName],
      ]),
    ),
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, one[name]])), expected);
  return one;
}

/** What examples/rfc5610.lua adds to the record of the flow. */
function namedByScript(file: string): string[] {
  const script = `lua_script:${join(packageRoot(), 'examples', 'rfc5610.lua')}`;
  const flows = ['-Y', 'cflow.pie.ntop.src_proc_name', '-T', 'fields', '-E', 'aggregator=|', '-e', 'rfc5610.element'];
  const run = spawnSync('tshark', ['-X', script, '-n', '-r', file, '-o', 'cflow.max_template_fields:0', ...flows], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim().split('|');
}

test(
  'ipfixDump and tshark show process, user and container',
  needsContainers('dockerd', 'ipfixDump', 'tshark', 'python3'),
  async (t) => {
    const metered = await meterRequest(t);
    const { flow, fileOf } = metered;
    for (const template of ['process', 'kubernetes']) {
      assertStrict(fileOf(template));
      assertDumped(fileOf(template), metered);
    }
    const dumped = assertDumped(fileOf('process'), metered);
    assert.deepEqual([dumped.sourceUserName, dumped.destinationUserName, dumped.sourceUserId], ['root', 'root', '0']);
    assert.equal(dumped.sourceProcessCommandLine, flow['ntop.SRC_PROC_CMDLINE'] ?? '', 'it may end before it is read');

    const { records, complaints } = readByTshark(fileOf('process'));
    assert.deepEqual(complaints, []);
    const seen = records.find((record) => record['cflow.pie.ntop.src_proc_name'] !== undefined);
    const ntop = (name: string): string => String(seen?.[`cflow.pie.ntop.${name}`]);
    assert.deepEqual(
      ['src_proc_id', 'dst_proc_pid', 'src_proc_name', 'dst_proc_name', 'src_proc_user_name', 'dst_proc_uid'].map(ntop),
      [String(flow['ntop.SRC_PROC_PID']), String(flow['ntop.DST_PROC_PID']), 'wget', 'httpd', 'root', '0'],
    );
    // What it has no name for it shows as octets, unless the script tells it.
    const octets = Buffer.from('shop')
      .toString('hex')
      .replace(/..(?=.)/g, '$&:');
    assert.ok([seen?.['cflow.enterprise_private_entry']].flat().includes(octets));
    for (const template of ['process', 'kubernetes']) {
      const named = namedByScript(fileOf(template));
      const started = `sourceProcessStartMilliseconds: ${flow.sourceProcessStartMilliseconds}`;
      assert.equal(named.includes(started), template === 'process', named.join('\n'));
      for (const side of ['source', 'destination']) {
        assert.ok(named.includes(`${side}ContainerName: shop`), named.join('\n'));
        assert.ok(named.includes(`${side}ContainerImage: ${imageName}`), named.join('\n'));
        assert.ok(named.includes(`${side}ContainerId: ${metered.shop.id}`), named.join('\n'));
      }
    }
  },
);
