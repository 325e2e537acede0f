// Random sequences of append, read, release, faults and crashes, against a plain model: what is read is what was appended,
// in order, and flow records are conserved: recovered + appended = records + released + lost.
import assert from 'node:assert/strict';
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { UnitRun } from '../../../src/sinks/sink.js';
import type { Spool, SpoolChunk } from '../../../src/spool/spool.js';
import { below, seededRandom } from '../../support/seeded_random.js';
import { unitRun } from '../../support/sink_run.js';
import { allRecords, FaultyDisk, SpoolRig, texts } from './spool_rig.js';

const steps = 250;

class Model {
  readonly #rig: SpoolRig;
  readonly #random: () => number;
  readonly #keyed: boolean;
  #spool: Spool | undefined;
  #next = 0; // number of the next unit
  #lastRead = -1;
  #appended = 0;
  #recovered = 0;
  #released = 0;
  #lostBefore = 0;
  /** Chunks read, by segment, until released. */
  #read = new Map<number, SpoolChunk[]>();

  constructor(context: TestContext, seed: number) {
    this.#rig = new SpoolRig(context);
    this.#random = seededRandom(seed);
    this.#keyed = below(this.#random, 2) === 1;
  }

  async run(): Promise<void> {
    await this.#open();
    for (let step = 0; step < steps; step++) {
      await this.#step();
      this.#conserved();
    }
    this.#rig.disk.space = Number.POSITIVE_INFINITY;
    this.#rig.disk.syncFails = false;
    while (await this.#readOne()) this.#releaseAll();
    this.#releaseAll();
    this.#conserved();
    assert.deepEqual([this.#spool!.records, this.#spool!.segments, this.#spool!.octets], [0, 0, 0]);
    await this.#spool!.close();
    assert.deepEqual(readdirSync(this.#rig.folder), []);
  }

  async #open(): Promise<void> {
    const fsync = (['always', 'second', 'segment', 'never'] as const)[below(this.#random, 4)]!;
    this.#lostBefore = this.#rig.lost();
    this.#rig.notices.length = 0;
    this.#spool = await this.#rig.open({ keyed: this.#keyed, maxOctets: 12_000, segmentOctets: 1500, fsync });
    assert.deepEqual(
      this.#rig.notices.filter((text) => !text.includes('ends torn')),
      [],
    );
    this.#appended = this.#released = 0;
    this.#recovered = this.#spool.recovered;
    this.#read.clear();
    this.#lastRead = -1; // what was read and not released comes again
  }

  async #step(): Promise<void> {
    const { disk, clock } = this.#rig;
    const kind = below(this.#random, 100);
    if (kind < 45) this.#append();
    else if (kind < 65) await this.#readOne();
    else if (kind < 78) this.#releaseAll();
    else if (kind < 84) await this.#spool!.flush();
    else if (kind < 87) disk.space = below(this.#random, 400);
    else if (kind < 91) disk.space = Number.POSITIVE_INFINITY;
    else if (kind < 93) disk.syncFails = !disk.syncFails;
    else if (kind < 97) clock.advance(below(this.#random, 6000));
    else await this.#crash(kind === 99);
  }

  #append(): void {
    const count = 1 + below(this.#random, 12);
    const numbers = Array.from({ length: count }, () => this.#next++);
    const run = unitRun(
      numbers.map((number) => this.#unit(number)),
      numbers.map((number) => number % 4),
    );
    this.#appended += allRecords(run);
    this.#spool!.append(run);
    assert.equal(run.from, run.to);
  }

  /** The number, and octets that follow from it. */
  #unit(number: number): Buffer {
    const key = this.#keyed ? `key ${number};` : '';
    const value = `${number} ${'x'.repeat((number * 37) % 90)}\n`;
    return Buffer.from(this.#keyed ? `\0${String.fromCharCode(key.length)}${key}${value}` : value, 'latin1');
  }

  async #readOne(): Promise<boolean> {
    const chunk = await this.#spool!.read(1 + below(this.#random, 2000));
    if (chunk === undefined) return false;
    this.#check(chunk.run);
    this.#read.set(chunk.segment, [...(this.#read.get(chunk.segment) ?? []), chunk]);
    return true;
  }

  #check(run: UnitRun): void {
    for (const [index, text] of texts(run).entries()) {
      const number = Number(/(\d+) x*\n$/.exec(text)?.[1]);
      assert.equal(text, this.#unit(number).toString('latin1'));
      assert.ok(number > this.#lastRead, `${number} after ${this.#lastRead}`);
      assert.equal(run.records[index], number % 4);
      this.#lastRead = number;
    }
  }

  #releaseAll(): void {
    for (const [segment, chunks] of this.#read) {
      if (!chunks.at(-1)!.last) continue;
      this.#read.delete(segment);
      for (const { run } of chunks) this.#released += allRecords(run);
      this.#spool!.release(segment);
    }
  }

  /** The files as they are at this moment go on in another run; torn: the newest ones are cut at a random place. */
  async #crash(torn: boolean): Promise<void> {
    if (!torn) await this.#spool!.flush();
    const before = [this.#spool!.records, this.#spool!.octets];
    await this.#rig.disk.crash();
    await this.#spool!.close(); // without effect on the files: only the lock goes
    this.#rig.disk = new FaultyDisk();
    if (torn) this.#cut();
    await this.#open();
    if (!torn) assert.deepEqual([this.#recovered, this.#spool!.octets], before);
  }

  #cut(): void {
    const { folder } = this.#rig;
    const newest = readdirSync(folder).sort().at(-1)?.split('.')[0];
    if (newest === undefined) return;
    for (const name of readdirSync(folder).filter((file) => file.startsWith(newest) && !file.endsWith('gone'))) {
      if (below(this.#random, 2) === 0) continue;
      const path = join(folder, name);
      const header = name.endsWith('index') ? 48 : 0; // a cut header is a test of its own
      const { size } = statSync(path);
      if (size > header) truncateSync(path, header + below(this.#random, size - header));
    }
  }

  #conserved(): void {
    const lost = this.#rig.lost() - this.#lostBefore;
    assert.equal(this.#recovered + this.#appended, this.#spool!.records + this.#released + lost);
    assert.ok(this.#spool!.octets <= 12_000 + 200, 'a segment header at most goes above the limit');
  }
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`random sequence ${seed}`, async (context) => {
    await new Model(context, seed).run();
  });
}
