// Octets of one field to a JavaScript value, by abstract data type (RFC 7011 section 6.1, text forms as RFC 7373).

/** Abstract data types of RFC 7012 section 3.1 and RFC 6313; the order is that of RFC 5610's informationElementDataType. */
export const dataTypes = [
  'octetArray',
  'unsigned8',
  'unsigned16',
  'unsigned32',
  'unsigned64',
  'signed8',
  'signed16',
  'signed32',
  'signed64',
  'float32',
  'float64',
  'boolean',
  'macAddress',
  'string',
  'dateTimeSeconds',
  'dateTimeMilliseconds',
  'dateTimeMicroseconds',
  'dateTimeNanoseconds',
  'ipv4Address',
  'ipv6Address',
  'basicList',
  'subTemplateList',
  'subTemplateMultiList',
  'unsigned256',
] as const;

export type DataType = (typeof dataTypes)[number];

/** Integers above 2^53 are decimal strings; addresses, times and octets are text. */
export type FieldValue = string | number | boolean;

/** How times are written: ISO 8601 text, or milliseconds since the epoch (with a fraction where the type has one). */
export type TimeForm = 'iso' | 'milliseconds';

/** Decodes octets [at, at + length) of the message; the caller has checked that they are there. */
export type Decode = (message: Buffer, at: number, length: number) => FieldValue;

const ntpEpoch = 2_208_988_800; // seconds from 1900 to 1970, RFC 7011 section 6.1.9
const ntpEra = 2 ** 32; // seconds; era 1 begins on 2036-02-07

const hex: Decode = (message, at, length) => `0x${message.toString('hex', at, at + length)}`;

function big(message: Buffer, at: number, length: number): bigint {
  return length === 0 ? 0n : BigInt(hex(message, at, length));
}

/** A number when it is exact, else its decimal digits. */
function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

const unsigned: Decode = (message, at, length) => {
  if (length <= 6) return length === 0 ? 0 : message.readUIntBE(at, length);
  return length <= 32 ? exact(big(message, at, length)) : hex(message, at, length);
};

const signed: Decode = (message, at, length) => {
  if (length <= 6) return length === 0 ? 0 : message.readIntBE(at, length);
  return length <= 32 ? exact(BigInt.asIntN(length * 8, big(message, at, length))) : hex(message, at, length);
};

const float: Decode = (message, at, length) => {
  if (length !== 4 && length !== 8) return hex(message, at, length);
  const value = length === 4 ? message.readFloatBE(at) : message.readDoubleBE(at);
  return Number.isFinite(value) ? value : String(value); // JSON has no NaN and no infinity
};

/** RFC 7011 section 6.1.5: 1 true, 2 false; anything else is shown as it is. */
const boolean: Decode = (message, at, length) => {
  const value = unsigned(message, at, length);
  return value === 1 ? true : value === 2 ? false : value;
};

/** UTF-8; ill-formed octets become U+FFFD. Fixed-length strings are padded with NUL, which is not part of them. */
const string: Decode = (message, at, length) => {
  let end = at + length;
  while (end > at && message[end - 1] === 0) end--;
  return message.toString('utf8', at, end);
};

const mac: Decode = (message, at, length) =>
  length === 6 ? (message.toString('hex', at, at + 6).match(/../g) ?? []).join(':') : hex(message, at, length);

const ipv4: Decode = (message, at, length) =>
  length === 4 ? `${message[at]}.${message[at + 1]}.${message[at + 2]}.${message[at + 3]}` : hex(message, at, length);

const ipv6: Decode = (message, at, length) => (length === 16 ? formatIpv6(message, at) : hex(message, at, length));

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`, IPv4-mapped with dots. */
export function formatIpv6(message: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => message.readUInt16BE(at + 2 * index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${String(ipv4(message, at + 12, 4))}`;
  }
  let best = 0;
  let bestLength = 1; // a single zero group stays
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) [best, bestLength] = [start, length];
  }
  const text = groups.map((group) => group.toString(16));
  if (bestLength < 2) return text.join(':');
  return `${text.slice(0, best).join(':')}::${text.slice(best + bestLength).join(':')}`;
}

/** Seconds and nanoseconds since the Unix epoch as ISO text with `digits` fraction digits, or as milliseconds. */
function time(seconds: number, nanoseconds: number, digits: 0 | 3 | 6 | 9, form: TimeForm): FieldValue {
  if (form === 'milliseconds') return seconds * 1000 + nanoseconds / 1e6;
  const whole = new Date(seconds * 1000);
  if (Number.isNaN(whole.getTime())) return seconds * 1000;
  const fraction = digits === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').slice(0, digits)}`;
  return `${whole.toISOString().slice(0, -5)}${fraction}Z`;
}

const timeSeconds =
  (form: TimeForm): Decode =>
  (message, at, length) =>
    length === 4 ? time(message.readUInt32BE(at), 0, 0, form) : hex(message, at, length);

const timeMilliseconds =
  (form: TimeForm): Decode =>
  (message, at, length) => {
    if (length !== 8) return hex(message, at, length);
    const value = unsigned(message, at, length);
    if (typeof value !== 'number') return value;
    return time(Math.floor(value / 1000), (value % 1000) * 1e6, 3, form);
  };

/** NTP seconds and 2^-32 fractions (RFC 7011 sections 6.1.9, 6.1.10), to the nearest microsecond or nanosecond. */
const timeNtp =
  (digits: 6 | 9, form: TimeForm): Decode =>
  (message, at, length) => {
    if (length !== 8) return hex(message, at, length);
    const ntp = message.readUInt32BE(at);
    // RFC 2030 section 3: without the top bit the time is in era 1, after 2036.
    let seconds = ntp + (ntp < 0x80000000 ? ntpEra : 0) - ntpEpoch;
    const unit = digits === 6 ? 1000 : 1;
    let nanoseconds = Math.round((message.readUInt32BE(at + 4) * (1e9 / unit)) / 2 ** 32) * unit;
    if (nanoseconds >= 1e9) {
      seconds++;
      nanoseconds -= 1e9;
    }
    return time(seconds, nanoseconds, digits, form);
  };

/** The decoder of a type. Lengths the type cannot have are shown as octets, never an error. */
export function decoderFor(type: DataType, times: TimeForm): Decode {
  if (type.startsWith('unsigned')) return unsigned;
  if (type.startsWith('signed')) return signed;
  if (type === 'float32' || type === 'float64') return float;
  if (type === 'dateTimeSeconds') return timeSeconds(times);
  if (type === 'dateTimeMilliseconds') return timeMilliseconds(times);
  if (type === 'dateTimeMicroseconds') return timeNtp(6, times);
  if (type === 'dateTimeNanoseconds') return timeNtp(9, times);
  const decoders: Partial<Record<DataType, Decode>> = {
    boolean,
    string,
    macAddress: mac,
    ipv4Address: ipv4,
    ipv6Address: ipv6,
  };
  return decoders[type] ?? hex; // octetArray; lists of RFC 6313 are shown as octets, too
}
