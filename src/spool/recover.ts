// What an earlier run left in the folder: whole segments are kept, torn ends cut, broken segments set aside.

import { join } from 'node:path';
import type { Clock, NoticeLevel } from '../sinks/sink.js';
import type { SpoolFileSystem } from './file_system.js';
import { isEmptyIndex, parseName, type SpoolKind, segmentName } from './format.js';
import { readWhole, type SegmentScan, scanSegment } from './scan.js';
import type { Segment } from './segment.js';

export interface FolderFiles {
  /** Endings of the files of each segment, oldest segment first. */
  segments: Map<number, string[]>;
  /** The same of segments whose deletion was begun. */
  gone: Map<number, string[]>;
  /** Names of what was set aside. */
  broken: string[];
  /** Larger than the number of any segment there has been. */
  nextNumber: number;
}

export async function listFolder(fs: SpoolFileSystem, folder: string): Promise<FolderFiles> {
  const segments = new Map<number, string[]>();
  const broken: string[] = [];
  let nextNumber = 1;
  const names = (await fs.list(folder)).map((name) => ({ name, parsed: parseName(name) }));
  names.sort((a, b) => (a.parsed?.number ?? 0) - (b.parsed?.number ?? 0));
  for (const { name, parsed } of names) {
    if (parsed === undefined) continue;
    nextNumber = Math.max(nextNumber, parsed.number + 1);
    if (parsed.ending.endsWith('.broken')) broken.push(name);
    else segments.set(parsed.number, [...(segments.get(parsed.number) ?? []), parsed.ending]);
  }
  const gone = new Map([...segments].filter(([, endings]) => endings.includes('gone')));
  for (const number of gone.keys()) segments.delete(number);
  return { segments, gone, broken, nextNumber };
}

/** The kind of a segment that has exactly one data file and an index. */
export function kindOf(endings: readonly string[]): SpoolKind | undefined {
  const kinds = endings.filter((ending) => ending !== 'index');
  return kinds.length === 1 && endings.length === 2 ? (kinds[0] as SpoolKind) : undefined;
}

export function describeMissing(endings: readonly string[]): string {
  return endings.includes('index') ? 'has an index but no data file' : 'has no index';
}

/** Whether an index speaks of nothing, as after a crash between the making of the index and of the data file. */
export async function holdsNothing(fs: SpoolFileSystem, folder: string, number: number): Promise<boolean> {
  const file = await fs.open(join(folder, `${segmentName(number)}.index`), 'read');
  return isEmptyIndex(await readWhole(file, (await file.status()).octets).finally(() => file.close()));
}

/** Deletes a segment for good: see format.ts for the order. Rejects with the first error. */
export async function deleteSegment(
  fs: SpoolFileSystem,
  folder: string,
  number: number,
  kind: SpoolKind,
): Promise<void> {
  const path = join(folder, segmentName(number));
  await fs.rename(`${path}.index`, `${path}.gone`);
  await fs.remove(`${path}.${kind}`);
  await fs.remove(`${path}.gone`);
}

/** Gives a file the ending .broken, so that nobody takes it for a segment; its octets stay for who wants to look. */
export async function setAside(
  fs: SpoolFileSystem,
  folder: string,
  number: number,
  endings: readonly string[],
): Promise<void> {
  for (const ending of endings) {
    const path = join(folder, `${segmentName(number)}.${ending}`);
    await fs.rename(path, `${path}.broken`).catch(() => undefined);
  }
}

export class Recovery {
  readonly segments: Segment[] = [];
  nextNumber = 1;
  #kind: SpoolKind;
  /** Of another kind: they stay for a run that sends that. */
  #others = { segments: 0, records: 0, kinds: new Set<SpoolKind>() };
  #fs: SpoolFileSystem;
  #folder: string;
  #notice: (level: NoticeLevel, text: string) => void;
  #clock: Clock;

  constructor(
    fs: SpoolFileSystem,
    folder: string,
    kind: SpoolKind,
    notice: (level: NoticeLevel, text: string) => void,
    clock: Clock,
  ) {
    this.#fs = fs;
    this.#folder = folder;
    this.#kind = kind;
    this.#notice = notice;
    this.#clock = clock;
  }

  /** Monotonic time of a moment in an earlier run; what lies in the future is of before the clock was set back. */
  #at(wallMs: number): number {
    return this.#clock.now() - Math.max(0, this.#clock.wall() - wallMs);
  }

  async run(): Promise<void> {
    const found = await listFolder(this.#fs, this.#folder);
    this.nextNumber = found.nextNumber;
    for (const [number, endings] of found.gone)
      for (const ending of [...endings.filter((one) => one !== 'gone'), 'gone'])
        await this.#fs.remove(join(this.#folder, `${segmentName(number)}.${ending}`));
    const newest = [...found.segments.keys()].at(-1);
    for (const [number, endings] of found.segments) {
      const kind = kindOf(endings);
      if (endings.join() === 'index' && (await holdsNothing(this.#fs, this.#folder, number)))
        await this.#fs.remove(join(this.#folder, `${segmentName(number)}.index`));
      else if (kind === undefined) await this.#broken(number, endings, describeMissing(endings));
      else await this.#segment(number, kind, number === newest);
    }
    const { segments, records, kinds } = this.#others;
    if (segments > 0)
      this.#notice(
        'warning',
        `spool ${this.#folder}: ${segments} segments with ${records} flow records are ${[...kinds].join(', ')}, not ` +
          `${this.#kind}: they stay until a run sends that format`,
      );
  }

  /** Older segments were whole when the newest one was begun: their units are checked when they are read. */
  async #segment(number: number, kind: SpoolKind, newest: boolean): Promise<void> {
    try {
      const scan = await scanSegment(this.#fs, this.#folder, number, kind, newest);
      if (scan === undefined) await this.#broken(number, [kind, 'index'], 'has a broken header');
      else await this.#keep(number, scan);
    } catch (error) {
      await this.#broken(number, [kind, 'index'], `cannot be read (${(error as Error).message})`);
    }
  }

  async #keep(number: number, scan: SegmentScan): Promise<void> {
    const { header, whole, damaged, torn } = scan;
    const empty = whole.units === 0;
    if (empty) await deleteSegment(this.#fs, this.#folder, number, header.kind);
    else {
      if (torn.octets > 0) await this.#cut(join(this.#folder, segmentName(number)), scan);
      if (header.kind !== this.#kind) this.#leave(header.kind, whole.records + damaged.records);
      else
        this.segments.push({
          number,
          kind: header.kind,
          units: whole.units + damaged.units,
          records: whole.records + damaged.records,
          repeated: 0, // what another run exported is not of this run's counts
          dataOctets: scan.dataOctets,
          indexOctets: scan.indexOctets,
          begunAt: this.#at(header.createdMs),
          changedAt: this.#at(scan.changedMs),
          state: 'waiting',
        });
    }
    if (torn.octets === 0) return;
    const known = torn.units > 0 ? `, ${torn.units} units with ${torn.records} flow records` : '';
    const kept = empty ? 'nothing is left of it' : `${whole.units} units before it are kept`;
    this.#notice(
      'warning',
      `spool ${this.#folder}: segment ${segmentName(number)} ends torn: ${torn.octets} octets${known} are lost, ${kept}`,
    );
  }

  #leave(kind: SpoolKind, records: number): void {
    this.#others.segments++;
    this.#others.records += records;
    this.#others.kinds.add(kind);
  }

  async #cut(path: string, scan: SegmentScan): Promise<void> {
    // The index first: data that no entry speaks of do no harm.
    for (const [ending, octets] of [
      ['index', scan.indexOctets],
      [scan.header.kind, scan.dataOctets],
    ] as const) {
      const file = await this.#fs.open(`${path}.${ending}`, 'write');
      await file.truncate(octets).finally(() => file.close());
    }
  }

  async #broken(number: number, endings: readonly string[], why: string): Promise<void> {
    await setAside(this.#fs, this.#folder, number, endings);
    const names = endings.map((ending) => `${segmentName(number)}.${ending}.broken`).join(', ');
    this.#notice('error', `spool ${this.#folder}: segment ${segmentName(number)} ${why}; set aside as ${names}`);
  }
}
