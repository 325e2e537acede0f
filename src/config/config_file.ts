// The configuration file: YAML, or JSON (which is read as YAML, for its line numbers). Every mistake has a place.
import type { Document, LineCounter, Node, Pair } from 'yaml';
import { WeirError } from '../errors.js';
import type { Assignment } from './assignment.js';
import { didYouMean } from './nearest.js';
import { longFlag, optionNames, optionOf, type OptionName } from './options.js';
import { yamlLibrary } from './yaml_library.js';

export interface ConfigFile {
  assignments: Assignment[];
  errors: WeirError[];
}

const fileNames = optionNames.filter((name) => optionOf(name).inFile !== false);

function expects(name: OptionName): string {
  return optionOf(name).kind.expects;
}

function isNothing(node: Node): boolean {
  return yamlLibrary().isScalar(node) && node.value === null;
}

function unknownName(key: string): string {
  const plain = key.replace(/^--?/, '');
  const flag = fileNames.find((name) => longFlag(name) === plain || optionOf(name).letters === plain);
  if (flag) return `unknown option '${key}'; in a file it is called ${flag}`;
  if (optionNames.some((name) => name === key)) return `option '${key}' cannot stand in a file`;
  return `unknown option '${key}'${didYouMean(key, fileNames)}`;
}

class Reader {
  readonly assignments: Assignment[] = [];
  readonly errors: WeirError[] = [];
  readonly #path: string;
  readonly #lines: LineCounter = new (yamlLibrary().LineCounter)();
  readonly #document: Document;

  constructor(path: string, content: string) {
    this.#path = path;
    this.#document = yamlLibrary().parseDocument(content, {
      lineCounter: this.#lines,
      prettyErrors: false,
      version: '1.2',
    });
  }

  read(): ConfigFile {
    for (const error of this.#document.errors) this.#fail(error.pos[0], error.message);
    const root = this.#document.contents;
    if (this.errors.length === 0 && root !== null && !isNothing(root)) {
      if (yamlLibrary().isMap(root)) for (const pair of root.items) this.#pair(pair as Pair<Node, Node | null>);
      else this.#fail(root.range?.[0], 'expected options, one `name: value` a line');
    }
    return { assignments: this.assignments, errors: this.errors };
  }

  #place(offset: number | undefined): string {
    const { line, col } = this.#lines.linePos(offset ?? 0);
    return `${this.#path}:${line}:${col}`;
  }

  #fail(offset: number | undefined, message: string): void {
    this.errors.push(new WeirError('WEIR_CONFIG_FILE', `${this.#place(offset)}: ${message}`));
  }

  #pair({ key, value }: Pair<Node, Node | null>): void {
    const name = yamlLibrary().isScalar(key) ? String(key.value) : '';
    const option = fileNames.find((known) => known === name);
    const node = this.#resolved(value);
    if (!option) this.#fail(key.range?.[0], unknownName(name));
    else if (!node || isNothing(node)) this.#fail(key.range?.[0], `${name}: no value; expected ${expects(option)}`);
    else if (!yamlLibrary().isSeq(node)) this.#value(option, node);
    else if (!optionOf(option).kind.item) this.#fail(node.range?.[0], `${name}: expected one value, found a list`);
    else for (const item of node.items) this.#value(option, this.#resolved(item as Node) ?? node);
  }

  #value(name: OptionName, node: Node): void {
    const offset = node.range?.[0];
    if (!yamlLibrary().isScalar(node) || isNothing(node)) {
      this.#fail(offset, `${name}: expected ${expects(name)}`);
      return;
    }
    // A number as it stands in the file, not as YAML reads it: 007, 1e3 and 0x10 are text to us.
    const value = typeof node.value === 'number' && typeof node.source === 'string' ? node.source : node.value;
    this.assignments.push({ name, value, place: `${this.#place(offset)}: ${name}`, code: 'WEIR_CONFIG_FILE' });
  }

  #resolved(node: Node | null): Node | undefined {
    return yamlLibrary().isAlias(node) ? node.resolve(this.#document) : (node ?? undefined);
  }
}

/** Reads the text of a configuration file; `path` only names it in messages. */
export function readConfigFile(path: string, content: string): ConfigFile {
  return new Reader(path, content).read();
}
