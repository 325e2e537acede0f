// The statistics file: what /status.json tells, for scripts on this host, replaced as a whole every second. Nothing that
// befalls it ends the run.
import { existsSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { chown, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { statisticsText } from './statistics_text.js';

/** A place of our own choosing, in a folder that is shared by the probes of this host; or what the user named. */
export interface StatisticsPlace {
  path: string;
  /** The folder is the service's: left-overs of dead processes go. */
  automatic: boolean;
}

export const automaticPlace = 'auto';
const rootFolder = '/run/weir';
const ours = /^(\d+)\.stats(\.(\d+\.)?new)?$/;

/** Where the file is to be; undefined = nowhere. Only live runs have one that is not named. */
export function statisticsPlace(
  option: string,
  run: { live: boolean; pid: number; uid: number; runtimeDirectory: string | undefined },
): StatisticsPlace | undefined {
  if (option === '') return undefined;
  if (option !== automaticPlace) return { path: option, automatic: false };
  // systemd gives several folders with colons between them.
  const folder = run.runtimeDirectory?.split(':')[0] || (run.uid === 0 ? rootFolder : '');
  if (!run.live || folder === '') return undefined;
  return { path: join(folder, `${run.pid}.stats`), automatic: true };
}

/** Takes away files of processes that are gone: all in a shared folder, else what was to replace the named file. */
export function removeLeftOvers({ path, automatic }: StatisticsPlace): void {
  const folder = dirname(path);
  const begin = `${basename(path)}.`;
  const pidIn = (name: string): string | undefined => {
    if (automatic) return ours.exec(name)?.[1];
    return name.startsWith(begin) ? /^(\d+)\.new$/.exec(name.slice(begin.length))?.[1] : undefined;
  };
  try {
    for (const name of readdirSync(folder)) {
      const pid = pidIn(name);
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) unlinkSync(join(folder, name));
    }
  } catch {
    // No such folder, or not ours to clean.
  }
}

/** True for a folder that nobody else can miss: of root, or of a user whose probes are all gone. */
function mayGive(folder: string): boolean {
  const names = readdirSync(folder);
  if (!names.every((name) => ours.test(name))) return false;
  return statSync(folder).uid === 0 || names.length === 0;
}

/**
 * For --user, while we are still root: makes the folder and gives it to the user. One that was there is given only where
 * it holds nothing but statistics files. What cannot be done shows when the file is written.
 */
export async function giveStatisticsFolder(place: StatisticsPlace, uid: number, gid: number) {
  const { path, automatic } = place;
  const folder = dirname(path);
  try {
    removeLeftOvers(place); // while we may
    const made = (await mkdir(folder, { recursive: true, mode: 0o755 })) !== undefined;
    if (made || (automatic && mayGive(folder))) await chown(folder, uid, gid);
  } catch {
    // A read-only place, say.
  }
}

export interface StatisticsFileOptions {
  place: StatisticsPlace;
  /** What a file that ends in .json holds, and what one of text. */
  json: () => object;
  text: () => object;
  /** Told of each failure; the caller holds repeats back. */
  onFailure: (text: string) => void;
}

export class StatisticsFile {
  readonly #options: StatisticsFileOptions;
  readonly #path: string;
  /** What is to replace it: probes may be given the same file, and each has a name of its own for that. */
  readonly #newPath: string;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: StatisticsFileOptions) {
    this.#options = options;
    this.#path = options.place.path;
    this.#newPath = `${this.#path}.${process.pid}.new`;
    removeLeftOvers(options.place);
  }

  get path(): string {
    return this.#path;
  }

  /** Writes it anew; not when the last write still goes on (a disk that hangs). Never rejects. */
  write(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#writing ??= this.#replace()
      .catch((error: NodeJS.ErrnoException) => this.#options.onFailure(failureText(this.#path, error)))
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  /** Takes the file away. Idempotent; waits for a write no longer than waitMs. */
  async close(waitMs = 500): Promise<void> {
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs);
    });
    await Promise.race([this.#writing, limit]);
    clearTimeout(timer);
    for (const path of [this.#path, this.#newPath]) await unlink(path).catch(() => undefined);
  }

  async #replace(): Promise<void> {
    const { json, text } = this.#options;
    const content = this.#path.endsWith('.json') ? `${JSON.stringify(json())}\n` : statisticsText(text());
    try {
      await this.#writeNew(content);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // What a crash of ours has left, or a folder that went away, is put right; anything else is told.
      if (code === 'EEXIST') await unlink(this.#newPath);
      else if (code === 'ENOENT') await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
      else throw error;
      await this.#writeNew(content);
    }
    if (!this.#closed) await rename(this.#newPath, this.#path);
  }

  /** In the same folder, so that rename(2) replaces it at once; never through a link that somebody laid there. */
  async #writeNew(content: string): Promise<void> {
    const file = await open(this.#newPath, 'wx', 0o644);
    try {
      await file.chmod(0o644); // whatever the umask
      await file.writeFile(content);
    } catch (error) {
      await unlink(this.#newPath).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  }
}

function failureText(path: string, { code, message }: NodeJS.ErrnoException): string {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'no permission',
    EPERM: 'no permission',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space left on the device',
    EDQUOT: 'the quota is used up',
    ENOENT: 'the folder is gone and cannot be made',
    EISDIR: 'this is a folder',
    ENOTDIR: `${basename(dirname(path))} is no folder`,
  };
  const reason = code !== undefined && reasons[code] !== undefined ? `${reasons[code]} (${code})` : message;
  return `statistics file ${path} cannot be written: ${reason}; it is tried again each second`;
}
