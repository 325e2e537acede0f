// Numbers as the screen and the table show them: at most three digits and a unit, so that columns stay calm.
import { short } from '../telemetry/short_number.js';
import type { Column } from './columns.js';

export type Units = 'bits' | 'octets';

/** 0.25 .. 9.9 with digits behind the point, beyond that as short() does; the unit stands in its own place. */
function aligned(value: number): string {
  if (value === 0) return '0 ';
  if (value < 0.01) return '>0 ';
  const text = value < 9.95 ? value.toFixed(value < 0.995 ? 2 : 1) : short(value);
  return /\d$/.test(text) ? `${text} ` : text;
}

/** 850µs, 12.3ms, 1.20s. */
export function duration(microseconds: number): string {
  if (microseconds < 999.5) return `${Math.round(microseconds)}µs`;
  if (microseconds < 999_500)
    return `${(microseconds / 1000).toFixed(microseconds < 9_995 ? 2 : microseconds < 99_950 ? 1 : 0)}ms`;
  return `${(microseconds / 1_000_000).toFixed(microseconds < 9_995_000 ? 2 : 1)}s`;
}

/** A value of a column; octets a second are shown as bits where asked for. */
export function cellText(column: Pick<Column, 'unit'>, value: number, units: Units): string {
  switch (column.unit) {
    case 'octets/s':
      return aligned(units === 'bits' ? value * 8 : value);
    case 'octets':
      return aligned(value);
    case 'microseconds':
      return value === 0 ? '- ' : duration(value);
    case 'flows':
      return value >= 1000 ? aligned(value) : `${value} `;
    default:
      return aligned(value);
  }
}

/** What octets a second are shown in. */
export function rateUnit(units: Units): string {
  return units === 'bits' ? 'bit/s' : 'B/s';
}

/** A rate with its unit, for headlines: 12.3 Mbit/s. */
export function rateText(octetsPerSecond: number, units: Units): string {
  const text = short(units === 'bits' ? octetsPerSecond * 8 : octetsPerSecond);
  const [, digits = text, unit = ''] = /^([\d.]+)(\D*)$/.exec(text) ?? [];
  return `${digits} ${unit}${rateUnit(units)}`;
}
