// The service manager's end of sd_notify(3): a datagram socket that also tells which process has sent (SO_PASSCRED), as
// systemd looks at it. Node.js has no such sockets, so a Python program listens.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { saying } from './weir.js';

const program = `
import json, socket, struct, sys
name = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind("\\0" + name[1:] if name[0] == "@" else name)
print("listening", flush=True)
while True:
    message, ancillary, _, _ = listener.recvmsg(4096, 256)
    print(json.dumps({"pid": struct.unpack("3i", ancillary[0][2])[0], "lines": message.decode().split("\\n")}), flush=True)
`;

/** One datagram. */
export interface Notice {
  pid: number;
  lines: string[];
}

const patienceMs = 30_000;

export class ServiceListener {
  readonly notices: Notice[] = [];
  #look = new Set<() => void>();

  private constructor(child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      this.notices.push(JSON.parse(line) as Notice);
      for (const look of this.#look) look();
    });
  }

  /** name: a path, or `@NAME`. */
  static async open(context: TestContext, name: string): Promise<ServiceListener> {
    const child = spawn('python3', ['-c', program, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => void child.kill('SIGKILL'));
    const listening = saying(child, 'stdout', /listening/);
    const listener = new ServiceListener(child);
    await listening;
    return listener;
  }

  /** The first notice from the given place on that has a line which matches; rejects when none comes. */
  heard(pattern: RegExp, from = 0): Promise<{ notice: Notice; at: number }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#look.delete(look);
        reject(new Error(`nobody said ${pattern}: ${JSON.stringify(this.notices.slice(from))}`));
      }, patienceMs);
      const look = (): void => {
        const at = this.notices.findIndex(
          ({ lines }, index) => index >= from && lines.some((line) => pattern.test(line)),
        );
        if (at < 0) return;
        clearTimeout(timer);
        this.#look.delete(look);
        resolve({ notice: this.notices[at]!, at });
      };
      this.#look.add(look);
      look();
    });
  }
}
