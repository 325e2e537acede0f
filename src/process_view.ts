// Which processes weir can look into. In a container that may be less than its capabilities say.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { plainName } from './capabilities.js';

/** all, as far as the capabilities go; container: those of weir's own one; forbidden: a security module hides them. */
export type ProcessView = 'all' | 'container' | 'forbidden';

/** Inode of the host's pid namespace, the same on every Linux (PROC_PID_INIT_INO). */
const hostNamespace = 'pid:[4026531836]';
/** What AppArmor says of a profile in force, and SELinux of the domain that containers are in. */
const confined = /\(enforce\)\s*$|:container_t:/;

/** capabilities: those in effect. */
export function processView(
  capabilities: readonly string[],
  proc = '/proc',
  readLink: (path: string) => string = readlinkSync,
): ProcessView {
  if (answerOf(() => readLink(`${proc}/self/ns/pid`)) !== hostNamespace) return 'container';
  if (!capabilities.map(plainName).includes('sys_ptrace')) return 'all';
  const profile = answerOf(() => readFileSync(`${proc}/self/attr/current`, 'latin1'));
  if (profile === undefined || !confined.test(profile)) return 'all';
  const processes = readdirSync(proc).filter((name) => /^\d+$/.test(name));
  const refused = processes.some((id) => answerOf(() => readLink(`${proc}/${id}/exe`)) === 'EACCES');
  return refused ? 'forbidden' : 'all';
}

/** Or the code of the error; kernel threads have no program, and attr no file without a security module. */
function answerOf(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

export const hiddenProcesses: Readonly<Record<Exclude<ProcessView, 'all'>, { why: string; remedy: string }>> = {
  container: {
    why: 'weir sees only the processes of its own container',
    remedy: 'run it in the pid namespace of the host (docker run --pid=host, hostPID: true of a pod)',
  },
  forbidden: {
    why: "the container's profile (AppArmor, SELinux) forbids to look into processes, although CAP_SYS_PTRACE is there",
    remedy:
      'run it without (docker run --security-opt apparmor=unconfined, with SELinux label=disable; appArmorProfile and ' +
      'seLinuxOptions of a pod)',
  },
};

export const withoutProcesses = 'executables, command lines and ancestors of processes are missing';
