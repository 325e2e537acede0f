// A strict parser of Prometheus' text format 0.0.4, written from its description: the tests' own judge of /metrics.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface MetricFamily {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  samples: Sample[];
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPart = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/y;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPart.lastIndex = 0;
  while (labelPart.lastIndex < text.length) {
    const match = labelPart.exec(text);
    if (!match) throw new Error(`labels: ${text}`);
    const [, name = '', value = ''] = match;
    if (name in labels) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
  }
  return labels;
}

function numberOf(text: string): number {
  const special: Record<string, number> = { '+Inf': Infinity, '-Inf': -Infinity, NaN: NaN, Nan: NaN };
  const value = special[text] ?? Number(text);
  if (Number.isNaN(value) && !(text in special)) throw new Error(`value: ${text}`);
  return value;
}

/** Families by name. Throws on a line that is none, a sample outside its family, a family or sample that comes twice. */
export function parsePrometheus(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, MetricFamily>();
  const seen = new Set<string>();
  let family: MetricFamily | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const head = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (head) {
      const [, kind, name = '', rest = ''] = head;
      if (kind === 'HELP') {
        if (families.has(name)) throw new Error(`family ${name} twice`);
        family = { name, help: rest, type: 'untyped', samples: [] };
        families.set(name, family);
      } else {
        if (family?.name !== name) throw new Error(`TYPE without HELP: ${line}`);
        family.type = rest as MetricFamily['type'];
      }
      continue;
    }
    const match = sampleLine.exec(line);
    if (!match || !family) throw new Error(`no sample: ${line}`);
    const [, name = '', labels = '', value = ''] = match;
    const base = family.type === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    if (base !== family.name) throw new Error(`${name} stands under ${family.name}`);
    const sample = { name, labels: labelsOf(labels), value: numberOf(value) };
    const identity = JSON.stringify([name, Object.entries(sample.labels).sort()]);
    if (seen.has(identity)) throw new Error(`sample twice: ${line}`);
    seen.add(identity);
    family.samples.push(sample);
  }
  return families;
}

/** The value of the one sample with this name and exactly these labels; undefined when there is none. */
export function sampleValue(
  families: Map<string, MetricFamily>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  for (const { samples } of families.values()) {
    const found = samples.find(
      (sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
    );
    if (found) return found.value;
  }
  return undefined;
}
