// The subcommands that print something and end: fields, templates, applications, doctor, config, completion, version, help.
import { accessSync, constants, existsSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { join } from 'node:path';
import { withAttribution } from '../attribution_run.js';
import type { ParsedArguments } from '../config/argv.js';
import { completionScript, completionShells } from '../config/completion.js';
import { commandPage, findCommand, findOption, helpText, optionPage } from '../config/help.js';
import { type Environment, loadOptions, type Loaded } from '../config/load.js';
import { didYouMean } from '../config/nearest.js';
import { longFlag, optionNames, type Options } from '../config/options.js';
import { effectiveYaml } from '../config/print.js';
import { dpiOptions } from '../dpi_run.js';
import { examine, type Host, type LoadedAddon, reportText } from '../doctor.js';
import { WeirError } from '../errors.js';
import { planSinks } from '../exporting/sink_plan.js';
import { elements, nearestNames } from '../fields/elements.js';
import type { Element } from '../fields/field.js';
import { numberText } from '../fields/render.js';
import { loadTemplates, parseTemplate, type Template } from '../fields/template.js';
import { findRuntimeSockets, parseRuntimeSocket } from '../identity/runtimes.js';
import type { NativeAddon } from '../native/boundary.js';
import { installation, packageRoot, packageVersion } from '../native/load.js';
import { processView } from '../process_view.js';
import { canCompress } from '../sinks/file_rotation.js';
import { optionChecks } from './checks.js';

export interface CommandContext {
  parsed: ParsedArguments;
  env: Environment;
  /** Columns of the terminal. */
  width: number;
  loadAddon: () => LoadedAddon;
  /** What the cli knows of this process. */
  host: { nodePath: string; nodeVersion: string; architecture: string; uid: number };
}

/** What a command prints to stdout, and its exit status. */
export interface CommandResult {
  output: string;
  status: number;
}

/** Rows as aligned columns; the last is not padded. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function elementNote({ side, reverse, field }: Element): string {
  return (side === 0 ? '' : reverse ? 'reverse: ' : 'destination: ') + field.note;
}

function matches(element: Element, pattern: string): boolean {
  const wanted = pattern.replace(/^%/, '').toLowerCase();
  const texts = [element.name, ...element.labels, element.field.group, numberText(element), elementNote(element)];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

/** `weir fields [PATTERN]`: every element, or those whose name, label, number, group or note contains PATTERN. */
export function fieldsCommand(pattern: string, asJson: boolean): CommandResult {
  const found = elements().filter((element) => matches(element, pattern));
  if (found.length === 0) {
    throw new WeirError(
      'WEIR_FIELD',
      `no field is like '${pattern}'; the nearest are ${nearestNames(pattern).join(', ')}`,
    );
  }
  if (asJson) {
    return {
      status: 0,
      output: json(
        found.map((element) => ({
          name: element.name,
          enterprise: element.enterprise,
          id: element.id,
          type: element.type,
          labels: element.labels,
          units: element.field.units,
          group: element.field.group,
          note: elementNote(element),
        })),
      ),
    };
  }
  const rows = found.map((element) => [
    element.name,
    numberText(element),
    element.type,
    element.labels.join(' '),
    elementNote(element),
  ]);
  return { status: 0, output: table([['NAME', 'NUMBER', 'TYPE', 'NPROBE', 'WHAT IT IS'], ...rows]) };
}

function templateText({ fields, comment }: Template): string {
  const head = comment
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `# ${line}\n`)
    .join('');
  return `${head}${fields.map(({ element, label }) => `${label ?? element.name}\n`).join('')}`;
}

/** `weir templates [NAME]`: the named templates, or one as a template file. */
export function templatesCommand(name: string | undefined, asJson: boolean): CommandResult {
  const named = loadTemplates(join(packageRoot(), 'templates'));
  const chosen = name === undefined ? [...named.values()] : [parseTemplate(name, named)];
  if (asJson) {
    const plain = chosen.map((one) => ({
      name: one.name,
      comment: one.comment,
      fields: one.fields.map(({ element }) => element.name),
    }));
    return { status: 0, output: json(plain) };
  }
  if (name !== undefined) return { status: 0, output: templateText(chosen[0] as Template) };
  const rows = chosen.map((one) => [one.name, `${one.fields.length} fields`, one.comment.trim().split('\n')[0] ?? '']);
  return { status: 0, output: table(rows) };
}

/** `weir applications [PATTERN]`: what --dpi-filter may name (with --dpi-protocols), or of it what contains PATTERN. */
function applicationsCommand(context: CommandContext, pattern: string): CommandResult {
  const loaded = context.loadAddon();
  if ('reason' in loaded) throw new WeirError('WEIR_ADDON', loaded.reason);
  const { available, reason } = loaded.addon.dpi();
  if (!available) throw new WeirError('WEIR_DPI_LIBRARY', reason);
  const { options } = loadFor(context);
  loaded.addon.checkDpi(dpiOptions({ ...options, dpiPrivacy: [] }));
  const wanted = pattern.toLowerCase();
  const found = loaded.addon
    .applications()
    .filter(({ name, category, breed }) => [name, category, breed].some((one) => one.toLowerCase().includes(wanted)));
  if (found.length === 0)
    throw new WeirError('WEIR_DPI_FILTER', `no application, category or breed is like '${pattern}'`);
  if (context.parsed.flags.json) return { status: 0, output: json(found) };
  const rows = found.map(({ selector, name, category, breed }) => [String(selector), name, category, breed]);
  return { status: 0, output: table([['NUMBER', 'APPLICATION', 'CATEGORY', 'BREED'], ...rows]) };
}

function loadFor({ parsed, env }: CommandContext): Loaded {
  return loadOptions({ assignments: parsed.assignments, errors: parsed.errors, env, checks: optionChecks() });
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.W_OK); // what connect(2) asks of a socket
    return true;
  } catch {
    return false;
  }
}

/** Sockets of container runtimes that are there or asked for. */
function runtimeSockets({ containerRuntimes }: Options): Host['runtimes'] {
  return findRuntimeSockets(containerRuntimes.map(parseRuntimeSocket))
    .map(({ kind, path, configured }) => ({ kind, path, configured, there: existsSync(path) }))
    .filter(({ configured, there }) => configured || there)
    .map(({ kind, path, there }) => ({ kind, path, state: !there ? 'absent' : mayOpen(path) ? 'open' : 'closed' }));
}

function doctorCommand(context: CommandContext): CommandResult {
  const { options } = loadFor(context);
  const templates = loadTemplates(join(packageRoot(), 'templates'), options.enterpriseNumber);
  // As on a terminal: what a run without --to would show.
  const run = withAttribution(options, planSinks(options, templates, true, options.read.length > 0));
  const host = {
    ...context.host,
    installation: installation(),
    kernel: release(),
    cpus: availableParallelism(),
    zstd: canCompress('zstd'),
    processView: (capabilities: readonly string[]) => processView(capabilities),
    runtimes: runtimeSockets(options),
  };
  const report = examine(context.loadAddon(), run, host);
  return { status: report.canCapture ? 0 : 1, output: context.parsed.flags.json ? json(report) : reportText(report) };
}

function libraryVersions(addon: NativeAddon): string[] {
  const linked = Object.entries(addon.versions).map(([name, text]) =>
    text.startsWith(name) ? text : `${name} ${text}`,
  );
  const { available, version } = addon.dpi();
  return [...linked, available ? `nDPI ${version}` : 'no nDPI'];
}

/** The version and what the addon is linked to. */
export function versionText(loaded: LoadedAddon, nodeVersion: string): string {
  const libraries = 'addon' in loaded ? libraryVersions(loaded.addon) : ['no addon'];
  return `weir ${packageVersion()} (Node.js ${nodeVersion.replace(/^v/, '')}, ${libraries.join(', ')})\n`;
}

/** `weir completion SHELL`: the script that completes our command line there. */
function completionCommand(word: string | undefined): CommandResult {
  const shell = completionShells.find((known) => known === word);
  if (shell === undefined)
    throw new WeirError(
      'WEIR_OPTION',
      `weir completion: expected ${completionShells.join(', ')}, found '${word ?? ''}'`,
    );
  const templates = loadTemplates(join(packageRoot(), 'templates'));
  return { status: 0, output: completionScript(shell, [...templates.keys()]) };
}

function helpCommand(word: string | undefined, width: number): CommandResult {
  if (word === undefined) return { status: 0, output: helpText(width) };
  // `spool` is both: an option with dashes, and a command.
  const command = findCommand(word);
  const name = findOption(word);
  const pages = [...(command ? [commandPage(command, width)] : []), ...(name ? [optionPage(name, width)] : [])];
  if (pages.length > 0) return { status: 0, output: pages.join('\n') };
  throw new WeirError(
    'WEIR_OPTION',
    `there is no option '${word}'${didYouMean(word.replace(/^-+/, ''), optionNames.map(longFlag), '--')}`,
  );
}

/** Runs a subcommand other than collect and spool. Throws WeirError and WeirErrors for the user. */
export function runCommand(context: CommandContext): CommandResult {
  const { command, operands, flags } = context.parsed;
  switch (command) {
    case 'fields':
      return fieldsCommand(operands[0] ?? '', flags.json);
    case 'templates':
      return templatesCommand(operands[0], flags.json);
    case 'applications':
      return applicationsCommand(context, operands[0] ?? '');
    case 'doctor':
      return doctorCommand(context);
    case 'config': {
      const { options, places } = loadFor(context);
      return { status: 0, output: effectiveYaml(options, places) };
    }
    case 'completion':
      return completionCommand(operands[0]);
    case 'version':
      return { status: 0, output: versionText(context.loadAddon(), context.host.nodeVersion) };
    default:
      return helpCommand(operands[0], context.width);
  }
}
