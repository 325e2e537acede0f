// Options from defaults < configuration file < environment < command line; all mistakes are reported at once.
import { readFileSync } from 'node:fs';
import convict from 'convict';
import { WeirError, WeirErrors } from '../errors.js';
import { type Assignment, type Layer, readLayer } from './assignment.js';
import { readConfigFile } from './config_file.js';
import { nearest } from './nearest.js';
import { isSockets, parseObservationPoint, socketsName } from './observation_point.js';
import { convictSchema, environmentName, optionNames, optionOf, type OptionName, type Options } from './options.js';
import { parseSinkUrl } from './sink_url.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A judgement of the merged options by a part that config cannot know, such as the filter compiler. */
export type OptionCheck = (options: Options) => { name: OptionName; error: WeirError }[];

export interface LoadInput {
  /** From the command line, in order. */
  assignments: readonly Assignment[];
  /** Mistakes the command line parser found. */
  errors?: readonly WeirError[];
  env: Environment;
  readFile?: (path: string) => string;
  checks?: readonly OptionCheck[];
}

export interface Loaded {
  options: Options;
  /** Where each option that is not at its default was set. */
  places: Map<OptionName, string>;
  /** What looks like a mistake but need not be one. */
  warnings: string[];
}

function environmentLayer(env: Environment): Assignment[] {
  return optionNames.flatMap((name) => {
    const place = environmentName(name);
    const value = env[place];
    if (value === undefined || (value === '' && optionOf(name).kind.item)) return [];
    // Items of a list are separated by white space: commas belong to sinks and interface lists.
    const values = optionOf(name).kind.item ? value.split(/\s+/).filter((item) => item !== '') : [value];
    return values.map((item) => ({ name, value: item, place, code: 'WEIR_OPTION' as const }));
  });
}

/** Under systemd the spool is in the unit's own StateDirectory, unless somebody says more. */
function unitLayer({ STATE_DIRECTORY: folders = '' }: Environment): Assignment[] {
  const [first] = folders.split(':');
  if (!first) return [];
  return [{ name: 'spool', value: `${first}/spool`, place: 'STATE_DIRECTORY', code: 'WEIR_OPTION' }];
}

/** WEIR_ variables that are nearly ours. Others are left alone: Kubernetes makes WEIR_PORT for a service `weir`. */
function environmentWarnings(env: Environment): string[] {
  const known = optionNames.map(environmentName);
  return Object.keys(env)
    .filter((name) => name.startsWith('WEIR_') && !known.includes(name))
    .flatMap((name) => {
      const near = nearest(
        name.slice(5),
        known.map((one) => one.slice(5)),
      );
      return near === undefined || name.length < 9
        ? []
        : [`environment variable ${name} is unknown, did you mean WEIR_${near}?`];
    });
}

function fileLayer(
  path: string,
  readFile: (path: string) => string,
): { assignments: Assignment[]; errors: WeirError[] } {
  try {
    return readConfigFile(path, readFile(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/, (open|read) .*$/, '') : String(error);
    return { assignments: [], errors: [new WeirError('WEIR_CONFIG_FILE', `${path}: ${reason}`)] };
  }
}

/** Live and file input exclude each other: within a layer a mistake, else the highest layer with either decides. */
function mergeInput(layers: readonly Layer[], values: Map<OptionName, unknown>, errors: WeirError[]): void {
  let decided = false;
  for (const { places } of [...layers].reverse()) {
    const live = places.get('observationPoints');
    const file = places.get('read');
    if (live && file) {
      errors.push(new WeirError('WEIR_OPTION', `${live} and ${file}: read files or capture live, not both`));
    } else if ((live || file) && !decided) {
      values.delete(live ? 'read' : 'observationPoints');
    }
    decided ||= Boolean(live || file);
  }
}

function merge(layers: readonly Layer[]): { values: Map<OptionName, unknown>; places: Map<OptionName, string> } {
  const values = new Map<OptionName, unknown>();
  const places = new Map<OptionName, string>();
  for (const layer of layers) {
    for (const [name, value] of layer.values) values.set(name, value);
    for (const [name, place] of layer.places) places.set(name, place);
  }
  return { values, places };
}

function checkTogether(options: Options, place: (name: OptionName) => string): WeirError[] {
  const errors: WeirError[] = [];
  if (options.read.filter((file) => file === '-').length > 1) {
    errors.push(new WeirError('WEIR_OPTION', `${place('read')}: stdin can be read once only`));
  }
  errors.push(...checkAttribution(options, place));
  if (options.dpiPrivacy.includes('server-names') && options.dpiKey === '')
    errors.push(new WeirError('WEIR_OPTION', `${place('dpiPrivacy')}: server-names needs a key: --dpi-key FILE`));
  const written = new Set<string>();
  for (const url of options.sinks) {
    const target = url.scheme === 'file' ? url.path : url.scheme;
    if (url.scheme !== 'file' && url.scheme !== 'stdout') continue;
    if (written.has(target))
      errors.push(
        new WeirError('WEIR_SINK', `${place('sinks')}: sink '${url.name}': already the target of another sink`),
      );
    written.add(target);
  }
  if (options.sinks.length > 1 && options.sinks.some((url) => url.scheme === 'none')) {
    errors.push(new WeirError('WEIR_SINK', `${place('sinks')}: none excludes other sinks`));
  }
  const nfdump = options.sinks.find(
    ({ parameters }) => parameters.profile === 'nfdump' && parameters.biflow === undefined,
  );
  if (nfdump && options.biflow === 'on') {
    const why = `on contradicts sink '${nfdump.name}': nfcapd reads no RFC 5103 records; add &biflow=off`;
    errors.push(new WeirError('WEIR_OPTION', `${place('biflow')}: ${why}`));
  }
  return errors;
}

/** True when somebody gets events, or (`all`) nobody gets flows. */
function hasEvents({ sinks, events }: Options, all = false): boolean {
  const lists = sinks.length === 0 ? [events] : sinks.map(({ parameters }) => parameters.events ?? events);
  return all ? lists.every((list) => list.length > 0) : lists.some((list) => list.length > 0);
}

/** Events and flows of sockets are of this host, now. */
function checkAttribution(options: Options, place: (name: OptionName) => string): WeirError[] {
  const sockets = options.observationPoints.some(isSockets);
  const refuse = (name: OptionName, why: string): WeirError[] => [
    new WeirError('WEIR_OPTION', `${place(name)}: ${why}`),
  ];
  if (hasEvents(options) && options.read.length > 0) {
    return refuse('read', 'a capture file has no events; --events and events= are for live runs');
  }
  if (options.attribution === 'off' && (sockets || hasEvents(options))) {
    return refuse(
      'attribution',
      `off contradicts ${sockets ? `-i ${socketsName}` : 'events'}: attribution is where they come from`,
    );
  }
  return [];
}

/** What a run does when nothing is said: capture everywhere, print to stdout; nothing is captured for events alone. */
function fillGaps(options: Options, env: Environment): void {
  if (options.read.length === 0 && options.observationPoints.length === 0) {
    options.observationPoints = [parseObservationPoint(hasEvents(options, true) ? socketsName : 'any')];
  }
  if (options.sinks.length === 0) options.sinks = [parseSinkUrl('-')];
  if (options.nodeName === '') options.nodeName = env.NODE_NAME ?? '';
}

function configPath({ assignments, env }: LoadInput): string {
  const given = assignments.filter(({ name }) => name === 'config').at(-1);
  return given ? String(given.value) : (env[environmentName('config')] ?? '');
}

/** Mistakes of the file by line, then the others as they were found. */
function inFileOrder(errors: readonly WeirError[], path: string): WeirError[] {
  const line = ({ message }: WeirError): number => {
    const place = path !== '' && message.startsWith(`${path}:`) ? /^:(\d+):/.exec(message.slice(path.length)) : null;
    return place ? Number(place[1]) : Number.POSITIVE_INFINITY;
  };
  return [...errors].sort((a, b) => (line(a) === line(b) ? 0 : line(a) - line(b)));
}

/** Throws WeirErrors with every mistake of all layers, each with its place. */
export function loadOptions(input: LoadInput): Loaded {
  const readFile = input.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const path = configPath(input);
  const file = path === '' ? { assignments: [], errors: [] } : fileLayer(path, readFile);
  const layers = [unitLayer(input.env), file.assignments, environmentLayer(input.env), input.assignments].map(
    readLayer,
  );
  const errors = [...file.errors, ...(input.errors ?? []), ...layers.flatMap((layer) => layer.errors)];
  const { values, places } = merge(layers);
  mergeInput(layers, values, errors);

  const config = convict<Options>(convictSchema(), { args: [], env: {} });
  config.load(Object.fromEntries(values)).validate({ allowed: 'strict' });
  const options = config.getProperties();
  const place = (name: OptionName): string => places.get(name) ?? name;
  errors.push(...checkTogether(options, place));
  fillGaps(options, input.env);
  for (const check of input.checks ?? []) {
    for (const { name, error } of check(options))
      errors.push(new WeirError(error.code, `${place(name)}: ${error.message}`));
  }
  if (errors.length > 0) throw new WeirErrors(inFileOrder(errors, path));
  return { options, places, warnings: environmentWarnings(input.env) };
}
