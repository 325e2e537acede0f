// Commands run as user nobody, with no capability or a few.
import { spawnSync } from 'node:child_process';
import { needsNetwork } from './network.js';
import { cliPath } from './weir.js';

const asNobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];

const keeping = (capabilities: string): string[] => [
  ...asNobody,
  '--inh-caps',
  capabilities,
  '--ambient-caps',
  capabilities,
  '--bounding-set',
  capabilities,
];

export const withNetRaw = keeping('-all,+net_raw');
export const withoutAny = keeping('-all');

/** A node:test option that skips aloud where nobody cannot even read the program (a checkout under a closed home). */
export function needsNobody(...commands: string[]): { skip?: string; timeout: number } {
  const options = needsNetwork('setpriv', ...commands);
  if (options.skip !== undefined) return options;
  const reads = spawnSync(asNobody[0]!, [...asNobody.slice(1), process.execPath, cliPath, 'version'], {
    encoding: 'utf8',
  });
  return reads.status === 0
    ? options
    : { ...options, skip: `user nobody cannot run weir from this folder: ${reads.stderr.trim()}` };
}
