// What the screen shows, and what each key makes of it. Pure.
import { columnNames, columns, type ColumnName } from './columns.js';
import { dimensions, type DimensionName } from './dimensions.js';
import { type Filter, parseFilter } from './filter.js';
import type { Units } from './numbers.js';
import { questions } from './questions.js';
import type { TalkerName } from './watch.js';

export interface State {
  by: DimensionName;
  sort: ColumnName;
  reverse: boolean;
  /** Of the window; Infinity for files. */
  seconds: number;
  units: Units;
  filter: Filter | undefined;
  /** What is being typed behind `/`. */
  typing: string | undefined;
  /** What is wrong with it. */
  problem: string;
  /** The picture stands still. */
  frozen: boolean;
  /** Key of the row that the cursor is on; undefined is the first one. */
  cursor: string | undefined;
  /** The talker that is looked into, and the view to go back to. */
  inside: TalkerName | undefined;
  back: Pick<State, 'by' | 'sort' | 'reverse' | 'cursor'> | undefined;
  help: boolean;
  quit: boolean;
}

export const windows = [2, 5, 10, 30, 60] as const;

export function firstState(start: Partial<State> = {}): State {
  return {
    by: 'process',
    sort: 'octets',
    reverse: false,
    seconds: 5,
    units: 'bits',
    filter: undefined,
    typing: undefined,
    problem: '',
    frozen: false,
    cursor: undefined,
    inside: undefined,
    back: undefined,
    help: false,
    quit: false,
    ...start,
  };
}

/** Names of keys: one character, or what stands here. */
export type Key =
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'left'
  | 'right'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'interrupt'
  | (string & {});

/** What a key may depend on: the rows as they are shown, and how many of them fit. */
export interface Shown {
  keys: readonly string[];
  page: number;
}

/** THE table of keys that are no question, dimension or column; the help is made from it. */
export const commandKeys: readonly { keys: string; doc: string }[] = [
  { keys: 'Up Down PgUp PgDn', doc: 'move the cursor' },
  { keys: 'Enter', doc: 'look into the talker at the cursor: its remote hosts and flows' },
  { keys: 'Esc', doc: 'back; takes the filter away' },
  { keys: 'Left Right < > r', doc: 'sort by the column before, by the one behind; reverse the order' },
  { keys: '/', doc: 'filter: words, or field=value, such as port=443 user=www-* address=10.0.0.1' },
  { keys: 'Space', doc: 'freeze the picture; flows are counted on' },
  { keys: '+ - b', doc: 'longer or shorter window; bits or octets a second' },
  { keys: '? q Ctrl-C', doc: 'this help; quit' },
];

export function press(state: State, key: Key, shown: Shown): State {
  if (key === 'interrupt') return { ...state, quit: true };
  if (state.typing !== undefined) return type(state, state.typing, key);
  if (state.help) return { ...state, help: false, quit: key === 'q' };
  return command(state, key, shown) ?? view(state, key) ?? state;
}

function type(state: State, typing: string, key: Key): State {
  switch (key) {
    case 'escape':
      return { ...state, typing: undefined, problem: '' };
    case 'backspace':
      return { ...state, typing: [...typing].slice(0, -1).join(''), problem: '' };
    case 'enter': {
      if (typing.trim() === '')
        return { ...state, typing: undefined, filter: undefined, problem: '', cursor: undefined };
      const filter = parseFilter(typing.trim());
      if ('problem' in filter) return { ...state, problem: filter.problem };
      return { ...state, typing: undefined, filter, problem: '', cursor: undefined };
    }
    default:
      return isNamed(key) ? state : { ...state, typing: (typing + key).slice(0, 200), problem: '' };
  }
}

const named = new Set<Key>(['up', 'down', 'pageUp', 'pageDown', 'home', 'end', 'left', 'right', 'tab', '']);
const isNamed = (key: Key): boolean => named.has(key);

function command(state: State, key: Key, shown: Shown): State | undefined {
  switch (key) {
    case 'q':
      return { ...state, quit: true };
    case '?':
      return { ...state, help: true };
    case ' ':
      return { ...state, frozen: !state.frozen };
    case 'r':
      return { ...state, reverse: !state.reverse };
    case 'b':
      return { ...state, units: state.units === 'bits' ? 'octets' : 'bits' };
    case '/':
      return { ...state, typing: state.filter?.text ?? '' };
    case '+':
    case '=':
      return { ...state, seconds: windows.find((one) => one > state.seconds) ?? state.seconds };
    case '-':
      return { ...state, seconds: Number.isFinite(state.seconds) ? shorter(state.seconds) : state.seconds };
    case 'left':
    case '<':
      return { ...state, sort: neighbour(state.sort, -1) };
    case 'right':
    case '>':
      return { ...state, sort: neighbour(state.sort, 1) };
    case 'enter':
      return enter(state, shown);
    case 'escape':
      return leave(state);
    default:
      return move(state, key, shown);
  }
}

const shorter = (seconds: number): number => [...windows].reverse().find((one) => one < seconds) ?? seconds;

function neighbour(sort: ColumnName, step: number): ColumnName {
  const { length } = columnNames;
  return columnNames[(columnNames.indexOf(sort) + step + length) % length] as ColumnName;
}

function enter(state: State, { keys }: Shown): State {
  const key = state.cursor !== undefined && keys.includes(state.cursor) ? state.cursor : keys[0];
  if (state.inside !== undefined || key === undefined) return state;
  const { by, sort, reverse, cursor } = state;
  return { ...state, inside: { by, key }, back: { by, sort, reverse, cursor }, by: 'flow', cursor: undefined };
}

function leave(state: State): State {
  if (state.inside !== undefined) return { ...state, ...state.back, inside: undefined, back: undefined };
  return { ...state, filter: undefined, cursor: undefined };
}

function move(state: State, key: Key, { keys, page }: Shown): State | undefined {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    down: 1,
    pageUp: -page,
    pageDown: page,
    home: -Infinity,
    end: Infinity,
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  const at = state.cursor === undefined ? 0 : Math.max(0, keys.indexOf(state.cursor));
  const to = Math.max(0, Math.min(keys.length - 1, at + step));
  return { ...state, cursor: to === 0 ? undefined : keys[to] };
}

/** Questions, dimensions and columns. */
function view(state: State, key: Key): State | undefined {
  const question = questions.find((one) => one.key === key);
  const outside = { inside: undefined, back: undefined, cursor: undefined };
  if (question !== undefined) return { ...state, ...outside, by: question.by, sort: question.sort, reverse: false };
  const dimension = dimensions.find((one) => one.key === key);
  if (dimension !== undefined) return { ...state, cursor: undefined, by: dimension.name };
  const column = columns.find((one) => one.key === key);
  return column === undefined ? undefined : { ...state, sort: column.name };
}
