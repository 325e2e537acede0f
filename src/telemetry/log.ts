// The log: pino, always to stderr, written synchronously so that the last words of a run are not lost.
import { pino } from 'pino';
import { escapeText } from './escape.js';
import { Repeats } from './repeats.js';

export type LogLevel = 'error' | 'warning' | 'info' | 'debug' | 'trace';

/** Facts beside a message: JSON members, or `name=value` in text. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Logger {
  error(message: string, facts?: Facts): void;
  warning(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  debug(message: string, facts?: Facts): void;
  trace(message: string, facts?: Facts): void;
  log(level: LogLevel, message: string, facts?: Facts): void;
  /** Logs what may happen very often: once in 30 s for each key, with the number of those held back. */
  repeated(key: string, level: LogLevel, message: string, facts?: Facts): void;
  setLevel(level: LogLevel): void;
}

export interface LogOptions {
  level: LogLevel;
  format: 'text' | 'json';
  /** Takes one line, newline included. Must write synchronously. */
  write: (line: string) => void;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Milliseconds that no setting of the clock changes: intervals of repeats. */
  monotonic?: () => number;
  /** Text format: levels in colour. */
  colour?: boolean;
}

const repeatInterval = 30_000;
// pino's own numbers, with our word for 40.
const numbers: Readonly<Record<LogLevel, number>> = { trace: 10, debug: 20, info: 30, warning: 40, error: 50 };
const colours: Readonly<Record<LogLevel, number>> = { trace: 90, debug: 90, info: 32, warning: 33, error: 31 };

function factText(value: unknown): string {
  if (typeof value !== 'string') return escapeText(JSON.stringify(value) ?? String(value));
  const safe = escapeText(value);
  return /[\s"=]/.test(safe) || safe === '' ? JSON.stringify(safe).replaceAll('\\\\', '\\') : safe;
}

/** One readable line of one of pino's JSON lines: `12:00:01.250 warning message name=value`. */
export function textLine(line: string, colour: boolean): string {
  const { level, time, msg, ...facts } = JSON.parse(line) as { level: LogLevel; time: number; msg: string } & Facts;
  const clock = new Date(time).toISOString().slice(11, 23);
  const word = colour ? `\u001b[${colours[level]}m${level}\u001b[0m` : level;
  const rest = Object.entries(facts)
    .map(([name, value]) => ` ${escapeText(name)}=${factText(value)}`)
    .join('');
  return `${clock} ${word} ${escapeText(msg)}${rest}\n`;
}

/** Makes the log of a run. */
export function createLog({
  level,
  format,
  write,
  now = Date.now,
  monotonic = () => performance.now(),
  colour = false,
}: LogOptions): Logger {
  const logger = pino(
    {
      level,
      customLevels: { trace: 10, debug: 20, info: 30, warning: 40, error: 50 },
      useOnlyCustomLevels: true,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":${format === 'json' ? `"${new Date(now()).toISOString()}"` : now()}`,
    },
    { write: format === 'json' ? write : (line: string) => write(textLine(line, colour)) },
  );
  const repeats = new Repeats(repeatInterval);
  const log = (at: LogLevel, message: string, facts: Facts = {}): void => logger[at](facts, message);
  return {
    error: (message, facts) => log('error', message, facts),
    warning: (message, facts) => log('warning', message, facts),
    info: (message, facts) => log('info', message, facts),
    debug: (message, facts) => log('debug', message, facts),
    trace: (message, facts) => log('trace', message, facts),
    log,
    repeated(key, at, message, facts = {}) {
      // What is below the level must not use up the interval of what is not.
      if (numbers[at] < (logger.levels.values[logger.level] ?? 0)) return;
      const held = repeats.pass(key, monotonic());
      if (held !== undefined) log(at, message, held === 0 ? facts : { ...facts, repeats: held });
    },
    setLevel(to) {
      logger.level = to;
    },
  };
}
