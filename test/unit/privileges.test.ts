import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultOptions } from '../../src/config/options.js';
import { warnOfUnreadable } from '../../src/privileges.js';
import { createLog } from '../../src/telemetry/log.js';
import { temporaryFolder } from '../support/weir.js';

const isRoot = process.getuid?.() === 0;
test('files that SIGHUP reads anew and --user cannot read are told of', {
  skip: isRoot ? false : 'needs root to become somebody else',
}, (context) => {
  const folder = temporaryFolder(context);
  chmodSync(folder, 0o755);
  const config = join(folder, 'weir.yaml');
  const list = join(folder, 'list.txt');
  for (const path of [config, list]) writeFileSync(path, '');
  chmodSync(config, 0o600);
  let said = '';
  const log = createLog({ level: 'info', format: 'text', write: (text) => (said += text) });
  const options = { ...defaultOptions(), user: 'nobody', config, dpiCategories: [list] };
  process.seteuid!(65_534);
  try {
    warnOfUnreadable(options, log);
  } finally {
    process.seteuid!(0);
  }
  assert.match(said, /warning SIGHUP will change nothing: --user nobody cannot read \S+weir\.yaml \(EACCES\); /);
  assert.doesNotMatch(said, /list\.txt/);
});
