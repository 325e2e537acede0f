// What goes to stderr: the log of a run, and the errors that end it, in the form that was asked for or that the journal wants.
import type { ParsedArguments } from '../config/argv.js';
import type { Environment } from '../config/load.js';
import { environmentName, type Options } from '../config/options.js';
import { type ToldError, errorsIn, exitStatus } from '../errors.js';
import { hideSecrets } from '../secrets.js';
import { escapeText } from '../telemetry/escape.js';
import { createLog, journalText, type LogFormat, type Logger } from '../telemetry/log.js';

export interface ReporterIo {
  stderr: NodeJS.WriteStream;
  /** stderr is a stream of the systemd journal. */
  toJournal?: boolean;
}

type FormatOption = Options['logFormat'];

/** The format that auto stands for. */
export function logFormatOf(asked: FormatOption, { toJournal = false }: Pick<ReporterIo, 'toJournal'>): LogFormat {
  return asked === 'auto' ? (toJournal ? 'journal' : 'text') : asked;
}

/** True when $JOURNAL_STREAM, DEVICE:INODE, is this file: then the journal reads it (systemd.exec(5)). */
export function isJournal(stream: string | undefined, file: { dev: number; ino: number }): boolean {
  return stream === `${file.dev}:${file.ino}`;
}

export class Reporter {
  readonly #io: ReporterIo;
  #format: LogFormat;
  #log: Logger | undefined;

  constructor(io: ReporterIo) {
    this.#io = io;
    this.#format = logFormatOf('auto', io);
  }

  /** Before the options are judged: in which form mistakes are told. The configuration file is not read for it. */
  expect({ assignments }: ParsedArguments, env: Environment): void {
    const given = assignments.filter(({ name }) => name === 'logFormat').at(-1)?.value;
    const asked = String(given ?? env[environmentName('logFormat')]);
    if (asked === 'json' || asked === 'journal' || asked === 'text') this.#format = asked;
  }

  log({ logLevel, logFormat }: Pick<Options, 'logLevel' | 'logFormat'>): Logger {
    const { stderr } = this.#io;
    this.#format = logFormatOf(logFormat, this.#io);
    this.#log = createLog({
      level: logLevel,
      format: this.#format,
      write: (line) => stderr.write(line),
      colour: stderr.isTTY === true,
    });
    return this.#log;
  }

  /** At the end of a run: what its log held back. */
  sayHeldBack(): void {
    this.#log?.sayHeldBack();
  }

  /** Tells what was thrown; the exit status. */
  fail(error: unknown): 1 | 2 {
    const errors = errorsIn(error);
    if (this.#format === 'json') this.#tellJson(errors);
    else this.#tellLines(errors);
    return exitStatus(errors);
  }

  #tellJson(errors: readonly ToldError[]): void {
    const log = this.log({ logLevel: 'error', logFormat: 'json' });
    for (const { code, text, remedy } of errors) log.error(text, { code, remedy });
  }

  #tellLines(errors: readonly ToldError[]): void {
    // Only the place of a fault has lines of its own.
    const told = errors.flatMap(({ code, text }) => {
      const line = `weir: ${code}: ${text}`;
      return code === 'WEIR_INTERNAL' ? line.split('\n') : [line];
    });
    const remedies = new Set(errors.map(({ remedy }) => `  ${remedy}`));
    const text = [...told, ...remedies].map((line) => `${escapeText(hideSecrets(line))}\n`).join('');
    this.#io.stderr.write(this.#format === 'journal' ? journalText(text, 'error') : text);
  }
}
