// Text in columns: what fits into a width, cut by what a terminal shows and not by characters.
import stringWidth from 'string-width';
import { type Column, type ColumnName, columns } from './columns.js';

const segmenter = new Intl.Segmenter();
const valueWidth = 8; // a number, its unit, and a space before it
const labelWidth = { least: 12, most: 60 };

/** The text in exactly `width` columns of a terminal, cut with … or filled with spaces. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  if (width <= 0) return '';
  const own = stringWidth(text);
  if (own <= width) {
    const space = ' '.repeat(width - own);
    return align === 'left' ? text + space : space + text;
  }
  let cut = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const more = stringWidth(segment);
    if (used + more > width - 1) break;
    cut += segment;
    used += more;
  }
  return `${cut}…${' '.repeat(width - 1 - used)}`;
}

export interface Plan {
  label: number;
  columns: Column[];
  value: number;
}

/** The columns that fit into the width; the sorted one is always among them. Long labels get up to four tenths of it. */
export function planColumns(width: number, sort: ColumnName, longestLabel: number): Plan {
  const ranked = [...columns].sort(
    (a: Column, b: Column) => Number(b.name === sort) - Number(a.name === sort) || a.rank - b.rank,
  );
  const least = Math.min(labelWidth.least, Math.max(1, width));
  const wanted = Math.min(longestLabel + 1, Math.max(24, Math.floor(width * 0.4)));
  const room = Math.max(0, Math.floor((width - Math.max(least, wanted)) / valueWidth));
  const kept = ranked.slice(0, room).map(({ name }) => name);
  const shown = columns.filter(({ name }) => kept.includes(name));
  const label = Math.max(
    least,
    Math.min(width - shown.length * valueWidth, Math.max(longestLabel + 1, 20), labelWidth.most),
  );
  return { label, columns: shown, value: valueWidth };
}
