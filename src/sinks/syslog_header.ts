// The header of a syslog message, RFC 5424 section 6: `<PRI>1 TIMESTAMP HOST APP-NAME PROCID MSGID - MSG`.

import type { Clock } from './sink.js';

/** RFC 5424 table 1, by the names of syslog.h; the index is the number. */
export const syslogFacilities = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'audit',
  'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
] as const; // biome-ignore format: a table

/** RFC 5424 table 2; the index is the number. */
export const syslogSeverities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

export interface SyslogHeaderOptions {
  /** Default daemon. */
  facility?: (typeof syslogFacilities)[number];
  /** Default info. */
  severity?: (typeof syslogSeverities)[number];
  /** Default weir. */
  appName?: string;
  /** The probe's host; '' = not known. */
  hostName: string;
  /** Process id of the probe; '' = not known. */
  processId: string;
  /** Kind of message; default flow. */
  messageId?: string;
}

const lineFeed = 0x0a;

/** Printable US-ASCII of the length that the RFC allows; the nil value when there is nothing. */
function printable(text: string, limit: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, limit) || '-';
}

export class SyslogHeader {
  #clock: Clock;
  #before: string;
  #behind: string;

  constructor(options: SyslogHeaderOptions, clock: Clock) {
    const { facility = 'daemon', severity = 'info', appName = 'weir', messageId = 'flow' } = options;
    this.#clock = clock;
    this.#before = `<${syslogFacilities.indexOf(facility) * 8 + syslogSeverities.indexOf(severity)}>1 `;
    const fields = [
      printable(options.hostName, 255),
      printable(appName, 48),
      printable(options.processId, 128),
      printable(messageId, 32),
    ];
    this.#behind = ` ${fields.join(' ')} - `;
  }

  /** Octets before the message; the time has always the same length. */
  get octets(): number {
    return this.#text().length;
  }

  /** The syslog message of a line, without its line feed. Time: now. */
  message(line: Uint8Array): Buffer {
    const text = line.at(-1) === lineFeed ? line.subarray(0, -1) : line;
    return Buffer.concat([Buffer.from(this.#text(), 'latin1'), text]);
  }

  #text(): string {
    return this.#before + new Date(this.#clock.wall()).toISOString() + this.#behind;
  }
}
