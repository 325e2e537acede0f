import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkKey, dpiCheck } from '../../src/cli/checks.js';
import { parseObservationPoint } from '../../src/config/observation_point.js';
import { autoSnapLength, defaultOptions, type Options } from '../../src/config/options.js';
import { parseSinkUrl } from '../../src/config/sink_url.js';
import { dpiOptions, type DpiPlan, planDpi, readKey, reloadDpi, snapLengthOf } from '../../src/dpi_run.js';
import { WeirError } from '../../src/errors.js';
import { planSinks } from '../../src/exporting/sink_plan.js';
import type { DpiOptions } from '../../src/native/boundary.js';
import { createLog } from '../../src/telemetry/log.js';
import { FakeMeter } from '../support/fake_meter.js';

const folder = mkdtempSync(join(tmpdir(), 'weir-dpi-'));
after(() => rmSync(folder, { recursive: true }));

const present = { available: true, version: '4.2.0', reason: '' };
const absent = { available: false, version: '', reason: 'libndpi is not installed' };

function optionsOf(change: Partial<Options>): Options {
  return { ...defaultOptions(), ...change };
}

function plan(fields: string, change: Partial<Options> = {}, library = present): DpiPlan {
  const options = optionsOf({ sinks: [parseSinkUrl(`tcp://a?template=${fields.replaceAll(' ', ',')}`)], ...change });
  return planDpi(options, planSinks(options, new Map(), false), { dpi: () => library });
}

function said({ notices }: DpiPlan): string[] {
  return notices.map(({ level, text }) => `${level} ${text}`);
}

function key(content: string | Uint8Array, mode = 0o600): string {
  const file = join(folder, 'names.key');
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const isError = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof WeirError && error.code === code && message.test(error.message);

test('auto: as far as a template names what is inside flows, and libndpi is there', () => {
  assert.equal(plan('sourceIPv4Address').native, null);
  for (const field of ['applicationName', 'l7Risk', 'l7Info', 'tlsServerName', 'dnsQuery', 'httpServer'])
    assert.deepEqual([plan(field).native?.tcpPackets, said(plan(field))], [80, []], field);
  const named = plan('applicationName', {}, absent);
  assert.equal(named.native, null);
  const warning = 'warning applications are not named: libndpi is not installed; see `weir doctor`';
  assert.deepEqual(said(named), [warning]);
  const both = plan('applicationName tlsServerName', {}, absent);
  assert.ok(both.native, "weir's own parsers do without libndpi");
  assert.deepEqual(said(both), [warning]);
  const facts = plan('tlsServerName dnsQuery', {}, absent);
  assert.ok(facts.native);
  assert.deepEqual(said(facts), []);
});

test('libndpi is loaded only where it is needed', () => {
  const options = optionsOf({ sinks: [parseSinkUrl('tcp://a?template=tlsServerName')] });
  const dpi = (): never => assert.fail('asked for libndpi');
  assert.ok(planDpi(options, planSinks(options, new Map(), false), { dpi }).native);
});

test('off, and on', () => {
  assert.deepEqual(plan('applicationName', { dpi: 'off' }), { native: null, notices: [] });
  assert.match(
    said(plan('applicationName', { dpi: 'off', dpiFilter: ['tls'] }))[0]!,
    /^warning .*-filter is not applied/,
  );
  assert.match(said(plan('sourceIPv4Address', { dpi: 'on' }))[0]!, /^info --dpi on has nothing to do/);
  assert.ok(plan('tlsServerName', { dpi: 'on' }, absent).native);
  assert.throws(
    () => plan('applicationName', { dpi: 'on' }, absent),
    isError('WEIR_DPI_LIBRARY', /^libndpi is not installed; --dpi on insists on it$/),
  );
});

test('a filter needs libndpi, whatever the template names', () => {
  assert.equal(plan('sourceIPv4Address', { dpiFilter: ['tls,quic', '!mdns'] }).native?.filter, 'tls,quic,!mdns');
  assert.throws(
    () => plan('sourceIPv4Address', { dpiFilter: ['tls'] }, absent),
    isError('WEIR_DPI_LIBRARY', /--dpi-filter needs it/),
  );
});

test('without packets there is nothing to look into', () => {
  const sockets = plan('applicationName', { observationPoints: [parseObservationPoint('ebpf:')] });
  assert.equal(sockets.native, null);
  assert.match(said(sockets)[0]!, /^info no packets are captured/);
});

test('options of the native part', () => {
  const options = optionsOf({
    dpiTcpPackets: 7,
    dpiUdpPackets: 5,
    dpiStates: 100,
    dpiProtocols: 'p.txt',
    dpiCategories: ['a.txt', 'b.txt'],
    dpiPrivacy: ['urls', 'server-names'],
    dpiKey: key('0123456789abcdef\n'),
  });
  assert.deepEqual(dpiOptions(options), {
    tcpPackets: 7,
    udpPackets: 5,
    states: 100,
    protocolsFile: 'p.txt',
    categoryFiles: ['a.txt', 'b.txt'],
    filter: '',
    hideUrls: true,
    hideDnsNames: false,
    hideUserAgents: false,
    serverNameKey: '0123456789abcdef',
  } satisfies DpiOptions);
  assert.equal(dpiOptions({ ...options, dpiPrivacy: ['dns-names', 'user-agents'] }).serverNameKey, '');
});

test('the key for server names: text, long enough, not for everybody', () => {
  assert.deepEqual(readKey(key('0123456789abcdef')), { key: '0123456789abcdef', open: false });
  assert.equal(readKey(key('0123456789abcdef', 0o644)).open, true);
  const wrong = (content: string | Uint8Array, message: RegExp): void =>
    assert.throws(() => readKey(key(content)), isError('WEIR_DPI_FILE', message));
  wrong('short\n', /names\.key: the key has 5 characters, it needs 16; `openssl/);
  wrong(new Uint8Array(32).fill(0xff), /is not text/);
  wrong('0123456789abcdef\0', /is not text/);
  assert.throws(() => readKey(join(folder, 'none')), isError('WEIR_DPI_FILE', /none: no such file$/));
  const change = { dpiPrivacy: ['server-names' as const], dpiKey: key('0123456789abcdef', 0o644) };
  assert.match(said(plan('tlsServerName', change))[0]!, /^warning .*names\.key: everybody may read .*; chmod 600 /);
});

test('octets of a packet: what is asked for, else what is looked into', () => {
  const native = plan('tlsServerName').native;
  const given = { ...defaultOptions(), snapLength: 96 };
  assert.equal(snapLengthOf(given, native, false), 96);
  const auto = { ...defaultOptions(), snapLength: autoSnapLength };
  assert.deepEqual(
    [snapLengthOf(auto, null, false), snapLengthOf(auto, null, true), snapLengthOf(auto, native, false)],
    [512, 512, 8192],
  );
  assert.equal(snapLengthOf(auto, native, true), 262_144);
});

test('files are read anew, and kept when one is wrong', () => {
  let text = '';
  const write = (line: string): void => {
    text += line;
  };
  const log = createLog({ level: 'info', format: 'text', colour: false, write });
  const meter = new FakeMeter(() => {});
  const native = dpiOptions(defaultOptions());
  reloadDpi(null, meter, log);
  reloadDpi(native, meter, log);
  assert.deepEqual([meter.reloads, text], [0, '']);
  const files = { ...native, protocolsFile: 'p.txt', categoryFiles: ['a.txt'] };
  reloadDpi(files, meter, log);
  assert.match(text, /info read anew: p\.txt, a\.txt\n$/);
  meter.wrongFile = Object.assign(new Error('p.txt:3: no port'), { code: 'WEIR_DPI_FILE' });
  reloadDpi(files, meter, log);
  assert.match(text, /error protocols and lists stay as they were: weir: WEIR_DPI_FILE: p\.txt:3: no port\n/);
  assert.equal(meter.reloads, 2);
});

test('filter, files and key are judged before anything starts, each mistake at its option', () => {
  const wrong = (code: string, message: string): Error => Object.assign(new Error(message), { code });
  let thrown: Error | undefined;
  let asked: DpiOptions | undefined;
  const addon = {
    dpi: () => present,
    checkDpi(options: DpiOptions): void {
      asked = options;
      if (thrown) throw thrown;
    },
  };
  const found = (change: Partial<Options>, by: { addon?: Parameters<typeof dpiCheck>[0] } = { addon }): string[] =>
    dpiCheck(by.addon)(optionsOf(change)).map(({ name, error }) => `${name} ${error.code} ${error.message}`);
  assert.deepEqual([found({}), asked], [[], undefined], 'nothing to judge');
  const change = { dpiFilter: ['tsl'], dpiProtocols: '/p.txt', dpiCategories: ['/a.txt'] };
  assert.deepEqual([found(change), asked?.filter], [[], 'tsl']);
  thrown = wrong('WEIR_DPI_FILTER', "'tsl' is no application");
  assert.deepEqual(found(change), ["dpiFilter WEIR_DPI_FILTER 'tsl' is no application"]);
  thrown = wrong('WEIR_DPI_FILE', '/p.txt:1: no port\n/a.txt:2: no category');
  const none = join(folder, 'none');
  assert.deepEqual(
    checkKey(optionsOf({ dpiKey: none })).map(({ name, error }) => `${name} ${error.message}`),
    [`dpiKey ${none}: no such file`],
  );
  assert.deepEqual(found({ ...change, dpiKey: none }), [
    'dpiProtocols WEIR_DPI_FILE /p.txt:1: no port',
    'dpiCategories WEIR_DPI_FILE /a.txt:2: no category',
  ]);
  assert.deepEqual(found({ ...change, dpi: 'off' }), []);
  assert.deepEqual(found(change, {}), []);
  const without = { addon: { ...addon, dpi: () => absent } };
  assert.deepEqual(found(change, without), ['dpiFilter WEIR_DPI_LIBRARY libndpi is not installed']);
  assert.deepEqual(found({ dpiProtocols: '/p.txt' }, without), []);
  thrown = new TypeError('a fault');
  assert.throws(() => found(change), /a fault/);
});
