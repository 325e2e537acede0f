// --user: started as root, the probe goes on as somebody with little power, keeping the capabilities of one table.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { keptCapabilities } from './capabilities.js';
import type { Options } from './config/options.js';
import { WeirError } from './errors.js';
import type { NativeAddon } from './native/boundary.js';
import type { Logger } from './telemetry/log.js';

interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** A user by name or id, as the system's databases know it. Throws WeirError WEIR_OPTION. */
export function findAccount(user: string): Account {
  const found = spawnSync('getent', ['passwd', user], { encoding: 'utf8' });
  const [name, , uid, gid] = (found.stdout ?? '').trim().split(':');
  if (found.status !== 0 || !name || uid === undefined || gid === undefined) {
    throw new WeirError('WEIR_OPTION', `--user: this host knows no user '${user}'`);
  }
  return { name, uid: Number(uid), gid: Number(gid) };
}

/**
 * Becomes options.user. Must run before the threads of capture and attribution start: they inherit what this thread keeps.
 * Throws WeirError WEIR_OPTION (unknown user, not root) or NativeError WEIR_PRIVILEGE.
 */
export function becomeUser(addon: NativeAddon, options: Options, log: Logger): void {
  const account = findAccount(options.user);
  if (process.getuid?.() !== 0)
    throw new WeirError('WEIR_OPTION', `--user ${options.user}: only root can become somebody else`);
  const kept = keptCapabilities(options, addon.capabilities());
  addon.dropPrivileges(account.uid, account.gid, kept);
  log.info(`running as ${account.name}`, { capabilities: kept.join(' ') || 'none' });
}

/** Once we are that user: SIGHUP reads these files anew, and who starts weir as root seldom thinks of it. */
export function warnOfUnreadable({ user, config, dpiProtocols, dpiCategories }: Options, log: Logger): void {
  for (const path of [config, dpiProtocols, ...dpiCategories]) {
    const why = path === '' ? '' : whyUnreadable(path);
    if (why === '') continue;
    log.warning(
      `SIGHUP will change nothing: --user ${user} cannot read ${path} (${why}); let its group or everybody read it`,
    );
  }
}

/** By opening it: access(2) leaves out what --user keeps of root's power. */
function whyUnreadable(path: string): string {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
