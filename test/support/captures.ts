// Where the real captures are: WEIR_DATA or ../shared/data beside the project. They are never part of the project.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';

export const dataFolder = process.env.WEIR_DATA ?? join(packageRoot(), '..', 'shared', 'data');
export const haveCaptures = existsSync(dataFolder);

/** A node:test option that skips aloud when the captures are not there. */
export const needsCaptures = haveCaptures ? {} : { skip: `no captures at WEIR_DATA or ../shared/data` };

/** Paths of all captures, relative to the data folder, sorted. */
export function captures(): string[] {
  return ['ndpi-4.2/pcap', 'packets/tcpdump', 'packets/zeek'].flatMap((folder) =>
    readdirSync(join(dataFolder, folder), { recursive: true })
      .map(String)
      .filter((name) => /\.(pcap|pcapng|cap|trace)(\.gz)?$/.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
}
