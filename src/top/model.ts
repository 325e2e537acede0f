// What stands on the screen now: state, the picture that goes with it, and who is to be told. Time comes from outside.
import type { DimensionName } from './dimensions.js';
import type { Losses } from './report.js';
import { arrange, type Table } from './rows.js';
import { type Key, press, type Shown, type State } from './state.js';
import type { Sight, Watch } from './watch.js';

export interface Picture {
  state: State;
  /** Columns and lines of the terminal. */
  width: number;
  height: number;
  sight: Sight;
  table: Table;
  /** Remote hosts of the talker that is looked into, where its flows are shown. */
  hosts: Table | undefined;
  losses: Losses;
  /** Records that are in no window of a file any more. */
  forgotten: number;
  /** Last warning of the log. */
  notice: string;
  /** What is watched. */
  source: string;
  /** No more flows come. */
  ended: boolean;
}

export interface ModelSettings {
  watch: Watch;
  state: State;
  source: string;
  losses: () => Losses;
  now: () => number;
}

/** Lines of a picture that are no rows: headline, totals, losses, tabs, headings above; other, keys, notice below. */
export const frameLines = 9;
const hostLines = 6;

export class Model {
  #settings: ModelSettings;
  #state: State;
  #width = 80;
  #height = 24;
  #notice = '';
  #ended = false;
  #picture: Picture;
  #listeners = new Set<() => void>();

  constructor(settings: ModelSettings) {
    this.#settings = settings;
    this.#state = settings.state;
    this.#picture = this.#paint(undefined);
  }

  /** For React: the same object as long as nothing has changed. */
  readonly picture = (): Picture => this.#picture;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Flows have come, time has passed. A frozen picture stays. */
  tick(): void {
    this.#tell(this.#paint(this.#state.frozen ? this.#picture : undefined));
  }

  press(key: Key): void {
    const before = this.#state;
    this.#state = press(before, key, this.#shown());
    const view = (['by', 'sort', 'reverse', 'seconds', 'filter', 'inside'] as const).some(
      (name) => this.#state[name] !== before[name],
    );
    const still = this.#state.frozen && !view;
    this.#tell(this.#paint(still ? this.#picture : undefined));
  }

  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#tell(this.#paint(this.#state.frozen ? this.#picture : undefined));
  }

  /** A line for the bottom of the screen; it is safe text. */
  say(notice: string): void {
    this.#notice = notice;
    this.tick();
  }

  end(): void {
    this.#ended = true;
    this.tick();
  }

  #shown(): Shown {
    return { keys: this.#picture.table.rows.map(({ key }) => key), page: pageOf(this.#picture) };
  }

  #tell(picture: Picture): void {
    this.#picture = picture;
    for (const listener of this.#listeners) listener();
  }

  /** still: the picture whose flows are shown on. */
  #paint(still: Picture | undefined): Picture {
    const { watch, source, losses, now } = this.#settings;
    const state = this.#state;
    const detail = state.inside !== undefined && state.by === 'flow';
    const sight = still?.sight ?? watch.look(state, now());
    return {
      state,
      width: this.#width,
      height: this.#height,
      sight,
      table: still?.table ?? this.#arrange(state.by, sight),
      hosts: still !== undefined ? still.hosts : detail ? this.#hosts() : undefined,
      losses: losses(),
      forgotten: watch.forgotten,
      notice: this.#notice,
      source,
      ended: this.#ended,
    };
  }

  #hosts(): Table {
    return this.#arrange('host', this.#settings.watch.look({ ...this.#state, by: 'host' }, this.#settings.now()));
  }

  #arrange(by: DimensionName, { tally, seconds }: Sight): Table {
    const { watch } = this.#settings;
    const { sort, reverse, filter, inside } = this.#state;
    // Totals know no filter; of a single flow they are right in any view.
    const whole = by === 'flow' || (filter === undefined && inside === undefined);
    const totals = watch.totalsOf(by);
    return arrange(tally, {
      seconds,
      sort,
      reverse,
      told: watch.reader.told,
      pids: by === 'process',
      since: (key) => (whole ? totals.of(key) : undefined),
    });
  }
}

/** Rows that fit. */
export function pageOf({ height, hosts }: Pick<Picture, 'height' | 'hosts'>): number {
  const above = hosts === undefined ? 0 : Math.min(hosts.rows.length, hostPage({ height })) + 2;
  return Math.max(1, height - frameLines - above);
}

/** Lines of remote hosts above the flows of a talker. */
export function hostPage({ height }: Pick<Picture, 'height'>): number {
  return height < 20 ? 2 : hostLines - 1;
}
