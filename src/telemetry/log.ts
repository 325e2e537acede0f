// The log: pino, always to stderr, written synchronously so that the last words of a run are not lost.
import { pino } from 'pino';
import { hideSecrets } from '../secrets.js';
import { boundedText, escapeJson, escapeText } from './escape.js';
import { type Limit, Repeats, type Told } from './repeats.js';

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
  /** Logs what may happen very often: once in 30 s for each key (or `burst` times), with the number of those held back. */
  repeated(key: string, level: LogLevel, message: string, facts?: Facts, burst?: number): void;
  /** Logs what a part or a library tells: a text that repeats itself, and a source that has much to say, are held back. */
  notice(source: string, level: LogLevel, text: string, facts?: Facts): void;
  /** At the end of a run: what was held back is said, with its number. */
  sayHeldBack(): void;
  /** A line that is no message, such as statistics. */
  plain(line: string): void;
  setLevel(level: LogLevel): void;
}

/** journal: a line begins with its priority and has no time, as sd-daemon(3) wants it. */
export type LogFormat = 'text' | 'json' | 'journal';

export interface LogOptions {
  level: LogLevel;
  format: LogFormat;
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
/** Notices that pass at once: the same one, and all of one source and level. */
const sameAtOnce = 5;
const noticesAtOnce = 20;
// pino's own numbers, with our word for 40.
const numbers: Readonly<Record<LogLevel, number>> = { trace: 10, debug: 20, info: 30, warning: 40, error: 50 };
/** Of syslog(3). */
const priorities: Readonly<Record<LogLevel, number>> = { trace: 7, debug: 7, info: 6, warning: 4, error: 3 };
const colours: Readonly<Record<LogLevel, number>> = { trace: 90, debug: 90, info: 32, warning: 33, error: 31 };

function factText(value: unknown): string {
  if (typeof value !== 'string') return escapeText(JSON.stringify(value) ?? String(value));
  const safe = escapeText(value);
  return /[\s"=]/.test(safe) || safe === '' ? JSON.stringify(safe).replaceAll('\\\\', '\\') : safe;
}

/** One readable line of one of pino's JSON lines: `12:00:01.250 warning message name=value`. */
export function textLine(line: string, colour: boolean): string {
  const { level, time, ...said } = JSON.parse(line) as PinoLine;
  const clock = new Date(time).toISOString().slice(11, 23);
  const word = colour ? `\u001b[${colours[level]}m${level}\u001b[0m` : level;
  return `${clock} ${word} ${saidText(said)}\n`;
}

/** The same for the journal: `<4>message name=value`; time and level are the journal's own. */
export function journalLine(line: string): string {
  const { level, time: _, ...said } = JSON.parse(line) as PinoLine;
  return `<${priorities[level]}>${saidText(said)}\n`;
}

/** Lines that are no messages, as they go to the journal. */
export function journalText(text: string, level: LogLevel): string {
  return text.replaceAll(/^(?=.)/gm, `<${priorities[level]}>`);
}

/** A line that is no message, whatever the level: in JSON as a message would look, so that all of the log is JSON. */
function plainLine(line: string, format: LogFormat, now: number): string {
  if (format === 'journal') return `${journalText(line, 'info')}\n`;
  if (format === 'text') return `${line}\n`;
  return escapeJson(`${JSON.stringify({ level: 'info', time: new Date(now).toISOString(), msg: line })}\n`);
}

interface Said {
  at: LogLevel;
  message: string;
  facts: Facts;
}

type PinoLine = { level: LogLevel; time: number; msg: string } & Facts;

function saidText({ msg, ...facts }: { msg: string } & Facts): string {
  const rest = Object.entries(facts).map(([name, value]) => ` ${escapeText(name)}=${factText(value)}`);
  return `${escapeText(msg)}${rest.join('')}`;
}

/** Facts as they may be shown. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return boundedText(hideSecrets(value));
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(one)]));
}

function lineWriter({ format, write, colour = false }: LogOptions): (line: string) => void {
  if (format === 'json') return (line) => write(escapeJson(line));
  return format === 'journal' ? (line) => write(journalLine(line)) : (line) => write(textLine(line, colour));
}

/** Makes the log of a run. */
export function createLog(options: LogOptions): Logger {
  const { level, format, write, now = Date.now, monotonic = () => performance.now() } = options;
  const logger = pino(
    {
      level,
      customLevels: { trace: 10, debug: 20, info: 30, warning: 40, error: 50 },
      useOnlyCustomLevels: true,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":${format === 'json' ? `"${new Date(now()).toISOString()}"` : now()}`,
    },
    { write: lineWriter(options) },
  );
  const repeats = new Repeats<Said>(repeatInterval);
  const log = (at: LogLevel, message: string, facts: Facts = {}): void =>
    logger[at](shown(facts) as Facts, boundedText(hideSecrets(message)));
  // Who asks for details gets all of them.
  const holdsBack = (): boolean => (logger.levels.values[logger.level] ?? 0) > numbers.debug;
  const say = ({ what: { at, message, facts }, repeats: more }: Told<Said>): void =>
    log(at, message, more === 0 ? facts : { ...facts, repeats: more });
  /** Says it when all of these limits let it through. */
  const limited = (limits: readonly Limit[], what: Said): void => {
    // What is below the level must not use up the interval of what is not.
    if (numbers[what.at] < (logger.levels.values[logger.level] ?? 0)) return;
    for (const one of repeats.pass(holdsBack() ? limits : [], monotonic(), what)) say(one);
  };
  return {
    error: (message, facts) => log('error', message, facts),
    warning: (message, facts) => log('warning', message, facts),
    info: (message, facts) => log('info', message, facts),
    debug: (message, facts) => log('debug', message, facts),
    trace: (message, facts) => log('trace', message, facts),
    log,
    repeated: (key, at, message, facts = {}, burst = 1) => limited([{ key, burst }], { at, message, facts }),
    notice: (source, at, message, facts = {}) =>
      limited(
        [
          { key: `${source} ${at} ${message}`, burst: sameAtOnce },
          { key: `${source} ${at}`, burst: noticesAtOnce },
        ],
        { at, message, facts },
      ),
    sayHeldBack() {
      for (const one of repeats.takeHeld()) say(one);
    },
    plain: (line) => write(plainLine(line, format, now())),
    setLevel(to) {
      logger.level = to;
    },
  };
}
