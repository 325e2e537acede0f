// The option table as text: config/weir.yaml, the effective configuration, the README's reference.
import type { Scalar } from './format.js';
import { defaultText, flagText, wrap } from './help.js';
import { environmentName, groups, longFlag, optionNames, optionOf, type OptionName, type Options } from './options.js';
import { yamlLibrary } from './yaml_library.js';

/** `name: value` as YAML; lists of items stand one a line. */
function yamlEntry(name: OptionName, printed: Scalar | Scalar[]): string[] {
  return yamlLibrary()
    .stringify({ [name]: printed }, { lineWidth: 0, indentSeq: true })
    .trimEnd()
    .split('\n');
}

const inFile = optionNames.filter((name) => optionOf(name).inFile !== false);

function commentedOption(name: OptionName): string[] {
  const { doc, example, default: value, kind } = optionOf(name);
  const shown = kind.item ? `[${JSON.stringify(example)}]` : example;
  return [
    '',
    ...wrap(doc, 98).map((line) => `# ${line}`),
    `# ${flagText(name).trim()}   ${environmentName(name)}   for example ${name}: ${shown}`,
    ...yamlEntry(name, kind.print(value)).map((line) => `#${line}`),
  ];
}

/** config/weir.yaml: every option, commented out, with its help and default. */
export function weirYaml(): string {
  const lines = [
    '# Configuration of weir: `weir -c weir.yaml`. Made from src/config/options.ts by `npm run generate`.',
    '# Every option stands here at its default; take the # away in front of its name to change it.',
    '# Environment variables win over this file, flags over both. `weir config` prints what is in force.',
  ];
  for (const [group, heading] of Object.entries(groups)) {
    lines.push('', `# ---- ${heading} ----`);
    for (const name of inFile.filter((one) => optionOf(one).group === group)) lines.push(...commentedOption(name));
  }
  return `${lines.join('\n')}\n`;
}

/** A printed value without its secrets. */
function shown(name: OptionName, value: unknown): Scalar | Scalar[] {
  const { kind } = optionOf(name);
  const { masked = (one: Scalar) => one } = kind.item ?? kind;
  const printed = kind.print(value);
  return Array.isArray(printed) ? printed.map(masked) : masked(printed);
}

/** The options in force as a file that `weir -c` reads; what is not at its default says where it was set, and *** is a secret. */
export function effectiveYaml(options: Options, places: ReadonlyMap<OptionName, string>): string {
  const lines = inFile.flatMap((name) => {
    // Live and file input exclude each other, so the unused one is left out.
    const [first = '', ...rest] = yamlEntry(name, shown(name, options[name]));
    const place = places.get(name)?.replace(`: ${name}`, '');
    return [place ? `${first} # ${place}` : first, ...rest];
  });
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Markdown tables of all options, for the README. */
export function optionsMarkdown(): string {
  const lines: string[] = [];
  for (const [group, heading] of Object.entries(groups)) {
    lines.push(`### ${heading}`, '', '| option | in a file | default | what it does |', '|---|---|---|---|');
    for (const name of optionNames.filter((one) => optionOf(one).group === group)) {
      const text = defaultText(name);
      const key = optionOf(name).inFile === false ? '' : `\`${name}\``;
      const flag = `\`${cell(flagText(name).trim())}\``;
      lines.push(`| ${flag} | ${key} | ${text === '' ? '' : `\`${cell(text)}\``} | ${cell(optionOf(name).doc)} |`);
    }
    lines.push('');
  }
  lines.push(
    'Environment variables are WEIR_ and the long flag: ' +
      `\`--${longFlag('activeTimeout')}\` is \`${environmentName('activeTimeout')}\`.`,
  );
  return `${lines.join('\n')}\n`;
}
