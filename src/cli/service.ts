// The service manager of this process, if one started it.
import type { LoadedAddon } from '../doctor.js';
import type { NoticeClock } from '../service/notice.js';
import { type ServiceEnvironment, type ServiceManager, serviceManager } from '../service/systemd.js';
import type { Logger } from '../telemetry/log.js';

/** What of the process the service manager is concerned with. */
export interface ServiceControl extends NoticeClock {
  pid: number;
  /** A supervisor of ours has started this process. */
  supervised: boolean;
}

/** The addon is loaded only where somebody wants to be told. */
export function serviceOf(
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
