// The service manager of this process, if one started it: for a probe and for a supervisor.
import type { LoadedAddon } from '../doctor.js';
import { type ServiceEnvironment, type ServiceManager, serviceManager } from '../service/systemd.js';
import { type NoticeClock, ServiceNotice } from '../service/notice.js';
import { SupervisorNotice } from '../service/supervisor_notice.js';
import type { Logger } from '../telemetry/log.js';

/** What of the process the service manager is concerned with. */
export interface ServiceControl extends NoticeClock {
  pid: number;
  /** A supervisor of ours has started this process. */
  supervised: boolean;
}

function managerOf(
  env: ServiceEnvironment,
  { pid }: ServiceControl,
  log: Logger,
  loadAddon: () => LoadedAddon,
): ServiceManager | undefined {
  const loaded = env.NOTIFY_SOCKET ? loadAddon() : undefined;
  if (loaded === undefined) return undefined;
  if ('addon' in loaded) return serviceManager(env, pid, (...words) => loaded.addon.notifyServiceManager(...words));
  log.warning(`the service manager is told nothing: ${loaded.reason}`);
  return undefined;
}

export function probeNotice(
  env: ServiceEnvironment,
  control: ServiceControl,
  log: Logger,
  loadAddon: () => LoadedAddon,
): ServiceNotice | undefined {
  const manager = managerOf(env, control, log, loadAddon);
  return manager && new ServiceNotice(manager, { log, clock: control, supervised: control.supervised });
}

export function supervisorNotice(
  env: ServiceEnvironment,
  control: ServiceControl,
  log: Logger,
  loadAddon: () => LoadedAddon,
): SupervisorNotice | undefined {
  const manager = managerOf(env, control, log, loadAddon);
  return manager && new SupervisorNotice(manager, (call, ms) => control.setTimer(call, ms));
}
