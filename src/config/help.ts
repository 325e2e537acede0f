// `weir --help` and `weir help OPTION`, from the option table.
import { type Command, commandFlagNames, commandFlagOf, commands, type CommandText } from './argv.js';
import type { Scalar } from './format.js';
import { environmentName, groups, isFlag, longFlag, optionNames, optionOf, type OptionName } from './options.js';
import { sinkParameters } from './sink_parameters.js';

/** Breaks text at spaces into lines of at most `width` characters; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Left column and wrapped right column; a left part that is too long gets a line of its own. */
function columns(left: string, right: string, width: number, indent: number): string[] {
  const lines = wrap(right, Math.max(20, width - indent));
  const pad = ' '.repeat(indent);
  if (left.length + 2 > indent) return [left, ...lines.map((line) => pad + line)];
  return lines.map((line, index) => (index === 0 ? left.padEnd(indent) : pad) + line);
}

/** `-t, --active-timeout TIME`; options that are on or off show how to turn off what is on. */
export function flagText(name: OptionName): string {
  const { letters, kind, default: value } = optionOf(name);
  const letter = letters ? `-${letters[0]}, ` : '    ';
  if (!isFlag(name)) return `${letter}--${longFlag(name)} ${kind.placeholder}`;
  return `${letter}--${value === true ? '[no-]' : ''}${longFlag(name)}`;
}

/** The default as the user would write it; '' when there is none. */
export function defaultText(name: OptionName): string {
  const { kind, default: value } = optionOf(name);
  const printed: Scalar | Scalar[] = kind.print(value);
  if (typeof printed === 'boolean') return printed ? 'on' : 'off';
  return Array.isArray(printed) ? printed.join(' ') : String(printed);
}

function optionHelp(name: OptionName, width: number): string[] {
  const text = defaultText(name);
  const doc = optionOf(name).doc + (text === '' ? '' : ` [${text}]`);
  return columns(`  ${flagText(name)}`, doc, width, 34);
}

/** Commands to begin with, and what they do. */
export const examples = [
  ['weir -i eth0', 'live flows of eth0, one line each'],
  ['weir -r capture.pcapng.gz -T tcp | jq .', 'a capture file, latency and loss as JSON'],
  ["weir -i any -f 'not port 22' --to udp://collector:4739", 'IPFIX to a collector'],
  ['weir -i eth0 --to file:///var/log/weir/flows.json?rotate=1h\\&compress=gzip', 'a file an hour'],
] as const;

/** All of the help; `width` is that of the terminal. */
export function helpText(width = 100): string {
  const usable = Math.max(60, Math.min(width, 120));
  const lines = [
    'weir: flow probe. Packets to flows, flows to IPFIX and JSON.',
    '',
    'Usage: weir [OPTION]...',
    '       weir COMMAND [ARGUMENT]...',
    '',
    'Commands:',
  ];
  for (const [name, { operands, doc }] of Object.entries(commands)) {
    lines.push(...columns(`  ${name} ${operands}`.trimEnd(), doc, usable, 34));
  }
  for (const [group, heading] of Object.entries(groups)) {
    lines.push('', `${heading}:`);
    for (const name of optionNames.filter((one) => optionOf(one).group === group))
      lines.push(...optionHelp(name, usable));
  }
  lines.push('', 'After a sink (--to), ?name=value&name=value:');
  for (const [name, { format, schemes, doc }] of Object.entries(sinkParameters)) {
    lines.push(
      ...columns(
        `  ${name}=${format.placeholder || 'on|off'}`,
        schemes.length > 3 ? doc : `${doc} (${schemes.join(', ')})`,
        usable,
        34,
      ),
    );
  }
  lines.push('', 'Every option has an environment variable (WEIR_ACTIVE_TIMEOUT) and a name in the configuration file');
  lines.push('(activeTimeout); see `weir help OPTION`. Flags win over environment, environment over file.');
  lines.push('nProbe options such as -n, -V and -b are understood. Examples:');
  for (const [command, meaning] of examples) lines.push(`  ${command}`, `      ${meaning}`);
  return `${lines.join('\n')}\n`;
}

/** The option meant by `word`: a long flag, a letter, a file name or an environment name, with or without dashes. */
export function findOption(word: string): OptionName | undefined {
  const plain = word.replace(/^--?(no-)?/, '');
  return optionNames.find(
    (name) =>
      [name, longFlag(name), environmentName(name)].includes(plain) ||
      (plain.length === 1 && optionOf(name).letters?.includes(plain)),
  );
}

/** A command that `weir help` was asked about. */
export function findCommand(word: string): Command | undefined {
  return (Object.keys(commands) as Command[]).find((name) => name === word);
}

/** All about one command. */
export function commandPage(name: Command, width = 100): string {
  const { operands, doc, more = '' }: CommandText = commands[name];
  const usable = Math.min(width, 100);
  const text = [`weir ${name} ${operands}`.trimEnd(), '', ...wrap(doc, usable)];
  const flags = commandFlagNames.map(commandFlagOf).filter(({ of }) => of.includes(name));
  const listed = flags.flatMap(({ flags: [flag], placeholder, doc: flagDoc }) =>
    columns(`  ${flag} ${placeholder}`.trimEnd(), flagDoc, usable, 20),
  );
  const parts = [more === '' ? [] : ['', ...wrap(more, usable)], listed.length === 0 ? [] : ['', ...listed]];
  return `${[...text, ...parts.flat()].join('\n')}\n`;
}

/** All about one option. */
export function optionPage(name: OptionName, width = 100): string {
  const { doc, kind, nprobe = [], example, reloadable, inFile } = optionOf(name);
  const facts = [
    ['default', defaultText(name) || 'none'],
    ['expects', kind.expects + (kind.item ? '; may be repeated' : '')],
    [
      'example',
      isFlag(name) ? `--${example === 'off' ? 'no-' : ''}${longFlag(name)}` : `--${longFlag(name)} '${example}'`,
    ],
    ['in a file', inFile === false ? 'no' : name],
    ['environment', environmentName(name)],
    ['nProbe', nprobe.join(' ') || 'see the table in README.md'],
    ['reload', reloadable ? 'SIGHUP applies a new value' : 'needs a restart'],
  ];
  const lines = [flagText(name).trim(), '', ...wrap(doc, Math.min(width, 100)), ''];
  for (const [fact, text] of facts) lines.push(...columns(`  ${fact}`, text as string, Math.min(width, 100), 16));
  return `${lines.join('\n')}\n`;
}
