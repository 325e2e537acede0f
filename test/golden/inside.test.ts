// What is inside flows, octet by octet against committed files: off records written by the test, so that neither libndpi nor
// its version decides. Names of applications are empty without it. `npm run golden` writes the files anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Naming } from '../../src/fields/naming.js';
import { loadTemplates, planFields } from '../../src/fields/template.js';
import { packageRoot, tryLoadAddon } from '../../src/native/load.js';
import { attributedFlows } from '../support/attributed_batch.js';
import { wireSpec } from '../support/encode_run.js';
import { inspectedFlows } from '../support/inspected_flows.js';

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const templates = loadTemplates(join(packageRoot(), 'templates'));

const cases: { name: string; template: string; naming?: Naming }[] = [
  { name: 'json_dpi', template: 'dpi', naming: 'ipfix' },
  { name: 'json_dpi_nprobe', template: 'dpi', naming: 'nprobe' },
  { name: 'json_dpi_ecs', template: 'dpi', naming: 'ecs' },
  { name: 'json_tls', template: 'tls', naming: 'ipfix' },
  { name: 'json_tls_ecs', template: 'tls', naming: 'ecs' },
  { name: 'json_dns', template: 'dns', naming: 'ipfix' },
  { name: 'json_dns_ecs', template: 'dns', naming: 'ecs' },
  { name: 'json_http', template: 'http', naming: 'ipfix' },
  { name: 'json_http_ecs', template: 'http', naming: 'ecs' },
  { name: 'ipfix_dpi', template: 'dpi' },
];

for (const { name, template, naming } of cases) {
  test(`golden: ${name}`, unavailable, () => {
    const { fields4, fields6 } = planFields(templates.get(template)!, naming === undefined ? {} : { naming });
    const spec = { ...wireSpec([]), fields4, fields6, ...(naming === undefined ? {} : { format: 'json' as const }) };
    const { messages } = attributedFlows(inspectedFlows).encode(spec);
    const text = naming === undefined ? messages.map((octets) => `${octets.toString('hex')}\n`) : messages.map(String);
    const path = join(packageRoot(), 'test', 'golden', `${name}.txt`);
    if (process.env.WEIR_GOLDEN === 'write') writeFileSync(path, text.join(''));
    const message = `${name}.txt: after an intended change run \`npm run golden\``;
    assert.equal(text.join(''), readFileSync(path, 'utf8'), message);
  });
}
