// The command line: flags of the option table, nProbe's letters, and a subcommand with its operands.
import { WeirError } from '../errors.js';
import type { Assignment } from './assignment.js';
import { nearest } from './nearest.js';
import {
  type NprobeOption,
  notYet,
  nprobeOptions,
  paceTranslation,
  type Translation,
  UntranslatableError,
} from './nprobe.js';
import { isFlag, longFlag, optionNames, optionOf, type OptionName } from './options.js';
import { maskedProperty, maskedSink } from './sink_secrets.js';

export interface CommandText {
  operands: string;
  /** One line of the help. */
  doc: string;
  /** The rest of `weir help COMMAND`. */
  more?: string;
  /** False: it looks at no option of a run. */
  options?: false;
}

/** THE list of subcommands, as help prints them. */
export const commands = {
  fields: { operands: '[PATTERN]', doc: 'list the fields a template may name', options: false },
  templates: { operands: '[NAME]', doc: 'list the named templates, or the fields of one', options: false },
  applications: {
    operands: '[PATTERN]',
    doc: 'list the applications that nDPI knows, with category and breed: what --dpi-filter may name',
  },
  doctor: { operands: '', doc: 'what this host allows, and how to turn on what is off' },
  collect: {
    operands: '[URL]...',
    doc: 'receive IPFIX and NetFlow at udp://:4739 or tcp://:4739, or read files (-r FILE), and print NDJSON',
    more: 'Files are IPFIX files (RFC 5655), plain or gzip, such as the .ipfix segments of a spool.',
  },
  spool: {
    operands: '[FOLDER]',
    doc: 'list the flows that wait on disk, and check them',
    more:
      'FOLDER is the spool of one sink, or a folder of such; --spool (or WEIR_SPOOL) unless given. One line a segment: format, ' +
      'flow records, octets, age, and whether all checksums are right. Changes nothing, and may be used while a probe writes ' +
      'there. Ends with 1 when something is damaged, torn or set aside (.broken). What is in a segment is printed by ' +
      '`weir collect -r SEGMENT.ipfix`; .ndjson segments are plain lines.',
  },
  top: {
    operands: '[URL]...',
    doc: 'who uses the network, live in the terminal; --once --json for scripts',
    more:
      'Without URL it runs a probe of its own: options of a run such as -i, -f, -r and --dpi are its options, timeouts are 1 and 2 ' +
      's unless given. With udp://HOST:PORT, tcp://HOST:PORT or file://PATH it watches flows that a running probe sends there as ' +
      'IPFIX or NetFlow (template=top has all it shows); - is NDJSON from stdin. Keys are told by ?. Dimensions: process, pid, ' +
      'user, container, pod, application, host, port, client, interface, protocol, flow. Columns: in, out, octets, packets, ' +
      'connections, failed, retransmits, rtt, flows, total.',
  },
  config: { operands: '', doc: 'print the effective configuration as YAML' },
  completion: {
    operands: 'bash|zsh|fish',
    doc: 'print what completes the command line in that shell',
    more:
      'The Debian package has installed it already. Else `source <(weir completion bash)` in ~/.bashrc; for zsh ' +
      '`weir completion zsh` into a file _weir in a folder of $fpath; for fish into ~/.config/fish/completions/weir.fish.',
    options: false,
  },
  version: { operands: '', doc: 'print the version', options: false },
  help: { operands: '[OPTION]', doc: 'print this help, or all about one option or command', options: false },
} as const satisfies Record<string, CommandText>;

export type Command = keyof typeof commands;
const commandNames = Object.keys(commands) as Command[];
const operandLimit: Record<Command, number> = {
  fields: 1,
  templates: 1,
  applications: 1,
  doctor: 0,
  collect: 64,
  spool: 1,
  top: 64,
  config: 0,
  completion: 1,
  version: 0,
  help: 1,
};

/** A flag that is no option of a run. */
export interface CommandFlag {
  /** As written, the one that help prints first. */
  flags: readonly string[];
  /** Word for its value; '' for those without. */
  placeholder: string;
  /** What the value may be, for completion. */
  words?: readonly string[];
  doc: string;
  /** Commands it goes with; none: weir itself. */
  of: readonly Command[];
}

/** THE table of flags that are no options of a run; help, man page and completion are made from it. */
export const commandFlags = {
  help: { flags: ['--help', '-h', '-H'], placeholder: '', doc: 'print the help', of: [] },
  version: { flags: ['--version', '-v'], placeholder: '', doc: 'print the version', of: [] },
  json: {
    flags: ['--json'],
    placeholder: '',
    doc: 'print JSON',
    of: ['applications', 'doctor', 'fields', 'templates', 'top'],
  },
  by: {
    flags: ['--by'],
    placeholder: 'DIMENSION',
    words: [
      'process',
      'pid',
      'user',
      'container',
      'pod',
      'application',
      'host',
      'port',
      'client',
      'interface',
      'protocol',
      'flow',
    ],
    doc: 'put flows together by this [process]',
    of: ['top'],
  },
  sort: {
    flags: ['--sort'],
    placeholder: 'COLUMN',
    words: ['in', 'out', 'octets', 'packets', 'connections', 'failed', 'retransmits', 'rtt', 'flows', 'total'],
    doc: 'largest first by this column [octets]',
    of: ['top'],
  },
  limit: {
    flags: ['--limit'],
    placeholder: 'ROWS',
    doc: 'rows at most, the others as one; 0 is all [20]',
    of: ['top'],
  },
  once: { flags: ['--once'], placeholder: '', doc: 'print one table and end, without a screen', of: ['top'] },
  for: {
    flags: ['--for'],
    placeholder: 'TIME',
    doc: 'watch live flows for this time and end, without a screen [3s]; files are read to their end',
    of: ['top'],
  },
  every: { flags: ['--every'], placeholder: 'TIME', doc: 'print a table this often, without a screen', of: ['top'] },
} as const satisfies Record<string, CommandFlag>;

type CommandFlagName = keyof typeof commandFlags;

/** Flags as given: true, or the text of the value. */
export type CommandFlags = {
  [Name in CommandFlagName]: (typeof commandFlags)[Name]['placeholder'] extends '' ? boolean : string | undefined;
};

export const commandFlagNames = Object.keys(commandFlags) as CommandFlagName[];

/** The row of a flag, for code that handles all of them alike. */
export function commandFlagOf(name: CommandFlagName): CommandFlag {
  return commandFlags[name];
}

export interface ParsedArguments {
  /** Undefined: run the probe. */
  command: Command | undefined;
  operands: string[];
  flags: CommandFlags;
  assignments: Assignment[];
  errors: WeirError[];
}

type Target =
  | { kind: 'option'; name: OptionName }
  | { kind: 'command'; flag: CommandFlagName }
  | { kind: 'nprobe'; option: NprobeOption };

function allTargets(): Map<string, Target> {
  const targets = new Map<string, Target>();
  // Ours overwrite nProbe's: -c and -r mean what weir says.
  for (const option of nprobeOptions) for (const name of option.names) targets.set(name, { kind: 'nprobe', option });
  for (const name of optionNames) {
    const { letters = '', nprobe = [] } = optionOf(name);
    const own = [`--${longFlag(name)}`, ...[...letters].map((letter) => `-${letter}`), ...nprobe];
    for (const flag of own) {
      // -i takes nProbe's capture files too, so its values go through nProbe's translation.
      if (name !== 'observationPoints') targets.set(flag, { kind: 'option', name });
    }
  }
  for (const name of commandFlagNames)
    for (const flag of commandFlagOf(name).flags) targets.set(flag, { kind: 'command', flag: name });
  return targets;
}

const targets = allTargets();
const longFlags = [...targets]
  .filter(([flag, target]) => flag.startsWith('--') && target.kind !== 'nprobe')
  .map(([flag]) => flag);

function takesValue(target: Target): boolean {
  if (target.kind === 'option') return !isFlag(target.name);
  if (target.kind === 'command') return commandFlagOf(target.flag).placeholder !== '';
  return target.option.takesValue;
}

function missing({ note }: NprobeOption): string {
  return note === notYet ? note : `not in weir: ${note}`;
}

const noFlags = Object.fromEntries(
  commandFlagNames.map((name) => [name, commandFlagOf(name).placeholder === '' ? false : undefined]),
) as CommandFlags;

class Parser {
  readonly #argv: readonly string[];
  #next = 0;
  #pace: { pause?: string; messages?: string; flag: string } = { flag: '-e' };
  readonly #operands: string[] = [];
  readonly #flags: CommandFlags = { ...noFlags };
  readonly #assignments: Assignment[] = [];
  readonly #errors: WeirError[] = [];

  constructor(argv: readonly string[]) {
    this.#argv = argv;
  }

  parse(): ParsedArguments {
    while (this.#next < this.#argv.length) {
      const argument = this.#argv[this.#next++] as string;
      // All that follows help names what to help with: `weir help -t`.
      if (this.#operands[0] === 'help') {
        this.#operands.push(argument);
      } else if (argument === '--') {
        this.#operands.push(...this.#argv.slice(this.#next));
        break;
      } else if (argument.startsWith('--')) this.#long(argument);
      else if (argument.startsWith('-') && argument !== '-') this.#cluster(argument);
      else this.#operands.push(argument);
    }
    this.#translate(this.#pace.flag, () => paceTranslation(this.#pace.pause, this.#pace.messages));
    const command = this.#command();
    this.#checkFlags(command);
    return {
      command,
      operands: this.#operands,
      flags: this.#flags,
      assignments: this.#assignments,
      errors: this.#errors,
    };
  }

  #fail(message: string): void {
    this.#errors.push(new WeirError('WEIR_OPTION', message));
  }

  #long(argument: string): void {
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const inline = equals < 0 ? undefined : argument.slice(equals + 1);
    const target = targets.get(flag);
    const positive = flag.startsWith('--no-') ? targets.get(`--${flag.slice(5)}`) : undefined;
    if (target) this.#apply(flag, target, inline);
    else if (positive?.kind !== 'option' || !isFlag(positive.name)) this.#unknown(flag, inline);
    else if (inline !== undefined) this.#fail(`${flag}: takes no value, found '${inline}'`);
    else this.#assign(positive.name, false, flag);
  }

  #cluster(argument: string): void {
    for (let index = 1; index < argument.length; index++) {
      const flag = `-${argument[index]}`;
      const target = targets.get(flag);
      const rest = argument.slice(index + 1);
      if (target && !takesValue(target) && !rest.startsWith('=')) {
        this.#apply(flag, target, undefined);
        continue;
      }
      // What follows an unknown letter may be its value: guess no further.
      if (target) this.#apply(flag, target, rest === '' ? undefined : rest.replace(/^=/, ''));
      else this.#unknown(flag);
      break;
    }
  }

  #apply(flag: string, target: Target, inline: string | undefined): void {
    const value = takesValue(target) ? (inline ?? this.#following()) : inline;
    if (takesValue(target) && value === undefined) {
      const expects = target.kind === 'option' ? `; expected ${optionOf(target.name).kind.expects}` : '';
      this.#fail(`${flag}: no value given${expects}`);
    } else if (target.kind === 'option') {
      this.#assign(target.name, value ?? true, flag);
    } else if (target.kind === 'nprobe') {
      this.#nprobe(flag, target.option, value ?? '');
    } else if (!takesValue(target) && inline !== undefined) {
      this.#fail(`${flag}: takes no value, found '${inline}'`);
    } else {
      Object.assign(this.#flags, { [target.flag]: value ?? true });
    }
  }

  /** The next argument if it can be a value: `-` is one, `-x` is not. */
  #following(): string | undefined {
    const next = this.#argv[this.#next];
    if (next === undefined || (next.startsWith('-') && next !== '-' && !next.startsWith('-?'))) return undefined; // -?format=json is a sink
    this.#next++;
    return next;
  }

  #assign(name: OptionName, value: unknown, place: string): void {
    this.#assignments.push({ name, value, place, code: 'WEIR_OPTION' });
  }

  #nprobe(flag: string, option: NprobeOption, value: string): void {
    const { translate, pace } = option;
    if (pace) this.#pace = { ...this.#pace, [pace]: value, flag };
    else if (translate) this.#translate(flag, () => translate(value));
    else this.#fail(`${flag} (nProbe: ${option.meaning}) is ${missing(option)}`);
  }

  #translate(flag: string, translate: () => Translation[]): void {
    try {
      for (const { name, value } of translate()) this.#assign(name, value, flag);
    } catch (error) {
      if (!(error instanceof UntranslatableError)) throw error;
      this.#fail(`${flag}: ${error.message}`);
    }
  }

  #unknown(flag: string, inline?: string): void {
    const near = flag.startsWith('--') ? nearest(flag, longFlags) : undefined;
    this.#fail(`unknown option ${flag}${near === undefined ? '' : `, did you mean ${near}?`}`);
    // What is meant takes a value: it must not be taken for a command.
    const meant = near === undefined ? undefined : targets.get(near);
    if (meant && takesValue(meant) && inline === undefined) this.#following();
  }

  /** A flag that does nothing here is a mistake. */
  #checkFlags(command: Command | undefined): void {
    for (const name of commandFlagNames.filter((one) => this.#flags[one] !== noFlags[one])) {
      const { flags, of } = commandFlagOf(name);
      if (of.length === 0 || (command !== undefined && of.includes(command))) continue;
      const hint = command === undefined && name === 'json' ? '; for flows use --to -?format=json' : '';
      this.#fail(`${flags[0]}: goes with weir ${of.join(', ')}${hint}`);
    }
  }

  #command(): Command | undefined {
    const [first] = this.#operands;
    if (first === undefined) return undefined;
    const command = commandNames.find((name) => name === first);
    if (command) {
      this.#operands.shift();
      const extra = this.#operands[operandLimit[command]];
      if (extra !== undefined)
        this.#fail(`weir ${command}: unexpected argument '${maskedProperty(maskedSink(extra))}'`);
      return command;
    }
    const near = nearest(first, commandNames);
    const shown = maskedProperty(maskedSink(first));
    if (near !== undefined) this.#fail(`unexpected argument '${shown}', did you mean weir ${near}?`);
    else if (/\.pcap(ng)?(\.gz)?$/i.test(first))
      this.#fail(`unexpected argument '${shown}'; every capture file needs its own -r`);
    else if (first === this.#argv[0] && /^[a-z]+$/.test(first))
      this.#fail(`no command '${shown}': weir alone meters flows, the commands are ${commandNames.join(', ')}`);
    else this.#fail(`unexpected argument '${shown}'`);
    return undefined;
  }
}

/** Reads the command line (without node and the script). Mistakes are collected, never thrown. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  return new Parser(argv).parse();
}
