// How a sink is called in labels and health reports: as the user wrote it, without parameters and secrets.

/** Scheme and address of a sink's name; what stands before an @ of the address is masked. */
export function sinkLabel(name: string): string {
  const address = name.replace(/\?.*$/s, '');
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1***@');
}

/** udp, tcp, kafka ...; stdout for `-`. */
export function sinkScheme(name: string): string {
  if (name === '-') return 'stdout';
  return /^[a-z][a-z0-9+.-]*/i.exec(name)?.[0].toLowerCase() ?? 'unknown';
}

/** Labels of all sinks, in their order; one that came before gets `#2`, `#3` ... so that each is unique. */
export function sinkLabels(names: readonly string[]): string[] {
  const used = new Map<string, number>();
  return names.map((name) => {
    const label = sinkLabel(name);
    const times = (used.get(label) ?? 0) + 1;
    used.set(label, times);
    return times === 1 ? label : `${label}#${times}`;
  });
}
