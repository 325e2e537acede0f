// Numbers for eyes. No imports: the status page takes this file into its script as it is.

const units = ['', 'k', 'M', 'G', 'T'] as const;

/** A number in at most three digits and a unit: 950, 12.3k, 1.25M. */
export function short(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${units[unit]}`;
}
