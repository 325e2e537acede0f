// The service manager that started this process, if one did: where it listens, and how often it wants to hear that all is
// well (sd_notify(3), sd_watchdog_enabled(3)).

/** What of the environment speaks of it. */
export type ServiceEnvironment = Readonly<Record<string, string | undefined>>;

export interface ServiceManager {
  /** Its socket, as it named it. */
  socket: string;
  /** One datagram of NAME=VALUE lines, without waiting; '' or errno's name. */
  send(message: string): string;
  /** It ends a service that is silent for this long; 0: it does not look. */
  watchdogMs: number;
}

/** undefined: nobody wants to be told. pid: this process; a watchdog may be meant for another one. */
export function serviceManager(
  env: ServiceEnvironment,
  pid: number,
  notify: (socket: string, message: string) => string,
): ServiceManager | undefined {
  const socket = env.NOTIFY_SOCKET ?? '';
  if (socket === '') return undefined;
  return { socket, send: (message) => notify(socket, message), watchdogMs: watchdogOf(env, pid) };
}

function watchdogOf(
  { WATCHDOG_USEC: microseconds = '', WATCHDOG_PID: meant }: ServiceEnvironment,
  pid: number,
): number {
  if (!/^[1-9]\d*$/.test(microseconds)) return 0;
  if (meant !== undefined && meant !== '' && meant !== String(pid)) return 0;
  return Number(microseconds) / 1000;
}

/** For a child that speaks for this process: the watchdog is its own. */
export function environmentOfChild(env: ServiceEnvironment): Record<string, string | undefined> {
  const { WATCHDOG_PID: _, ...rest } = env;
  return rest;
}

/** A value of one line. */
export function assignment(name: string, value: string): string {
  return `${name}=${value.replaceAll(/[\r\n]+/g, ' ').slice(0, 400)}`;
}
