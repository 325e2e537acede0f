// What is inside flows, over the life of a run: whether it is looked for, with what, what is said of it, and the files
// that are read anew.

import { readFileSync, statSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { autoSnapLength, type Options } from './config/options.js';
import { describeError, WeirError } from './errors.js';
import { measuredElements, onlySockets, type SinkPlan } from './exporting/sink_plan.js';
import { elements } from './fields/elements.js';
import { keepSecret } from './secrets.js';
import { inspectionBits, needsBits, needsOf } from './fields/template.js';
import type { DpiOptions, Meter, NativeAddon } from './native/boundary.js';
import type { Logger } from './telemetry/log.js';

/** What nDPI finds, and what weir's own parsers find without it. */
const ndpiNeeds = needsBits.label | needsBits.risk | needsBits.info;
const factNeeds = inspectionBits & ~ndpiNeeds;

const shortestKey = 16; // characters
/** Octets of a live packet that are looked into: a hello or a certificate, also where GRO has joined its segments. */
const liveSnapLength = 8192;
const plainSnapLength = 512;
const wholePacket = 262_144;

export interface DpiPlan {
  /** For the Meter; null: nothing is looked for. */
  native: DpiOptions | null;
  /** What is to be said before the run. */
  notices: { level: 'info' | 'warning'; text: string }[];
}

/** The key for server names, and whether others may read it. Throws WeirError WEIR_DPI_FILE. */
export function readKey(path: string): { key: string; open: boolean } {
  const wrong = (reason: string): WeirError => new WeirError('WEIR_DPI_FILE', `${path}: ${reason}`);
  let octets: Buffer;
  let mode: number;
  try {
    octets = readFileSync(path);
    ({ mode } = statSync(path));
  } catch (cause) {
    throw wrong((cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (cause as Error).message);
  }
  if (!isUtf8(octets) || octets.includes(0)) throw wrong('the key is not text; `openssl rand -hex 32` makes one');
  const key = octets.toString('utf8').trim();
  if (key.length < shortestKey)
    throw wrong(`the key has ${key.length} characters, it needs ${shortestKey}; \`openssl rand -hex 32\` makes one`);
  keepSecret(key);
  return { key, open: (mode & 0o004) !== 0 };
}

/** DpiOptions as the options of a run say it. Throws WeirError when the key cannot be read. */
export function dpiOptions(options: Options): DpiOptions {
  const { dpiPrivacy: privacy } = options;
  return {
    tcpPackets: options.dpiTcpPackets,
    udpPackets: options.dpiUdpPackets,
    states: options.dpiStates,
    protocolsFile: options.dpiProtocols,
    categoryFiles: options.dpiCategories,
    filter: options.dpiFilter.join(','),
    hideUrls: privacy.includes('urls'),
    hideDnsNames: privacy.includes('dns-names'),
    hideUserAgents: privacy.includes('user-agents'),
    serverNameKey: privacy.includes('server-names') ? readKey(options.dpiKey).key : '',
  };
}

/** What templates ask of the packets' payload: bits of FlowNeeds. */
function askedOf(plans: readonly SinkPlan[]): number {
  return needsOf(measuredElements(plans).map((index) => elements()[index]!)) & inspectionBits;
}

/**
 * Whether and how applications are looked for. Throws WeirError WEIR_DPI_LIBRARY where libndpi is insisted on and absent,
 * WEIR_DPI_FILE for the key.
 */
export function planDpi(options: Options, plans: readonly SinkPlan[], addon: Pick<NativeAddon, 'dpi'>): DpiPlan {
  const asked = askedOf(plans);
  const filtered = options.dpiFilter.length > 0;
  const notices: DpiPlan['notices'] = [];
  const say = (level: 'info' | 'warning', text: string): void => void notices.push({ level, text });
  if (options.dpi === 'off') {
    if (filtered) say('warning', '--dpi is off: --dpi-filter is not applied, flows of all applications are exported');
    return { native: null, notices };
  }
  if (asked === 0 && !filtered) {
    if (options.dpi === 'on') say('info', '--dpi on has nothing to do: no template names what is inside flows');
    return { native: null, notices };
  }
  if (onlySockets(options)) {
    say('info', 'no packets are captured: nothing is known of what is inside flows');
    return { native: null, notices };
  }
  const needsLibrary = filtered || (asked & ndpiNeeds) !== 0;
  const { available, reason } = needsLibrary ? addon.dpi() : { available: true, reason: '' };
  if (!available && (filtered || options.dpi === 'on')) {
    const why = filtered ? '--dpi-filter needs it' : '--dpi on insists on it';
    throw new WeirError('WEIR_DPI_LIBRARY', `${reason}; ${why}`);
  }
  if (!available) say('warning', `applications are not named: ${reason}; see \`weir doctor\``);
  if (!available && (asked & factNeeds) === 0) return { native: null, notices };
  const native = dpiOptions(options);
  if (native.serverNameKey !== '' && readKey(options.dpiKey).open)
    say('warning', `${options.dpiKey}: everybody may read the key for server names; chmod 600 ${options.dpiKey}`);
  return { native, notices };
}

/** Octets of each packet to capture. */
export function snapLengthOf({ snapLength }: Options, dpi: DpiOptions | null, offline: boolean): number {
  if (snapLength !== autoSnapLength) return snapLength;
  if (dpi === null) return plainSnapLength;
  return offline ? wholePacket : liveSnapLength;
}

/** SIGHUP: protocols and lists are read anew; when something is wrong with them the old ones stay, aloud. */
export function reloadDpi(dpi: DpiOptions | null, meter: Pick<Meter, 'reloadDpi'>, log: Logger): void {
  if (dpi === null) return;
  const files = [...(dpi.protocolsFile === '' ? [] : [dpi.protocolsFile]), ...dpi.categoryFiles];
  if (files.length === 0) return;
  try {
    meter.reloadDpi();
    log.info(`read anew: ${files.join(', ')}`);
  } catch (error) {
    for (const line of describeError(error).lines) log.error(`protocols and lists stay as they were: ${line.trim()}`);
  }
}
