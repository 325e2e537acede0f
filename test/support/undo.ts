// What is made is taken away again: the part of node:test's context that the tests' support needs, and one for programs
// that are no tests.
import type { TestContext } from 'node:test';

export type Undo = Pick<TestContext, 'after'>;

export class Undoing implements Undo {
  #steps: (() => unknown)[] = [];

  after(step?: unknown): void {
    this.#steps.push(step as () => unknown);
  }

  /** Last made, first taken away; a step that fails does not keep the others. */
  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`cleaning up: ${String(error)}\n`);
      }
    }
  }
}
