// Formats of option values: how each is read from text or a YAML scalar, and written back.
import { availableParallelism } from 'node:os';
import { didYouMean } from './nearest.js';

export type Scalar = string | number | boolean;

/** A value that is not of its format; `message` completes "NAME: ". Its place is added by who knows it. */
export class FormatError extends Error {}

export interface Format<T> {
  /** Word for the value in help; '' for on/off options. */
  readonly placeholder: string;
  /** Completes "expected ...". */
  readonly expects: string;
  /** Words that a value may be, or may be made of: for completion. */
  readonly words?: readonly string[];
  /** Set for options that may be repeated: the format of one item; T is then an array. */
  readonly item?: Format<unknown>;
  /** Throws FormatError. */
  parse(value: unknown): T;
  /** What parse() reads back to an equal value. */
  print(value: T): Scalar | Scalar[];
  /** For values that hold secrets: what print() gave as it may be shown. */
  masked?(printed: Scalar): Scalar;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
}

function refuse(expects: string, value: unknown): never {
  throw new FormatError(`expected ${expects}, found ${shown(value)}`);
}

export function boolean(): Format<boolean> {
  const words: Record<string, boolean> = {
    true: true,
    on: true,
    yes: true,
    1: true,
    false: false,
    off: false,
    no: false,
    0: false,
  };
  const expects = 'on or off';
  return {
    placeholder: '',
    expects,
    words: ['on', 'off'],
    parse: (value) => words[String(value).toLowerCase()] ?? refuse(expects, value),
    print: (value) => value,
  };
}

/** Text; `required` refuses an empty one. */
export function text(placeholder: string, expects: string, { required = false } = {}): Format<string> {
  return {
    placeholder,
    expects,
    parse(value) {
      // YAML reads 1000 as a number; a user id, say, is text to us.
      if (typeof value !== 'string' && typeof value !== 'number') refuse(expects, value);
      const found = String(value);
      if ((required && found.trim() === '') || found.includes('\0')) refuse(expects, value);
      return found;
    },
    print: (value) => value,
  };
}

export function choice<T extends string>(...words: T[]): Format<T> {
  const expects = words.length > 2 ? `one of ${words.join(', ')}` : words.join(' or ');
  return {
    placeholder: words.join('|'),
    expects,
    words,
    parse(value) {
      // YAML 1.1 habits: off and on may arrive as booleans.
      const found = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value).toLowerCase();
      const word = words.find((known) => known === found);
      if (word !== undefined) return word;
      throw new FormatError(`expected ${expects}, found ${shown(value)}${didYouMean(found, words)}`);
    },
    print: (value) => value,
  };
}

export interface IntegerBounds {
  min?: number;
  max?: number;
  placeholder?: string;
  /** What 0 stands for, when that is not 0. */
  zero?: number;
}

function wholeNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN;
}

export function integer(bounds: IntegerBounds = {}): Format<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, placeholder = 'N', zero = 0 } = bounds;
  const open = max === Number.MAX_SAFE_INTEGER;
  const expects = open ? `a whole number from ${min} on` : `a whole number from ${min} to ${max}`;
  return {
    placeholder,
    expects,
    parse(value) {
      const found = wholeNumber(value);
      if (!Number.isSafeInteger(found) || found < min || found > max) refuse(expects, value);
      return found === 0 ? zero : found;
    },
    print: (value) => value,
  };
}

/** A whole number, or `auto`: the CPUs this process may use. */
export function cpuCount(max: number): Format<number> {
  return {
    ...integerOrAuto({ min: 1, max }, () => Math.min(availableParallelism(), max)),
    print: (value) => value,
  };
}

/** A whole number, or `auto`, whose value is what auto() gives. */
export function integerOrAuto(bounds: IntegerBounds, auto: () => number): Format<number> {
  const number = integer(bounds);
  const expects = `${number.expects}, or auto`;
  return {
    placeholder: `${number.placeholder}|auto`,
    expects,
    words: ['auto'],
    parse(value) {
      if (value === 'auto') return auto();
      try {
        return number.parse(value);
      } catch {
        return refuse(expects, value);
      }
    },
    print: (value) => (value === auto() ? 'auto' : value),
  };
}

const milliseconds: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds as the shortest exact text: 500ms, 60s, 10m, 2h. */
export function printDuration(value: number): string {
  if (value === 0) return '0';
  for (const unit of ['d', 'h', 'm'] as const) {
    const size = milliseconds[unit] as number;
    if (value % size === 0 && value >= 2 * size) return `${value / size}${unit}`;
  }
  return value % 1000 === 0 ? `${value / 1000}s` : `${value}ms`;
}

/** Durations: a number is seconds; the value is milliseconds. `zero` says what 0 means where it is allowed. */
export function duration(bounds: { min?: number; max?: number; zero?: string } = {}): Format<number> {
  const { min = 1, max = 86_400_000 * 365, zero } = bounds;
  const allowed = `from ${printDuration(min)} to ${printDuration(max)}${zero ? `, or 0 (${zero})` : ''}`;
  return {
    placeholder: 'TIME',
    expects: `a duration such as 60, 60s, 5m or 500ms ${allowed}`,
    parse(value) {
      const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(String(value).trim());
      if (!parts || (typeof value !== 'string' && typeof value !== 'number')) {
        return refuse('a duration such as 60, 60s, 5m or 500ms', value);
      }
      const found = Math.round(Number(parts[1]) * (milliseconds[parts[2] ?? 's'] as number));
      if (found === 0 && zero) return 0;
      return found >= min && found <= max ? found : refuse(`a duration ${allowed}`, value);
    },
    print: printDuration,
  };
}

const sizeUnits = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;

/** Bytes as the shortest exact text: 512, 64K, 100M. */
export function printSize(value: number): string {
  for (const unit of ['T', 'G', 'M', 'K'] as const) {
    if (value > 0 && value % sizeUnits[unit] === 0) return `${value / sizeUnits[unit]}${unit}`;
  }
  return String(value);
}

/** Sizes in bytes; K, M, G, T are powers of 1024. */
export function size(bounds: { min?: number; max?: number; zero?: string } = {}): Format<number> {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, zero } = bounds;
  const limits =
    max === Number.MAX_SAFE_INTEGER ? `of at least ${printSize(min)}` : `from ${printSize(min)} to ${printSize(max)}`;
  const allowed = `${limits}${zero ? `, or 0 (${zero})` : ''}`;
  return {
    placeholder: 'SIZE',
    expects: `a size in bytes such as 65536, 64K, 100M or 2G ${allowed}`,
    parse(value) {
      const parts = /^(\d+(?:\.\d+)?)(?:([KMGT])(?:iB|B)?)?$/i.exec(String(value).trim());
      if (!parts || (typeof value !== 'string' && typeof value !== 'number')) {
        return refuse('a size in bytes such as 65536, 64K, 100M or 2G', value);
      }
      const unit = parts[2]?.toUpperCase() as keyof typeof sizeUnits | undefined;
      const found = Number(parts[1]) * (unit ? sizeUnits[unit] : 1);
      if (found === 0 && zero) return 0;
      return Number.isSafeInteger(found) && found >= min && found <= max ? found : refuse(`a size ${allowed}`, value);
    },
    print: printSize,
  };
}

/** Some of these words, separated by commas or white space; in the order of `words`, each once. `all` is all of them. */
export function words<T extends string>(known: readonly T[], what: string): Format<T[]> {
  const expects = `all, off, or some of ${known.join(', ')}, separated by commas`;
  const wordOf = (found: string): T => {
    const word = known.find((one) => one === found);
    if (word !== undefined) return word;
    throw new FormatError(
      `expected ${what} of ${known.join(', ')}, or all, found '${found}'${didYouMean(found, known)}`,
    );
  };
  return {
    placeholder: 'LIST|all|off',
    expects,
    words: [...known, 'all', 'off'],
    parse(value) {
      if (value === false) return []; // YAML 1.1 habit: off
      if (typeof value !== 'string') return refuse(expects, value);
      const found = value
        .split(/[\s,]+/)
        .filter((word) => word !== '')
        .map((word) => word.toLowerCase());
      if (found.length === 1 && found[0] === 'all') return [...known];
      if (found.length === 0 || (found.length === 1 && found[0] === 'off')) return [];
      const chosen = found.map(wordOf);
      return known.filter((word) => chosen.includes(word));
    },
    print: (value) => (value.length === known.length ? 'all' : value.length === 0 ? 'off' : value.join(',')),
  };
}

/** Values of an option that may be repeated. */
export function list<I>(item: Format<I>): Format<I[]> {
  return {
    placeholder: item.placeholder,
    expects: item.expects,
    item: item as Format<unknown>,
    parse: (value) => (Array.isArray(value) ? value : [value]).map((one) => item.parse(one)),
    print: (value) => value.map((one) => item.print(one) as Scalar),
  };
}
