// What was handed to the kernel in the last seconds. TCP tells nobody what the other end has read, so when a session
// breaks these units are sent again; what had to leave early for want of room is known by its number of records alone.

import type { HeldUnits } from './held_units.js';

export interface RetentionOptions {
  /** Seconds for which units are kept after the kernel took them. Default 5. */
  resendSeconds?: number;
  /** Octets kept at most. Default 1 MiB; 0 keeps nothing, and a broken session tells what is unconfirmed. */
  resendOctets?: number;
}

const grainMs = 100; // records that left early are summed up in steps of so long

export class Retention {
  #keepMs: number;
  #limit: number;
  #kept: { at: number; held: HeldUnits }[] = [];
  #octets = 0;
  #early: { at: number; records: number }[] = [];

  constructor(options: RetentionOptions) {
    this.#keepMs = (options.resendSeconds ?? 5) * 1000;
    this.#limit = options.resendOctets ?? 1 << 20;
  }

  add(held: HeldUnits, nowMs: number): void {
    if (this.#keepMs === 0) return;
    this.#kept.push({ at: nowMs, held });
    this.#octets += held.octets;
    this.#age(nowMs);
    while (this.#octets > this.#limit) this.#leaveEarly();
  }

  /**
   * What a session that broke may not have delivered, oldest first, and the records of which that is not known any
   * more. Empty afterwards. nowMs: when the kernel last took something, if it takes nothing since.
   */
  take(nowMs: number): { held: HeldUnits[]; unconfirmed: number } {
    this.#age(nowMs);
    const held = this.#kept.map((entry) => entry.held);
    const unconfirmed = this.#early.reduce((sum, entry) => sum + entry.records, 0);
    this.#kept = [];
    this.#early = [];
    this.#octets = 0;
    return { held, unconfirmed };
  }

  #age(nowMs: number): void {
    const horizon = nowMs - this.#keepMs;
    while (this.#kept[0] !== undefined && this.#kept[0].at < horizon) this.#octets -= this.#kept.shift()!.held.octets;
    while (this.#early[0] !== undefined && this.#early[0].at < horizon) this.#early.shift();
  }

  #leaveEarly(): void {
    const { at, held } = this.#kept.shift()!;
    this.#octets -= held.octets;
    const records = held.flowRecords + held.repeated;
    const last = this.#early.at(-1);
    if (last !== undefined && at - last.at < grainMs) last.records += records;
    else this.#early.push({ at, records });
  }
}
