import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processView } from '../../src/process_view.js';

/** readlink() of a host with these links; a refusal is its code. */
function links(given: Record<string, string | { code: string }>): (path: string) => string {
  return (path) => {
    const answer = given[path] ?? { code: 'ENOENT' };
    if (typeof answer === 'string') return answer;
    throw Object.assign(new Error(answer.code), answer);
  };
}

const inHost = { '/proc/self/ns/pid': 'pid:[4026531836]' };

test('what weir can see of processes', () => {
  const seen = (given: Parameters<typeof links>[0], capabilities = ['CAP_SYS_PTRACE']): string =>
    processView(capabilities, links(given));
  assert.equal(seen({ ...inHost, '/proc/1/exe': '/usr/lib/systemd/systemd' }), 'all');
  assert.equal(seen({ '/proc/self/ns/pid': 'pid:[4026532555]', '/proc/1/exe': '/usr/bin/node' }), 'container');
  assert.equal(seen({ ...inHost, '/proc/1/exe': { code: 'EACCES' } }), 'forbidden');
  assert.equal(
    seen({ ...inHost, '/proc/1/exe': { code: 'EACCES' } }, ['CAP_NET_RAW']),
    'all',
    'the capability is missed',
  );
  assert.equal(seen(inHost), 'all');
});
