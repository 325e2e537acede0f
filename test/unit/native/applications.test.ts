// What is inside flows, off records written by the test: JSON of every naming, text, IPFIX in every profile, NetFlow v9,
// judged by the schemas, by weir's reader and by tshark.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultOptions } from '../../../src/config/options.js';
import { dpiOptions } from '../../../src/dpi_run.js';
import { applicationRows, type OptionsState, optionsTables } from '../../../src/exporting/options_records.js';
import { applicationIdLength } from '../../../src/exporting/options_plan.js';
import { elements } from '../../../src/fields/elements.js';
import {
  elementsOf,
  forNetflow9,
  forUniflow,
  inspectionBits,
  loadTemplates,
  needsOf,
  parseTemplateList,
  planFields,
  plainField,
  type Template,
} from '../../../src/fields/template.js';
import { textKeys } from '../../../src/fields/text_line.js';
import { MessageReader } from '../../../src/ipfix/index.js';
import type { EncoderSpec } from '../../../src/native/boundary.js';
import { loadAddon, packageRoot, tryLoadAddon } from '../../../src/native/load.js';
import { attributedFlows } from '../../support/attributed_batch.js';
import { exportSeconds, startMs, wireSpec } from '../../support/encode_run.js';
import {
  bareFlow,
  dhcpFlow,
  dnsFlow,
  dnsUnanswered,
  httpFlow,
  inspectedFlows,
  otherFlow,
  quicFlow,
  sshFlow,
  tlsFlow,
  unknownFlow,
} from '../../support/inspected_flows.js';
import { message } from '../../support/ipfix_bytes.js';
import { jsonSpec, type Line, linesOf, under } from '../../support/json_lines.js';
import { dataSet, ipfixTemplateSet } from '../../support/options_bytes.js';
import { pcapOfDatagrams } from '../../support/pcap_of_messages.js';

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const needs = (command: string) =>
  spawnSync(command, ['--version']).error === undefined ? unavailable : { skip: `${command} is not installed` };
const folder = mkdtempSync(join(tmpdir(), 'weir-applications-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const templates = loadTemplates(join(packageRoot(), 'templates'));
const templateOf = (name: string): Template => templates.get(name)!;
const allInside = elements().filter((element) => (needsOf([element]) & inspectionBits) !== 0);
const inside = parseTemplateList(allInside.map(({ name }) => name).join(' '));

test('JSON: what was found, nothing of what was not; 0 where that is a value', unavailable, () => {
  const template = templateOf('dns');
  const kept = /dns|DNS/;
  const [one, none, other] = linesOf(
    attributedFlows([dnsFlow, dnsUnanswered, sshFlow]),
    jsonSpec(template, 'ipfix'),
    'ipfix',
  ).map((line) => Object.fromEntries(Object.entries(line).filter(([key]) => kept.test(key))));
  assert.deepEqual(one, {
    'ntop.DNS_QUERY': 'example.org',
    'ntop.DNS_QUERY_TYPE': 257,
    dnsQueryTypeName: 'CAA',
    'ntop.DNS_QUERY_ID': 4660,
    'ntop.DNS_RET_CODE': 0,
    dnsReturnCodeName: 'NOERROR',
    'ntop.DNS_NUM_ANSWERS': 2,
    'ntop.DNS_TTL_ANSWER': 0,
    dnsAddresses: ['192.0.2.7', '2001:db8::7'],
    'ntop.DNS_RESPONSE': '192.0.2.7,2001:db8::7',
    dnsLatencyMicroseconds: 1234,
  });
  assert.deepEqual(none, {
    'ntop.DNS_QUERY': 'a\\000"b',
    'ntop.DNS_QUERY_TYPE': 1,
    dnsQueryTypeName: 'A',
    'ntop.DNS_QUERY_ID': 7,
  });
  assert.deepEqual(other, {});
});

test('naming nprobe: L7_PROTO is text of both numbers, the rest goes by its labels', unavailable, () => {
  const names =
    '%L7_PROTO %HTTP_HOST %HTTP_RET_CODE %DNS_RET_CODE %TLS_SERVER_NAME %L7_RISK_SCORE %L7_PROTO_RISK %L7_INFO';
  const lines = linesOf(
    attributedFlows([tlsFlow, httpFlow, unknownFlow]),
    jsonSpec(parseTemplateList(names), 'nprobe', { keyStyle: 'nprobe' }),
    'nprobe',
  );
  assert.deepEqual(lines, [
    { L7_PROTO: '91.126', TLS_SERVER_NAME: 'www.google.com', L7_INFO: 'www.google.com' },
    {
      L7_PROTO: '7',
      HTTP_HOST: 'shop.example:8080',
      HTTP_RET_CODE: 404,
      L7_RISK_SCORE: 110,
      L7_PROTO_RISK: 2080,
      L7_INFO: 'shop.example:8080/cart?id=1',
    },
    { L7_PROTO: '0' },
  ]);
});

test('naming ecs: TLS, DNS, HTTP where ECS has them', unavailable, () => {
  const spec = jsonSpec(inside, 'ecs', { timeFormat: 'milliseconds' });
  const [tls, dns, http, bare] = linesOf(attributedFlows([tlsFlow, dnsFlow, httpFlow, bareFlow]), spec, 'ecs');
  assert.deepEqual(under(tls, 'tls'), {
    version: '1.2',
    version_protocol: 'tls',
    cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    next_protocol: 'h2',
    client: { server_name: 'www.google.com', ja3: '0123456789abcdef0123456789abcdef' },
    server: {
      ja3s: 'fedcba9876543210fedcba9876543210',
      subject: 'CN=*.google.com',
      issuer: 'CN=GTS CA 1C3, O="Google, Trust", C=US',
      not_before: 1_690_000_000_000,
      not_after: 18_446_744_073_000,
      hash: { sha1: '9E393D93138888D288266C2D915214D1D1CCEB2A' },
      x509: {
        subject: { distinguished_name: 'CN=*.google.com' },
        issuer: { distinguished_name: 'CN=GTS CA 1C3, O="Google, Trust", C=US' },
        not_before: 1_690_000_000_000,
        not_after: 18_446_744_073_000,
        alternative_names: ['*.google.com', 'google.com'],
      },
    },
  });
  assert.deepEqual(under(dns, 'dns'), {
    id: '4660',
    question: { name: 'example.org', type: 'CAA' },
    response_code: 'NOERROR',
    resolved_ip: ['192.0.2.7', '2001:db8::7'],
  });
  assert.deepEqual(under(http, 'http'), {
    request: { method: 'GET', referrer: 'http://shop.example:8080/' },
    response: { status_code: 404 },
  });
  assert.deepEqual(under(http, 'url'), { original: '/cart?id=1', domain: 'shop.example' });
  assert.deepEqual(under(http, 'user_agent'), { original: 'curl/8.0\n"quoted"' });
  assert.equal(under(tls, 'netflow.ntop.ja4c_hash'), 't13d1516h2_8daaf6152771_b186095e22b6');
  for (const key of ['tls', 'dns', 'http', 'url', 'user_agent', 'network.application'])
    assert.equal(under(bare, key), undefined, key);
});

test('naming goflow2 has no place for any of it', unavailable, () => {
  const { leftOut } = planFields(inside, { naming: 'goflow2', biflow: false });
  assert.deepEqual(new Set(leftOut), new Set(allInside.map(({ name }) => name)));
});

test('every element says on the wire what it says in JSON', unavailable, () => {
  const flows = attributedFlows(inspectedFlows);
  const plan = allInside.map(({ index, name, length }) => plainField(index, name, length));
  const spec = { ...wireSpec([]), fields4: plan, fields6: plan, messageSize: 9000 };
  const lines = flows.encode({ ...spec, format: 'json' }).messages.map((line) => JSON.parse(line.toString()) as Line);
  const encoded = flows.encode(spec);
  assert.equal(encoded.sums.truncated, 0);
  const reader = new MessageReader();
  const records = encoded.messages.flatMap((octets) => reader.read(octets, 'test')).map(({ fields }) => fields);
  assert.equal(records.length, lines.length);
  const absent = new Set<unknown>([0, '', false, 255, 0xffffffff, '0.0.0.0', '00:00:00:00:00:00', '0x160000']);
  absent.add('1970-01-01T00:00:00.000Z');
  const told = new Set<string>();
  const keyOf = (fields: Line): string =>
    ['l7Protocol', 'tlsServerName', 'dnsQuery', 'applicationPacketsInspected']
      .map((name) => String(fields[name] || ''))
      .join(' ');
  const byKey = new Map(records.map((record) => [keyOf(record), record]));
  for (const line of lines) {
    const record = byKey.get(keyOf(line));
    assert.ok(record, keyOf(line));
    for (const element of allInside) {
      const value: unknown = record[element.name];
      const json = line[element.name];
      if (json === undefined) {
        assert.ok(absent.has(value), `${element.name} ${String(value)}`);
        continue;
      }
      told.add(element.name);
      if (element.name === 'applicationId') assert.equal(value, `0x${String(json)}`);
      else if (element.length === 1 && Number(json) > 255) assert.equal(value, 255);
      else assert.deepEqual(Array.isArray(json) ? json.join(',') : json, value, element.name);
    }
  }
  // names of what nDPI numbers come with the library only
  const named =
    /^(application(Name|MasterName|ProtocolName|Label|CategoryName|BreedName|ConfidenceName|ListCategoryName)|l7Category)$/;
  const silent = allInside.map(({ name }) => name).filter((name) => !told.has(name) && !named.test(name));
  assert.deepEqual(silent, ['tlsUnsafeCipher']);
});

test('applicationId: data records and options table agree in every format and profile', unavailable, () => {
  const template = parseTemplateList('applicationId octetDeltaCount');
  const shapes = [
    { format: 'ipfix', profile: 'rfc', id: '16007e' },
    { format: 'ipfix', profile: 'nfdump', id: '1600007e' },
    { format: 'netflow9', profile: 'rfc', id: '1600007e' },
  ] as const;
  for (const { format, profile, id } of shapes) {
    const length = applicationIdLength({ format, profile });
    const { fields4, fields6 } = planFields(template, { applicationIdOctets: length });
    const spec: EncoderSpec = { ...wireSpec([]), fields4, fields6, format, biflow: format === 'ipfix' };
    const reader = new MessageReader();
    const flows = attributedFlows([tlsFlow]).encode(spec);
    const [record] = flows.messages.flatMap((octets) => reader.read(octets, 'test'));
    assert.equal(record!.fields.applicationId, `0x${id}`);
    const [table] = optionsTables({
      ...{ format, profile, firstId: 300, domain: 7, enterprise: 32473, exportingProcess: 1, startMs: () => startMs },
      ...{ sampling: { packets: 1, mode: 'systematic', flows: 1, upscale: false }, legacySampling: false },
      templates: [{ id: 256, fields: fields4 }],
    }).filter(({ name }) => name === 'applications');
    const [row] = table!.rows({
      applications: () => [{ selector: 126, name: '', category: '', description: '' }],
    } as unknown as OptionsState);
    const at = table!.template.fields.findIndex((field) => field.id === 95);
    assert.equal(Number(row![at]).toString(16), id);
    assert.equal(table!.template.fields[at]!.length, length);
  }
});

test('a line of the terminal ends with the application and what it is about', unavailable, () => {
  const template = templateOf('text');
  const keys = textKeys(template.fields4.map(({ element }) => element));
  const plan = planFields(template).fields4.map((field, i) => ({ ...field, key: keys[i]! }));
  const spec: EncoderSpec = { ...wireSpec([]), fields4: plan, fields6: [], format: 'text' };
  const lines = attributedFlows([
    tlsFlow,
    { ...httpFlow, application: { facts: { tlsServerName: 'a\u001b[31mb' } } },
    bareFlow,
  ])
    .encode(spec)
    .messages.map(String);
  assert.match(lines[0]!, / www\.google\.com\n$/);
  assert.match(lines[1]!, / a\\x1b\[31mb\n$/, 'no terminal controls');
  assert.match(lines[2]!, / -\n$/);
});

for (const name of ['dpi', 'tls', 'dns', 'http', 'full', 'nprobe']) {
  test(`template ${name}: both directions, NetFlow v9, a message of the usual size`, unavailable, () => {
    const whole = templateOf(name);
    for (const part of [whole, forUniflow(whole)]) {
      const { messages, sums } = attributedFlows(inspectedFlows).encode(
        wireSpec(elementsOf(part), { biflow: part === whole }),
      );
      assert.ok(messages.every(({ length }) => length <= 1400));
      assert.equal(sums.truncated + sums.unencodable, 0);
    }
    const { template } = forNetflow9(whole);
    const fields = planFields(template, { fixedTexts: 32, applicationIdOctets: 4 });
    const spec: EncoderSpec = { ...wireSpec([]), ...fields, format: 'netflow9', biflow: false };
    const reader = new MessageReader();
    const { messages, sums } = attributedFlows([tlsFlow, httpFlow]).encode(spec);
    const flows = messages.flatMap((octets) => reader.read(octets, 'test'));
    assert.equal(sums.unencodable, 0);
    assert.equal(flows.length, 4);
    if (template.fields.some(({ element }) => element.name === 'tlsClientJa4'))
      assert.equal(flows[0]!.fields.tlsClientJa4, 't13d1516h2_8daaf6152771_b186095e22b6');
  });
}

/** Flows of template dpi with their options table, as one capture of datagrams. */
function dpiCapture(): string {
  const template = templateOf('dpi');
  const { messages } = attributedFlows([tlsFlow, dnsFlow, httpFlow, dhcpFlow, otherFlow]).encode(
    wireSpec(elementsOf(template)),
  );
  const { fields4, fields6 } = planFields(template);
  const table = optionsTables({
    ...{
      format: 'ipfix',
      profile: 'rfc',
      firstId: 300,
      domain: 7,
      enterprise: 32473,
      exportingProcess: 1,
      startMs: () => startMs,
    },
    ...{ sampling: { packets: 1, mode: 'systematic', flows: 1, upscale: false }, legacySampling: false },
    templates: [
      { id: 256, fields: fields4 },
      { id: 257, fields: fields6 },
    ],
  }).find(({ name }) => name === 'applications')!;
  const list = [{ selector: 126, name: 'Google', category: 'Web', breed: 'Acceptable' }];
  const rows = table.rows({ applications: () => applicationRows(list) } as unknown as OptionsState);
  const told = message(0, 7, ipfixTemplateSet(table.template), dataSet(table.template, rows));
  for (const octets of messages) octets.writeUInt32BE(octets.readUInt32BE(8) + rows.length, 8);
  const file = join(folder, 'dpi.pcap');
  writeFileSync(file, pcapOfDatagrams([told, ...messages], exportSeconds));
  return file;
}

test('tshark reads the template dpi and the options table', needs('tshark'), () => {
  const file = dpiCapture();
  const read = (...names: string[]): string[][] => {
    const columns = ['_ws.malformed', ...names].flatMap((field) => ['-e', field]);
    const run = spawnSync('tshark', ['-r', file, '-d', 'udp.port==4739,cflow', '-T', 'fields', ...columns], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    const rows = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    assert.ok(
      rows.every(([malformed]) => malformed === ''),
      run.stdout,
    );
    return rows.map(([, ...values]) => values);
  };
  const [table] = read(
    'cflow.appl_name',
    'cflow.appl_desc',
    'cflow.application_category_name',
    'cflow.appl_id.classification_engine_id',
  );
  assert.deepEqual(table, ['Google', 'nDPI Google, Web, Acceptable', 'Web', '22']);
  const all = read(
    'cflow.pie.ntop.ssl_server_name',
    'cflow.pie.ntop.dns_query',
    'cflow.http_request_host',
    'cflow.http_statuscode',
  )
    .flat()
    .join(',');
  for (const text of ['www.google.com', 'example.org', 'shop.example:8080', '404'])
    assert.ok(all.includes(text), `${text}: ${all}`);
});

test(
  'with libndpi numbers have their names',
  'reason' in loaded || !loaded.addon.dpi().available ? { skip: 'no libndpi' } : {},
  () => {
    const addon = loadAddon();
    addon.checkDpi(dpiOptions(defaultOptions()));
    const list = addon.applications();
    const numberOf = (name: string) => list.find((one) => one.name === name)!.selector;
    const flow = {
      ...tlsFlow,
      application: { ...tlsFlow.application, application: numberOf('Google'), master: numberOf('TLS') },
    };
    const template = parseTemplateList(
      'applicationName L7_PROTO_NAME applicationProtocolName applicationCategoryName applicationBreedName',
    );
    const [line, unknown] = linesOf(attributedFlows([flow, unknownFlow]), jsonSpec(template, 'ipfix'), 'ipfix');
    assert.deepEqual(line, {
      applicationName: 'Google',
      'ntop.L7_PROTO_NAME': 'TLS.Google',
      applicationProtocolName: 'TLS',
      applicationCategoryName: 'Web',
      applicationBreedName: 'Acceptable',
    });
    assert.deepEqual(unknown, { 'ntop.L7_PROTO_NAME': 'Unknown' });
    const [ecs] = linesOf(attributedFlows([flow]), jsonSpec(template, 'ecs'), 'ecs');
    assert.deepEqual([under(ecs, 'network.application'), under(ecs, 'network.protocol')], ['google', 'tls']);
    assert.ok(applicationRows(list).some(({ name, category }) => name === 'Google' && category === 'Web'));
    const text = linesOf(
      attributedFlows([quicFlow]),
      jsonSpec(parseTemplateList('applicationLabel quicVersionName'), 'ipfix'),
      'ipfix',
    )[0]!;
    assert.equal(text.quicVersionName, 'draft-29');
  },
);
