// Which processes weir can look into. In a container that may be less than its capabilities say.
import { readlinkSync } from 'node:fs';
import { plainName } from './capabilities.js';

/** all, as far as the capabilities go; container: those of weir's own one; forbidden: a security module hides them. */
export type ProcessView = 'all' | 'container' | 'forbidden';

/** Inode of the host's pid namespace, the same on every Linux (PROC_PID_INIT_INO). */
const hostNamespace = 'pid:[4026531836]';

/** capabilities: those in effect. */
export function processView(
  capabilities: readonly string[],
  readLink: (path: string) => string = readlinkSync,
): ProcessView {
  if (linkOf('/proc/self/ns/pid', readLink) !== hostNamespace) return 'container';
  if (!capabilities.map(plainName).includes('sys_ptrace')) return 'all';
  return linkOf('/proc/1/exe', readLink) === undefined ? 'forbidden' : 'all';
}

/** Undefined where it is refused; '' where there is none. */
function linkOf(path: string, readLink: (path: string) => string): string | undefined {
  try {
    return readLink(path);
  } catch (error) {
    return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '') ? undefined : '';
  }
}

export const hiddenProcesses: Readonly<Record<Exclude<ProcessView, 'all'>, { why: string; remedy: string }>> = {
  container: {
    why: 'weir sees only the processes of its own container',
    remedy: 'run it in the pid namespace of the host (docker run --pid=host, hostPID: true of a pod)',
  },
  forbidden: {
    why: 'a security module (AppArmor, SELinux) forbids to look into processes, although CAP_SYS_PTRACE is there',
    remedy:
      'run the container without its profile (docker run --security-opt apparmor=unconfined, with SELinux label=disable; ' +
      'appArmorProfile and seLinuxOptions of a pod)',
  },
};

export const withoutProcesses = 'executables, command lines and ancestors of processes are missing';
