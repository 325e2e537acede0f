// Templates: files, lists, names; twins, duplicates, uniflows, lengths, needs; every mistake at once.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type WeirError, WeirErrors } from '../../../src/errors.js';
import { elementByName } from '../../../src/fields/elements.js';
import {
  inspectionBits,
  elementsOf,
  forSockets,
  forUniflow,
  loadTemplates,
  needsBits,
  needsOf,
  parseTemplate,
  parseTemplateList,
  parseTemplateText,
  planFields,
  recordLength,
  type TemplateField,
} from '../../../src/fields/template.js';
import { packageRoot } from '../../../src/native/load.js';

const templates = loadTemplates(join(packageRoot(), 'templates'));
const names = (fields: readonly TemplateField[]): string[] => fields.map((field) => field.element.name);

test('the named templates are there, each with a comment head', () => {
  assert.deepEqual(
    [...templates.keys()],
    [
      'default',
      'dns',
      'dpi',
      'events',
      'full',
      'http',
      'kubernetes',
      'minimal',
      'nprobe',
      'process',
      'sockets',
      'tcp',
      'text-events',
      'text',
      'tls',
      'top',
    ],
  );
  for (const { name, comment, fields } of templates.values()) {
    assert.ok(comment.length > 40, `${name} says for whom it is`);
    assert.ok(name === 'full' || fields.length <= 60, `${name} has ${fields.length} fields: tshark stops at 60`);
  }
  assert.match(templates.get('full')!.comment, /max_template_fields/);
});

test('default measures nothing beyond the counters of every flow; tcp and full ask for their blocks', () => {
  assert.equal(needsOf(elementsOf(templates.get('default')!)), 0);
  assert.equal(needsOf(elementsOf(templates.get('minimal')!)), 0);
  assert.equal(needsOf(elementsOf(templates.get('tcp')!)), needsBits.tcp);
  const { tcp, stats, tunnel, text } = needsBits;
  assert.equal(needsOf(elementsOf(templates.get('full')!)), tcp | stats | tunnel | text | inspectionBits);
});

test('the work of looking into flows is what the template names', () => {
  const { label, risk, summary, tls, certificate, fingerprint, dns, http } = needsBits;
  const needs = (name: string): number => needsOf(elementsOf(templates.get(name)!));
  assert.equal(needs('dpi'), label | risk | summary | fingerprint, 'certificates are dear, and not in it');
  assert.equal(needs('tls'), label | tls | certificate | fingerprint);
  assert.equal(needs('dns'), dns, 'works without libndpi');
  assert.equal(needs('http'), label | http);
  assert.equal(needs('nprobe') & ~15, label);
  const each = {
    applicationName: label,
    L7_PROTO: label,
    L7_PROTO_RISK: risk,
    JA4C_HASH: fingerprint,
    TLS_SERVER_NAME: tls,
    L7_INFO: summary,
  };
  for (const [name, need] of Object.entries(each)) assert.equal(needsOf(elementsOf(parseTemplateList(name))), need);
});

test('IPv4 and IPv6 records get twins in place; fields of the other version are left out', () => {
  const template = parseTemplateList('IPV4_SRC_ADDR,octetDeltaCount icmpTypeCodeIPv4 flowLabelIPv6');
  assert.deepEqual(names(template.fields4), ['sourceIPv4Address', 'octetDeltaCount', 'icmpTypeCodeIPv4']);
  assert.deepEqual(names(template.fields6), [
    'sourceIPv6Address',
    'octetDeltaCount',
    'icmpTypeCodeIPv6',
    'flowLabelIPv6',
  ]);
});

test('duplicates are dropped: the same field by two names, and both twins', () => {
  const template = parseTemplateList('%IN_BYTES octetDeltaCount 1 IPV6_SRC_ADDR IPV4_SRC_ADDR');
  assert.deepEqual(names(template.fields), ['octetDeltaCount', 'sourceIPv6Address', 'sourceIPv4Address']);
  assert.deepEqual(names(template.fields4), ['octetDeltaCount', 'sourceIPv4Address']);
  assert.deepEqual(names(template.fields6), ['octetDeltaCount', 'sourceIPv6Address']);
});

test('a file: comments, blank lines, comment head, trailing comments', () => {
  const template = parseTemplateText(
    '# For tests.\n# Two lines.\n\n%PROTOCOL # number\nflowId\r\n# end\n',
    'a/small.tmpl',
  );
  assert.equal(template.name, 'small');
  assert.equal(template.comment, 'For tests.\nTwo lines.');
  assert.deepEqual(names(template.fields), ['protocolIdentifier', 'flowId']);
});

test('all mistakes of a file are reported, each with file and line', () => {
  assert.throws(
    () => parseTemplateText('flowId\nflowIdd\nPROTOCOL\n%IN_BYTEZ', 'x.tmpl'),
    (error: WeirErrors) => {
      assert.ok(error instanceof WeirErrors);
      assert.equal(error.errors.length, 2);
      assert.match(error.errors[0]!.message, /^x\.tmpl:2: unknown field `flowIdd`; the nearest are flowId/);
      assert.match(error.errors[1]!.message, /^x\.tmpl:4: unknown field `%IN_BYTEZ`; the nearest are IN_BYTES/);
      return true;
    },
  );
  assert.throws(() => parseTemplateText('# only a comment\n', 'x.tmpl'), { code: 'WEIR_TEMPLATE' });
});

test('-T takes a name, a list, one field or a file', (t) => {
  assert.equal(parseTemplate('tcp', templates), templates.get('tcp'));
  assert.equal(parseTemplate('%IPV4_SRC_ADDR %L4_DST_PORT communityId', templates).fields.length, 3);
  assert.deepEqual(names(parseTemplate('octetDeltaCount', templates).fields), ['octetDeltaCount']);
  const folder = mkdtempSync(join(tmpdir(), 'weir-template-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mine');
  writeFileSync(file, 'flowId\n');
  assert.equal(parseTemplate(file, templates).name, 'mine');
  assert.throws(() => parseTemplate(join(folder, 'none.tmpl'), templates), { code: 'WEIR_TEMPLATE' });
  assert.throws(
    () => parseTemplate('defalt', templates),
    (error: WeirError) => error.code === 'WEIR_TEMPLATE' && /nearest are default/.test(error.message),
  );
  assert.throws(() => parseTemplate('flowId nonsense', templates), WeirErrors);
});

test('loadTemplates reports the mistakes of all files', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-template-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.tmpl'), 'flowIdd\n');
  writeFileSync(join(folder, 'b.tmpl'), '# nothing\n');
  assert.throws(
    () => loadTemplates(folder),
    (error: WeirErrors) => error instanceof WeirErrors && error.errors.length === 2,
  );
});

test('uniflows have no reverse elements, and flags of their own direction', () => {
  const uniflow = forUniflow(
    parseTemplateList('%IN_BYTES %OUT_BYTES %TCP_FLAGS %RETRANSMITTED_OUT_PKTS %IPV4_DST_ADDR'),
  );
  assert.deepEqual(names(uniflow.fields), ['octetDeltaCount', 'tcpControlBits', 'destinationIPv4Address']);
  assert.deepEqual(names(uniflow.fields6), ['octetDeltaCount', 'tcpControlBits', 'destinationIPv6Address']);
  assert.throws(() => forUniflow(parseTemplateList('OUT_BYTES')), { code: 'WEIR_TEMPLATE' });
});

test('the plan of an encoder: indexes, keys, reduced and full lengths', () => {
  const template = parseTemplateList(
    '%DST_TO_SRC_BYTES tcpControlBits mplsTopLabelStackSection interfaceName FIRST_SWITCHED',
  );
  const binary = planFields(template).fields4;
  assert.deepEqual(
    binary.map((field) => field.wireLength),
    [8, 1, 3, 65535, 4],
  );
  assert.deepEqual(new Set(binary.map((field) => field.key)), new Set(['']));
  assert.equal(binary[0]!.element, elementByName('reverseOctetDeltaCount').index);
  assert.equal(recordLength(binary), 8 + 1 + 3 + 1 + 4);
  const full = planFields(template, { fullSize: true }).fields4;
  assert.deepEqual(
    full.map((field) => field.wireLength),
    [8, 2, 3, 65535, 4],
  );
  const nprobe = planFields(template, { naming: 'nprobe' }).fields6;
  assert.deepEqual(
    nprobe.map((field) => field.key),
    ['DST_TO_SRC_BYTES', 'TCP_CONTROL_BITS', 'MPLS_LABEL_1', 'INTERFACE_NAME', 'FIRST_SWITCHED'],
  );
  assert.equal(nprobe[4]!.element, elementByName('flowStartSeconds').index);
});

test('the plan of naming ecs: paths, forms and constants; of goflow2: the settings of the run', () => {
  const template = parseTemplateList('IPV4_SRC_ADDR IN_SRC_MAC FLOW_ID');
  const ecs = planFields(template, { naming: 'ecs' });
  const field = (name: string) => ecs.fields4.find(({ path, key }) => [...path, key].join('.') === name);
  const form = (name: string) => [field(name)?.form, field(name)?.constant];
  assert.deepEqual(form('event.category'), ['constant', '["network"]']);
  assert.deepEqual(form('network.type'), ['constant', '"ipv4"']);
  assert.deepEqual(form('event.duration'), ['nanoseconds', '']);
  assert.deepEqual(form('source.mac'), ['hyphens', '']);
  assert.equal(field('source.ip')?.element, elementByName('sourceIPv4Address').index);
  assert.equal(
    ecs.fields6.filter(({ path }) => path[0] === 'source')[0]?.element,
    elementByName('IPV6_SRC_ADDR').index,
  );
  const goflow2 = planFields(template, {
    naming: 'goflow2',
    settings: { samplingRate: 100, samplerAddress: '192.0.2.9' },
  });
  const constants = goflow2.fields4.filter((planned) => planned.form === 'constant');
  assert.deepEqual(
    constants.map(({ key, constant }) => `${key}=${constant}`),
    ['type="IPFIX"', 'sequence_num=0', 'sampling_rate=100', 'sampler_address="192.0.2.9"', 'etype="IPv4"'],
  );
  assert.deepEqual(goflow2.leftOut, ['flowId']);
  assert.ok(!planFields(template, { naming: 'goflow2' }).fields4.some(({ key }) => key === 'sampler_address'));
  assert.deepEqual(ecs.leftOut, []);
});

test('the objects of a line stand together, whatever the order of the template', () => {
  const shuffled = parseTemplateList('CLIENT_NW_LATENCY_MS flowId SERVER_NW_LATENCY_MS egressInterface recordIndex');
  for (const { fields4, fields6 } of [planFields(shuffled, { naming: 'ecs' })]) {
    for (const fields of [fields4, fields6]) {
      const seen = new Set<string>();
      let before: readonly string[] = [];
      for (const { path } of fields) {
        path.forEach((_, depth) => {
          const object = path.slice(0, depth + 1).join('.');
          if (object !== before.slice(0, depth + 1).join('.')) assert.ok(!seen.has(object), `${object} twice`);
          seen.add(object);
        });
        before = path;
      }
      assert.ok(seen.has('netflow.ntop'));
    }
  }
});

test('flows of sockets have payload octets in place of octets of packets', () => {
  const template = parseTemplateList('IN_BYTES OUT_BYTES packetDeltaCount');
  assert.deepEqual(names(forSockets(template).fields), [
    'transportOctetDeltaCount',
    'reverseTransportOctetDeltaCount',
    'packetDeltaCount',
  ]);
  const other = parseTemplateList('packetDeltaCount');
  assert.equal(forSockets(other), other);
});
