// Judgements of the options that need other rooms: templates and the filter compiler. They run before anything starts,
// so that their mistakes are reported together with all others.
import { join } from 'node:path';
import type { OptionCheck } from '../config/load.js';
import type { OptionName, Options } from '../config/options.js';
import { FormatError } from '../config/format.js';
import { dpiOptions, readKey } from '../dpi_run.js';
import { isErrorCode, WeirError, WeirErrors } from '../errors.js';
import { loadTemplates, parseTemplate } from '../fields/template.js';
import { parseRuntimeSocket } from '../identity/runtimes.js';
import type { NativeAddon } from '../native/boundary.js';
import { packageRoot, tryLoadAddon } from '../native/load.js';
import { parseListenAddress } from '../telemetry/listen_address.js';

type Finding = { name: OptionName; error: WeirError };

/** Runs a check and turns what it throws for the user into findings. */
function findings(name: OptionName, check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof WeirErrors) return error.errors.map((one) => ({ name, error: one }));
    if (error instanceof WeirError) return [{ name, error }];
    if (error instanceof FormatError) return [{ name, error: new WeirError('WEIR_OPTION', error.message) }];
    throw error;
  }
}

/** Templates of the run and of sinks. */
export function checkTemplates(options: Options): Finding[] {
  const own = options.enterpriseNumber;
  const named = loadTemplates(join(packageRoot(), 'templates'), own);
  const sinkTemplates = options.sinks.flatMap(({ parameters }) =>
    parameters.template === undefined ? [] : [parameters.template],
  );
  return [
    ...findings('template', () => void parseTemplate(options.template, named, own)),
    ...sinkTemplates.flatMap((template) => findings('sinks', () => void parseTemplate(template, named, own))),
  ];
}

const ethernet = 1; // DLT_EN10MB
const wholePacket = 262144;

/** The filter, when the addon is there to compile it; files of other link types are checked when they are opened. */
export function filterCheck(addon: Pick<NativeAddon, 'checkFilter'> | undefined): OptionCheck {
  return ({ filter, snapLength, read }) => {
    if (!addon || filter === '' || read.length > 0) return [];
    try {
      addon.checkFilter(filter, ethernet, snapLength || wholePacket);
      return [];
    } catch (error) {
      return [{ name: 'filter', error: new WeirError('WEIR_FILTER', (error as Error).message, { cause: error }) }];
    }
  };
}

/** Where metrics are served. */
export function checkMetrics({ metrics }: Options): Finding[] {
  return metrics === '' ? [] : findings('metrics', () => void parseListenAddress(metrics));
}

/** Sockets of container runtimes. */
export function checkRuntimes({ containerRuntimes }: Options): Finding[] {
  return containerRuntimes.flatMap((socket) => findings('containerRuntimes', () => void parseRuntimeSocket(socket)));
}

/** Each line of what the addon says is wrong with --dpi-filter and the files, at the option it is about. */
function dpiFindings(thrown: unknown, { dpiCategories }: Options): Finding[] {
  const { message, code } = thrown as Error & { code?: unknown };
  if (!isErrorCode(code) || !code.startsWith('WEIR_DPI_')) throw thrown;
  return message.split('\n').map((line) => {
    const list = dpiCategories.some((file) => line.startsWith(file));
    const name = code !== 'WEIR_DPI_FILE' ? 'dpiFilter' : list ? 'dpiCategories' : 'dpiProtocols';
    return { name, error: new WeirError(code, line, { cause: thrown }) };
  });
}

/** The key for server names. */
export function checkKey({ dpiKey }: Options): Finding[] {
  return dpiKey === '' ? [] : findings('dpiKey', () => void readKey(dpiKey));
}

/** By the addon, where it is there to judge them: the filter and the files of protocols and categories. */
export function dpiCheck(addon: Pick<NativeAddon, 'dpi' | 'checkDpi'> | undefined): OptionCheck {
  return (options) => {
    const { dpi, dpiFilter, dpiProtocols, dpiCategories } = options;
    const filtered = dpiFilter.length > 0;
    if (!addon || dpi === 'off' || !(filtered || dpiProtocols !== '' || dpiCategories.length > 0)) return [];
    const { available, reason } = addon.dpi();
    if (!available) return filtered ? [{ name: 'dpiFilter', error: new WeirError('WEIR_DPI_LIBRARY', reason) }] : [];
    try {
      addon.checkDpi(dpiOptions({ ...options, dpiPrivacy: [] }));
      return [];
    } catch (error) {
      return dpiFindings(error, options);
    }
  };
}

/** All checks of a run. */
export function optionChecks(): OptionCheck[] {
  return [checkKey, ...reloadChecks()];
}

/** Those of SIGHUP: the key is not read anew, and --user may have become somebody who cannot. */
export function reloadChecks(): OptionCheck[] {
  const loaded = tryLoadAddon();
  const addon = 'addon' in loaded ? loaded.addon : undefined;
  return [checkTemplates, checkMetrics, checkRuntimes, filterCheck(addon), dpiCheck(addon)];
}
