// What may stand where on the command line, from the tables of options, commands and sinks; for the scripts of the shells.
import { type Command, commandFlagNames, commandFlagOf, commands, type CommandText } from './argv.js';
import type { Format } from './format.js';
import { isFlag, longFlag, optionNames, optionOf, type OptionName } from './options.js';
import { sinkParameters } from './sink_parameters.js';
import { sinkForms } from './sink_url.js';

/** What a value is made of: one of a few words, or what the shell finds at the time. */
export type ValueSource =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'file' | 'folder' | 'interface' | 'user' | 'sink' | 'help' | 'url' | 'text' };

export interface CompletedFlag {
  /** One letter each, without the dash. */
  letters: readonly string[];
  /** Without the dashes. */
  long: string;
  doc: string;
  /** Undefined: it takes none. */
  value?: ValueSource;
  placeholder: string;
  repeated: boolean;
}

export interface CompletedCommand {
  name: string;
  doc: string;
  /** Of its operands; undefined: it takes none. */
  operand?: ValueSource;
  flags: readonly CompletedFlag[];
  /** Options of a run go with it. */
  options: boolean;
}

export interface CompletedParameter {
  name: string;
  doc: string;
  value: ValueSource;
}

export interface CompletedSink {
  /** What it begins with. */
  start: string;
  /** What stands in front of : or ? */
  scheme: string;
  doc: string;
  /** Names of the parameters it takes. */
  parameters: readonly string[];
}

export interface CompletionModel {
  options: readonly CompletedFlag[];
  /** --help and its like. */
  general: readonly CompletedFlag[];
  commands: readonly CompletedCommand[];
  sinks: readonly CompletedSink[];
  parameters: readonly CompletedParameter[];
  templates: readonly string[];
}

/** Placeholders that say what the shell can find. */
const found: Readonly<Record<string, ValueSource['kind']>> = {
  FILE: 'file',
  SOCKET: 'file',
  FOLDER: 'folder',
  INTERFACE: 'interface',
  USER: 'user',
  SINK: 'sink',
  URL: 'url',
  OPTION: 'help',
};

function sourceOf(
  { placeholder, words }: Pick<Format<unknown>, 'placeholder' | 'words'>,
  templates: readonly string[],
) {
  if (words) return { kind: 'words', words } satisfies ValueSource;
  if (placeholder === 'TEMPLATE') return { kind: 'words', words: templates } satisfies ValueSource;
  const kind = placeholder
    .split('|')
    .map((word) => found[word])
    .find((one) => one !== undefined);
  return { kind: kind ?? 'text' } as ValueSource;
}

/** The first sentence, without its full stop. */
function brief(doc: string): string {
  return (/^.*?(?=[.:;] |\.$|$)/.exec(doc)?.[0] ?? doc).replaceAll('`', '');
}

function flagsOf(name: OptionName, templates: readonly string[]): CompletedFlag[] {
  const { kind, letters = '', doc, default: value } = optionOf(name);
  const common = { doc: brief(doc), placeholder: kind.placeholder, repeated: kind.item !== undefined };
  const flag = { ...common, letters: [...letters], long: longFlag(name) };
  if (!isFlag(name)) return [{ ...flag, value: sourceOf(kind.item ?? kind, templates) }];
  if (value !== true) return [flag];
  return [flag, { ...common, letters: [], long: `no-${longFlag(name)}`, doc: `Not: ${brief(doc)}` }];
}

function commandFlagsOf(command: Command | undefined, templates: readonly string[]): CompletedFlag[] {
  return commandFlagNames
    .map(commandFlagOf)
    .filter(({ of }) => (command === undefined ? of.length === 0 : of.includes(command)))
    .map(({ flags, placeholder, words, doc }) => ({
      letters: flags.filter((flag) => !flag.startsWith('--')).map((flag) => flag.slice(1)),
      long: (flags.find((flag) => flag.startsWith('--')) ?? '').slice(2),
      doc: brief(doc),
      placeholder,
      repeated: false,
      ...(placeholder === '' ? {} : { value: sourceOf({ placeholder, words }, templates) }),
    }));
}

/** `process|user` is words, `[FOLDER]` what it names. */
function alternatives(text: string, templates: readonly string[]): ValueSource {
  const plain = text.replaceAll(/[[\].]/g, '');
  const words = plain.split('|');
  if (words.every((word) => /^[a-z][a-z0-9-]*$/.test(word))) return { kind: 'words', words };
  return sourceOf({ placeholder: plain === 'NAME' ? 'TEMPLATE' : plain }, templates);
}

function commandsOf(templates: readonly string[]): CompletedCommand[] {
  return (Object.entries(commands) as [Command, CommandText][]).map(([name, { operands, doc, options = true }]) => ({
    name,
    doc: brief(doc),
    ...(operands === '' ? {} : { operand: alternatives(operands, templates) }),
    flags: commandFlagsOf(name, templates),
    options,
  }));
}

export function completionModel(templates: readonly string[]): CompletionModel {
  return {
    options: optionNames.flatMap((name) => flagsOf(name, templates)),
    general: commandFlagsOf(undefined, templates),
    commands: commandsOf(templates),
    sinks: sinkForms().map(({ scheme, form, doc }) => ({
      start: form.replace(/(:\/\/).*$/, '$1'),
      scheme: form.includes(':') ? scheme : form,
      doc,
      parameters: Object.keys(sinkParameters).filter((name) => sinkParameters[name]?.schemes.includes(scheme)),
    })),
    parameters: Object.entries(sinkParameters).map(([name, { format, doc }]) => ({
      name,
      doc: brief(doc),
      value: sourceOf(name === 'template' ? { placeholder: 'TEMPLATE' } : format, templates),
    })),
    templates,
  };
}

/** What each script says of itself. */
export const madeFrom = 'made from the option table by `npm run generate`; `weir completion` prints it';

/** All flags as they are written, those with a value or those without. */
export function written(flags: readonly CompletedFlag[], withValue: boolean): string[] {
  return flags
    .filter(({ value }) => (value !== undefined) === withValue)
    .flatMap(({ letters, long }) => [...letters.map((letter) => `-${letter}`), `--${long}`]);
}
