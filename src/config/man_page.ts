// config/weir.1: the manual page, from the tables of options, commands, sinks and errors. man(7) macros, for groff and mandoc.
import { errorKinds } from '../errors.js';
import { commandFlagNames, commandFlagOf, commands, type CommandText } from './argv.js';
import { defaultText, examples, wrap } from './help.js';
import { environmentName, groups, isFlag, longFlag, optionNames, optionOf, type OptionName } from './options.js';
import { sinkParameters } from './sink_parameters.js';
import { sinkForms } from './sink_url.js';

/** What the page takes from outside of this room. */
export interface ManPageFacts {
  version: string;
  templates: readonly { name: string; comment: string }[];
}

/** Day of each release: a page made again is the same page. */
const releaseDays: Readonly<Record<string, string>> = { '0.1.0': '2026-11-21' };

const sourceWidth = 78;
/** Stands for a space at which a line is not broken. */
const unbroken = '\u00a0';
const glyphs: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-', // what is copied from the page must be ASCII
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Text as roff takes it, anywhere but at the beginning of a line. */
export function roffText(text: string): string {
  return text
    .replaceAll(/[\\\-'`^~]/g, (character) => glyphs[character] as string)
    .replaceAll(
      /[^\n\x20-\x7e]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** A line that begins with a dot is a request: \& in front makes it text. */
const asText = (line: string): string => (line.startsWith('.') ? `\\&${line}` : line);

/** Prose in lines; what stands in `backticks` is bold. */
function paragraph(text: string): string[] {
  const spans = text.split('`');
  const marked = spans.map((span, index) => (index % 2 === 1 ? bold(span).replaceAll(' ', unbroken) : roffText(span)));
  return wrap(marked.join(''), sourceWidth).map((line) => asText(line.replaceAll(unbroken, ' ')));
}

const bold = (text: string): string => `\\fB${roffText(text)}\\fR`;

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;

/** Capital words are what the user puts there. */
function form(text: string): string {
  return text
    .split(/([A-Z][A-Z-]*(?![A-Za-z-]))/)
    .map((part, index) => (index % 2 === 1 ? `\\fI${roffText(part)}\\fR` : part === '' ? '' : bold(part)))
    .join('');
}

/** A tagged paragraph: what it is about, and text. */
function entry(tag: string, ...texts: string[]): string[] {
  return ['.TP', asText(tag), ...texts.filter((text) => text !== '').flatMap(paragraph)];
}

function section(name: string, ...lines: readonly string[]): string[] {
  return [`.SH ${name}`, ...lines];
}

/** `-t TIME, --active-timeout TIME`; on/off options show how to turn off what is on. */
function optionTag(name: OptionName): string {
  const { letters = '', kind, default: value } = optionOf(name);
  const flag = `--${isFlag(name) && value === true ? '[no-]' : ''}${longFlag(name)}`;
  const names = [...[...letters].map((letter) => `-${letter}`), flag].map(bold).join(', ');
  return isFlag(name) ? names : `${names} ${valueTag(kind.placeholder)}`;
}

/** `FILE` in italics, `on|off` as words. */
function valueTag(placeholder: string): string {
  return placeholder
    .split('|')
    .map((word) => (/[a-z]/.test(word) ? bold(word) : `\\fI${roffText(word)}\\fR`))
    .join('|');
}

function optionFacts(name: OptionName): string {
  const { reloadable, inFile } = optionOf(name);
  const value = defaultText(name);
  return [
    value === '' ? '' : `Default: ${value}.`,
    inFile === false ? '' : `In a file: \`${name}\`.`,
    reloadable ? 'SIGHUP applies a new value.' : '',
  ]
    .filter((fact) => fact !== '')
    .join(' ');
}

function commandEntries(): string[] {
  const rows: [string, CommandText][] = Object.entries(commands);
  return rows.flatMap(([name, { operands, doc, more = '' }]) => {
    const flags = commandFlagNames
      .map(commandFlagOf)
      .filter(({ of }) => of.some((taker) => taker === name))
      .flatMap((flag) => ['.TP', commandFlagTag(flag), ...paragraph(sentence(flag.doc))]);
    return [
      ...entry(`${bold(`weir ${name}`)} ${form(operands)}`.trimEnd(), sentence(doc), more),
      ...(flags.length === 0 ? [] : ['.RS', ...flags, '.RE']),
    ];
  });
}

function commandFlagTag({ flags, placeholder }: ReturnType<typeof commandFlagOf>): string {
  const names = flags.map(bold).join(', ');
  return placeholder === '' ? names : `${names} ${valueTag(placeholder)}`;
}

function optionSections(): string[] {
  return Object.entries(groups).flatMap(([group, heading]) => [
    `.SS ${roffText(heading)}`,
    ...optionNames
      .filter((name) => optionOf(name).group === group)
      .flatMap((name) => [...entry(optionTag(name), optionOf(name).doc), '.br', ...paragraph(optionFacts(name))]),
  ]);
}

function sinkLines(): string[] {
  const forms = sinkForms();
  const wide = forms.length - 1; // all but none
  return [
    ...paragraph('After `--to` stands one of these, with parameters behind it as `?name=value&name=value`:'),
    ...forms.flatMap(({ form: written, doc, port, format }) =>
      entry(form(written), `${doc}.${port === 0 ? '' : ` Port ${port}, format ${format} unless given.`}`),
    ),
    '.SS Parameters of sinks',
    ...Object.entries(sinkParameters).flatMap(([name, { format, schemes, doc }]) =>
      entry(
        `${bold(`${name}=`)}${valueTag(format.placeholder || 'on|off')}`,
        sentence(doc),
        schemes.length >= wide ? '' : `For ${schemes.join(', ')}.`,
      ),
    ),
  ];
}

/** The first sentence of a template's comment. */
function firstSentence(comment: string): string {
  const text = comment.trim().replaceAll(/\s+/g, ' ');
  return /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;
}

const signalTable = [
  [
    'SIGINT, SIGTERM',
    'Every flow leaves (flowEndReason 4), sinks are flushed, and weir ends with 0 within ten seconds.',
  ],
  ['SIGINT, SIGTERM again', 'weir ends at once; flows that were not exported yet are lost.'],
  [
    'SIGHUP',
    'The configuration is read again: what its option says so of takes effect at once, the rest with a restart, as the log ' +
      'says. Files of applications are read anew, and output files are opened anew.',
  ],
] as const;

const exitTable = [
  ['0', 'The run ended as asked, or the capture file was read to its end.'],
  ['1', 'A run-time error, or a damaged capture file after what was readable.'],
  ['2', 'Wrong usage or configuration: nothing was started.'],
  ['130, 143', 'Ended at once by a second SIGINT or SIGTERM.'],
] as const;

const fileTable = [
  ['/etc/weir/weir.yaml', 'Configuration of `weir.service`.'],
  ['/etc/weir/NAME.yaml', 'Configuration of `weir@NAME.service`.'],
  ['/var/lib/weir/spool', 'Flows that wait for their collectors (`--spool`).'],
  ['/var/log/weir', 'For sinks that write files.'],
  [
    '/run/weir/PID.stats',
    'Statistics of a running probe, replaced as a whole; in $RUNTIME_DIRECTORY where that is set.',
  ],
  ['/usr/lib/weir', 'The program, its addon, templates and libraries.'],
] as const;

const seeAlso = [
  ['pcap\\-filter', 7],
  ['packet', 7],
  ['bpf', 2],
  ['capabilities', 7],
  ['sd\\-daemon', 3],
  ['systemd.exec', 5],
  ['tcpdump', 8],
  ['tshark', 1],
  ['nfcapd', 1],
  ['nfdump', 1],
  ['ip\\-netns', 8],
] as const;

function entries(table: readonly (readonly [string, string])[], tagOf = bold): string[] {
  return table.flatMap(([tag, text]) => entry(tagOf(tag), text));
}

function exampleLines(): string[] {
  return examples.flatMap(([command, meaning]) => ['.TP', asText(bold(command)), ...paragraph(sentence(meaning))]);
}

function environmentLines(): string[] {
  return [
    ...paragraph(
      'Every option can be given by an environment variable: WEIR_ and its long flag in capitals, with _ for -; ' +
        `\`--active-timeout\` is \`${environmentName('activeTimeout')}\`. Items of options that may be repeated are separated by ` +
        'white space. The configuration file is weakest, then the environment, then the command line. Further:',
    ),
    ...entries([
      ['RUNTIME_DIRECTORY', 'Folder for what lives as long as the run, as systemd gives it.'],
      ['NODE_NAME', 'Name of this Kubernetes node, where `--node-name` is not given.'],
      ['JOURNAL_STREAM', 'Where it names stderr, log lines are those of the journal (see `--log-format`).'],
      ['NOTIFY_SOCKET, WATCHDOG_USEC', 'As systemd gives them to services of Type=notify.'],
    ]),
  ];
}

function errorLines(): string[] {
  const rows = Object.entries(errorKinds).map(([code, { exit, remedy }]): [string, string] => [
    `${code} (${exit})`,
    remedy,
  ]);
  return [
    ...paragraph('Errors carry a code, what was wrong and where, and what to do; in brackets is the exit status.'),
    ...rows.flatMap(([tag, remedy]) => entry(bold(tag), remedy)),
  ];
}

/** The page; `version` must have its day in releaseDays. */
export function manPage({ version, templates }: ManPageFacts): string {
  const day = releaseDays[version];
  if (day === undefined) throw new Error(`releaseDays of src/config/man_page.ts has no day of version ${version}`);
  const lines = [
    '.\\" Made from the tables of src/config and src/errors.ts by `npm run generate`.',
    `.TH WEIR 1 "${day}" "weir ${version}" "User Commands"`,
    '.nh', // names and paths are copied from the page: never broken
    '.ad l',
    ...section('NAME', 'weir \\- flow probe: packets and system events to IPFIX, NetFlow and JSON flows'),
    ...section('SYNOPSIS', '.B weir', '.RI [ option ]...', '.br', '.B weir', '.I command', '.RI [ argument ]...'),
    ...section(
      'DESCRIPTION',
      ...paragraph(
        'weir watches packets and system events, keeps bidirectional flows, names the process, user and container at both ends ' +
          'of each flow and the application inside it, and exports flows to collectors, Kafka, HTTP, syslog, files and pipes. ' +
          'Without `--to` flows go to stdout, one line each. stdout carries flows only; the log goes to stderr.',
      ),
      '.PP',
      ...paragraph(
        'Many options of nProbe are understood as they are, such as `-n`, `-V` and `-b`; others are answered with their ' +
          'counterpart. `weir help` OPTION has all about one option.',
      ),
    ),
    ...section('COMMANDS', ...commandEntries()),
    ...section('OPTIONS', ...generalFlags(), ...optionSections()),
    ...section('SINKS', ...sinkLines()),
    ...section(
      'TEMPLATES',
      ...paragraph('What a record holds (`--template`); `weir templates` NAME prints the fields of one:'),
      ...templates.flatMap(({ name, comment }) => entry(bold(name), firstSentence(comment))),
    ),
    ...section('SIGNALS', ...entries(signalTable)),
    ...section('EXIT STATUS', ...entries(exitTable), '.SS Error codes', ...errorLines()),
    ...section('ENVIRONMENT', ...environmentLines()),
    ...section('FILES', ...entries(fileTable, form)),
    ...section('EXAMPLES', ...exampleLines()),
    ...section('SEE ALSO', ...seeAlso.map(([name, part], index) => `.BR ${name} (${part})${comma(index)}`)),
  ];
  return `${lines.join('\n')}\n`;
}

const comma = (index: number): string => (index < seeAlso.length - 1 ? ' ,' : '');

/** Flags that belong to no command. */
function generalFlags(): string[] {
  return commandFlagNames
    .map(commandFlagOf)
    .filter(({ of }) => of.length === 0)
    .flatMap((flag) => ['.TP', commandFlagTag(flag), ...paragraph(sentence(flag.doc))]);
}
