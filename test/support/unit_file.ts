// A systemd unit as text: its settings, and the command that does to a process what systemd would do by them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';

export class UnitFile {
  readonly path: string;
  readonly text: string;

  /** name: a file of config/, or of the folder given. */
  constructor(name: string, folder = join(packageRoot(), 'config')) {
    this.path = join(folder, name);
    this.text = readFileSync(this.path, 'utf8');
  }

  /** Words of a setting, of all its lines; throws when the unit does not have it. */
  words(name: string): string[] {
    const lines = [...this.text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]!);
    if (lines.length === 0) throw new Error(`${this.path} has no ${name}=`);
    return lines.flatMap((line) => line.split(/\s+/)).filter(Boolean);
  }

  value(name: string): string {
    return this.words(name).join(' ');
  }

  /** In front of a command: ids, capabilities, no-new-privs and umask of the unit. */
  prefix(uid: number, gid = uid): string[] {
    if (this.value('NoNewPrivileges') !== 'yes') throw new Error('setpriv --no-new-privs is more than the unit says');
    const set = (name: string): string =>
      ['-all', ...this.words(name).map((word) => `+${word.toLowerCase().replace(/^cap_/, '')}`)].join(',');
    return [
      ...['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'],
      ...['--inh-caps', set('AmbientCapabilities'), '--ambient-caps', set('AmbientCapabilities')],
      ...['--bounding-set', set('CapabilityBoundingSet')],
      ...['sh', '-c', `umask ${this.value('UMask')}; exec "$@"`, 'sh'],
    ];
  }
}
