// An Identity that a test drives: what it told, and what it said.
import type { TestContext } from 'node:test';
import { Identity, type IdentityOptions } from '../../src/identity/identity.js';
import { parseRuntimeSocket, type RuntimeSocket } from '../../src/identity/runtimes.js';
import type { ContainerFacts } from '../../src/native/boundary.js';
import { createLog } from '../../src/telemetry/log.js';

export const noContainer: ContainerFacts = {
  id: '',
  name: '',
  image: '',
  runtime: '',
  labels: '{}',
  podName: '',
  podNamespace: '',
  podUid: '',
  podLabels: '',
  workload: '',
  nodeName: '',
};

export class IdentityRun {
  readonly identity: Identity;
  /** The latest facts by id. */
  readonly facts = new Map<string, ContainerFacts>();
  /** Ids in the order in which they were told. */
  readonly told: string[] = [];
  said = '';
  readonly #look = new Set<() => void>();

  constructor(
    context: TestContext,
    sockets: readonly (string | RuntimeSocket)[],
    options: Partial<IdentityOptions> = {},
  ) {
    const asked = sockets.map((socket) => (typeof socket === 'string' ? parseRuntimeSocket(socket) : socket));
    const write = (line: string): void => {
      this.said += line;
      this.#changed();
    };
    this.identity = new Identity({
      log: createLog({ level: 'debug', format: 'text', write }),
      findSockets: () => asked,
      usersFolder: '/nonexistent',
      ...options,
    });
    this.identity.onFacts((facts) => {
      for (const one of facts) {
        this.facts.set(one.id, one);
        this.told.push(one.id);
      }
      this.#changed();
    });
    context.after(() => this.identity.close());
  }

  /** Resolves when the condition holds, looked at whenever something is told or said, and now and then. */
  until(met: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(patience);
        clearInterval(nowAndThen);
        this.#look.delete(look);
      };
      const look = (): void => {
        if (!met()) return;
        end();
        resolve();
      };
      const patience = setTimeout(() => {
        end();
        reject(new Error(`never ${what}; said: ${this.said}`));
      }, 20_000);
      const nowAndThen = setInterval(look, 20); // for what is only counted
      this.#look.add(look);
      look();
    });
  }

  knows(id: string): Promise<void> {
    return this.until(() => this.facts.has(id), `told of ${id}`);
  }

  #changed(): void {
    for (const look of this.#look) look();
  }
}
