// A system clock that a test sets for one process: libfaketime, in front of it what lets it reach the addon too.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';

const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));

export const canStepClock = library !== undefined;

/** Environment (NAME=VALUE) of a process whose clock is away by what stands in `file`: +SECONDS or -SECONDS. */
export function steppedClock(file: string): string[] {
  return [
    `LD_PRELOAD=${join(packageRoot(), 'build', 'native', 'shallow_bind.so')}:${library}`,
    `FAKETIME_TIMESTAMP_FILE=${file}`,
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
    'FAKETIME_CACHE_DURATION=1',
  ];
}
