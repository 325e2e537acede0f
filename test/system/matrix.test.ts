// The collector matrix: for each cell of test/support/collector_matrix.ts real weir sends a self-made and a real capture,
// and the collector must show every flow as weir counted it: addresses, ports, times, flags, packets, octets.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { dataFolder, haveCaptures } from '../support/captures.js';
import {
  type Cell,
  collectors,
  isNetflow,
  matrixMarkdown,
  type Profile,
  profiles,
  testedCells,
} from '../support/collector_matrix.js';
import { goIpfixProblems } from '../support/goipfix_rules.js';
import { matrixCapture } from '../support/matrix_capture.js';
import { haveIpv6, MatrixLab, missing } from '../support/matrix_lab.js';
import { linesOf, type SeenFlow, sumsOf } from '../support/seen_flow.js';
import { temporaryFolder } from '../support/weir.js';

/** Skype: TCP, UDP, ICMP and multicast of 2012; times far from now. */
const realCapture = 'ndpi-4.2/pcap/skype.pcap';

const biflows = (profile: Profile): boolean => profile === 'rfc' || profile === 'goipfix';
const isIcmp = ({ protocol }: SeenFlow): boolean => protocol === 1 || protocol === 58;

/** The flow as this collector can show it. */
function asShown({ profile, collector }: Cell, flow: SeenFlow): SeenFlow {
  const { back, ...shown } = flow;
  if (collector === 'nfcapd' && back !== undefined) {
    // reverse flags overwrite the forward ones (that is what profile=nfdump is for)
    return { ...shown, flags: back.flags, back: { ...back, flags: 0 } };
  }
  // 139 is no NetFlow v9 type to nfcapd
  if (collector === 'nfcapd' && profile === 'netflow9' && flow.protocol === 58) return { ...shown, toPort: 0 };
  if (collector === 'nfacctd') {
    const whole = (ms: number) => Math.ceil(ms / 1000) * 1000; // NetFlow: seconds, up
    const times = isNetflow(profile) ? { start: whole(flow.start), end: whole(flow.end) } : {};
    const flags = profile === 'goipfix' ? { flags: 0 } : {}; // pmacct 1.7.7 reads flags of 2 octets as 0
    const reverse = back !== undefined && back.packets > 0 ? { back: { ...back, flags: 0 } } : {};
    return {
      ...shown,
      ...times,
      ...flags,
      ...reverse,
      ...(isIcmp(flow) && profile !== 'netflow5' ? { toPort: 0 } : {}),
    };
  }
  return flow;
}

function expected(lab: MatrixLab, cell: Cell): SeenFlow[] {
  const truths = lab.truths.get(cell.profile)!;
  const heard = lab.once(cell.profile, cell.collector, cell.transport) ? truths.slice(0, 1) : truths;
  return heard
    .flatMap((truth) => (biflows(cell.profile) ? truth.biflows : truth.uniflows))
    .filter(({ from }) => cell.profile !== 'netflow5' || !from.includes(':'))
    .map((flow) => asShown(cell, flow));
}

/** nfcapd 1.7.1 and nfacctd 1.7.7 miscount options records in IPFIX sequence numbers: judges only where there are none. */
const trusted = ({ profile, collector }: Cell): boolean =>
  (collector !== 'nfcapd' && collector !== 'nfacctd') || isNetflow(profile) || profile === 'goipfix';

/** Lines that one list has and the other has not, the first ones. */
function differences(got: string[], wanted: string[]): { only: string[]; missing: string[] } {
  const left = (from: string[], of: string[]): string[] => {
    const counts = new Map<string, number>();
    for (const line of of) counts.set(line, (counts.get(line) ?? 0) + 1);
    return from.filter((line) => {
      const count = counts.get(line) ?? 0;
      counts.set(line, count - 1);
      return count <= 0;
    });
  };
  return { only: left(got, wanted).slice(0, 5), missing: left(wanted, got).slice(0, 5) };
}

function cellTest(lab: MatrixLab, cell: Cell) {
  return async (): Promise<void> => {
    const { profile, collector, transport } = cell;
    const heard = await lab.heard(profile, collector, transport);
    const wanted = expected(lab, cell);
    assert.deepEqual(sumsOf(heard.flows), sumsOf(wanted));
    assert.deepEqual(differences(linesOf(heard.flows), linesOf(wanted)), { only: [], missing: [] });
    if (trusted(cell)) assert.deepEqual(heard.complaints, []);
  };
}

async function runAll(lab: MatrixLab, folder: string): Promise<void> {
  const own = join(folder, 'matrix.pcap');
  writeFileSync(own, matrixCapture(Math.floor(Date.now() / 1000) - 60));
  for (const profile of profiles) {
    await lab.run(profile, 0, own);
    if (haveCaptures) await lab.run(profile, 1, join(dataFolder, realCapture));
  }
}

/** Every flow record of every sink was exported, but IPv6 by NetFlow v5. */
function checkRuns(lab: MatrixLab): void {
  for (const [profile, truths] of lab.truths) {
    for (const { run, biflows: all } of truths) {
      assert.equal(run.status, 0, run.stderr);
      const six = all.filter(({ from }) => from.includes(':')).length;
      for (const { sink, records, exported, dropped } of run.sinks) {
        const left = profile === 'netflow5' && sink.includes('format=netflow5') ? six : 0;
        assert.deepEqual([records, exported, dropped], [all.length, all.length - left, left], sink);
      }
    }
  }
}

/** Template records of a kind of set in each message. */
function templateMessages(messages: readonly Buffer[], kind: 'ipfix' | 'netflow9', domain: number): number {
  const head = kind === 'ipfix' ? { domain: 12, length: 16, set: 2 } : { domain: 16, length: 20, set: 0 };
  return messages.filter(
    (message) => message.readUInt32BE(head.domain) === domain && message.readUInt16BE(head.length) === head.set,
  ).length;
}

/** Over UDP templates come twice at the begin and again after every 7 messages. */
function checkRefresh(lab: MatrixLab): void {
  for (const profile of profiles.filter((one) => one !== 'netflow5')) {
    const messages = lab.messages.get(profile)!;
    const domain = messages[0]!.readUInt32BE(isNetflow(profile) ? 16 : 12);
    const sent = messages.filter((message) => message.readUInt32BE(isNetflow(profile) ? 16 : 12) === domain).length;
    const templates = templateMessages(messages, isNetflow(profile) ? 'netflow9' : 'ipfix', domain);
    assert.ok(templates >= 4 && templates < sent / 2, `${profile}: ${templates} of ${sent} messages are templates`);
  }
}

/** Options records by the names of RFC 5610, as ipfixDump learns them from the file. */
async function checkOptions(lab: MatrixLab): Promise<void> {
  await lab.heard('rfc', 'ipfixDump', 'file');
  const { records } = lab.dumps.get('rfc')!;
  const { run, biflows: flows } = lab.truths.get('rfc')![0]!;
  const having = (name: string) => records.filter((record) => name in record);
  assert.deepEqual(having('_alienInformationElement'), []);
  const described = new Set(having('informationElementName').map((record) => record.informationElementName));
  for (const name of ['frameOutcome', 'frameTotalCount', 'flowRecordDropCause', 'droppedFlowRecordTotalCount'])
    assert.ok(described.has(name), name);
  const outcomes = new Map(
    having('frameOutcome').map((record) => [record.frameOutcome, Number(record.frameTotalCount)]),
  );
  assert.equal(outcomes.get('metered'), run.meter.metered); // the last ones count
  assert.equal(
    [...outcomes.values()].reduce((sum, count) => sum + count, 0),
    run.meter.frames,
  );
  const statistics = having('exportedFlowRecordTotalCount').map((record) =>
    Number(record.exportedFlowRecordTotalCount),
  );
  assert.deepEqual([statistics[0], statistics.at(-1)], [0, flows.length]);
  assert.ok(having('flowKeyIndicator').length >= 2);
  assert.match(String(having('observationPointId')[0]?.interfaceName), /matrix\.pcap$/);
}

test('collector matrix', { timeout: 300_000 }, async (t: TestContext) => {
  const folder = temporaryFolder(t);
  const lab = new MatrixLab(t, folder);
  await lab.start();
  await runAll(lab, folder);
  await lab.stop();
  await t.test('weir exported every record', () => checkRuns(lab));
  if (!haveCaptures) t.diagnostic('no captures at WEIR_DATA or ../shared/data: the self-made one alone');
  await t.test('templates are refreshed over UDP', () => checkRefresh(lab));
  await t.test('profile goipfix: one set a message, full size, no padding, no options', () => {
    const messages = lab.messages.get('goipfix')!;
    assert.deepEqual(goIpfixProblems(messages), []);
    assert.ok(messages.length > 20);
  });
  const havePython = missing('ipfix_check').length === 0 ? {} : { skip: 'not installed: python3' };
  await t.test('TLS: 1.3, both sides with certificates', havePython, () => {
    const { said } = lab.checkers.get('rfc tls')!;
    assert.match(said, /"@type": "tls", "version": "TLSv1.3".*'commonName', 'weir'/);
  });
  const haveDump = missing('ipfixDump').length === 0 ? {} : { skip: 'not installed: ipfixDump' };
  await t.test('options records of profile rfc have names', haveDump, () => checkOptions(lab));
  for (const cell of testedCells) {
    const absent = missing(cell.collector);
    const noIpv6 = !haveIpv6 && cell.transport.endsWith('6');
    const skip = absent.length > 0 ? `not installed: ${absent.join(' ')}` : noIpv6 ? 'no IPv6 on loopback' : undefined;
    const name = `${cell.profile} to ${collectors[cell.collector].title} over ${cell.transport}`;
    await t.test(name, skip === undefined ? {} : { skip }, cellTest(lab, cell));
  }
});

test('README has the matrix', () => {
  const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
  const printed = /<!-- collector-matrix -->\n\n([\s\S]*?)\n<!-- \/collector-matrix -->/.exec(readme)?.[1];
  assert.equal(printed, matrixMarkdown(), 'out of date: run npm run generate');
});
