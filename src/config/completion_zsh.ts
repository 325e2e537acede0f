// The completion of zsh.
import { type CompletedFlag, type CompletionModel, madeFrom, type ValueSource } from './completion_model.js';

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Text in which a colon or a bracket would end a part. */
function part(text: string): string {
  return text.replaceAll(/[\\:[\]]/g, (character) => `\\${character}`);
}

/** `message:action` of _arguments. */
function action(value: ValueSource, placeholder: string): string {
  const message = part(
    placeholder.includes('|') ? 'value' : placeholder.replace(/[[\].]/g, '').toLowerCase() || 'value',
  );
  const actions: Record<ValueSource['kind'], string> = {
    words: value.kind === 'words' ? `(${value.words.join(' ')})` : '',
    file: '_files',
    folder: '_files -/',
    interface: '_weir_interfaces',
    user: '_users',
    sink: '_weir_sinks',
    help: '_weir_helps',
    url: '_weir_urls',
    text: ' ',
  };
  return `${message}:${actions[value.kind]}`;
}

function flagSpecs({ letters, long, doc, value, placeholder, repeated }: CompletedFlag): string[] {
  const names = [...letters.map((letter) => `-${letter}`), `--${long}`];
  const one = (name: string): string => {
    const excluded = repeated ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
    const takes = value === undefined ? '' : name.startsWith('--') ? '=' : '+';
    return quote(
      `${excluded}${name}${takes}[${part(doc)}]${value === undefined ? '' : `:${action(value, placeholder)}`}`,
    );
  };
  return names.map(one);
}

function list(rows: readonly { name: string; doc: string }[]): string {
  return rows.map(({ name, doc }) => `    ${quote(`${name.replaceAll(':', '\\:')}:${doc}`)}`).join('\n');
}

function commandCases({ commands }: CompletionModel): string {
  return commands
    .map(({ name, operand, flags, options }) => {
      const specs = [
        ...(options ? ['$options'] : []),
        ...flags.flatMap(flagSpecs),
        ...(operand === undefined || operand.kind === 'text' ? [] : [quote(`*:${action(operand, 'operand')}`)]),
      ];
      return `        ${name}) ${specs.length === 0 ? ':' : `_arguments -s : ${specs.join(' ')} && ret=0`} ;;`;
    })
    .join('\n');
}

function parameterCases({ parameters }: CompletionModel): string {
  return parameters
    .map(({ name, value }) => {
      if (value.kind === 'words') return `      ${name}) compadd -- ${value.words.join(' ')} ;;`;
      return value.kind === 'file' ? `      ${name}) _files ;;` : '';
    })
    .filter((line) => line !== '')
    .join('\n');
}

function schemeCases({ sinks }: CompletionModel): string {
  return sinks
    .filter(({ parameters }) => parameters.length > 0)
    .map(({ scheme, parameters }) => `      ${scheme}) names=(${parameters.join(' ')}) ;;`)
    .join('\n');
}

export function zshScript(model: CompletionModel): string {
  const { options, general, commands, sinks, parameters } = model;
  const helps = [...commands.map(({ name }) => name), ...options.map(({ long }) => long)];
  return `#compdef weir
# zsh completion of weir(1); ${madeFrom}.

_weir_commands() {
  local -a commands=(
${list(commands)}
  )
  _describe -t commands command commands
}

_weir_interfaces() {
  if compset -P '*@'; then
    local -a names=(/run/netns/*(N:t))
    compadd -S '' -- pid: container: pod:
    compadd -- netns:\${^names}
  else
    compadd -- any ebpf: /sys/class/net/*(N:t)
  fi
}

_weir_helps() {
  compadd -- ${helps.filter((name) => !name.startsWith('no-')).join(' ')}
}

_weir_urls() {
  if compset -P 'file://'; then _files; else compadd -S '' -- udp:// tcp:// file://; fi
}

_weir_sinks() {
  local scheme name
  if compset -P '*\\?'; then
    scheme=\${\${\${IPREFIX#--to=}#[\\'\\"]}%%[:?]*}
    compset -P '*&'
    if compset -P '*='; then
      name=\${\${IPREFIX%=}##*[?&]}
      case $name in
${parameterCases(model)}
      esac
      return
    fi
    local -a names rows
    local -A docs=(
${parameters.map(({ name, doc }) => `      ${name} ${quote(doc)}`).join('\n')}
    )
    case $scheme in
${schemeCases(model)}
    esac
    for name in $names; do rows+=("$name:$docs[$name]"); done
    _describe -t parameters parameter rows -S '='
  elif compset -P '(file|unix)://'; then
    _files
  else
    local -a sinks=(
${list(sinks.map(({ start, doc }) => ({ name: start, doc })))}
    )
    _describe -t sinks sink sinks -S ''
  fi
}

_weir() {
  local curcontext=$curcontext state line ret=1
  local -a options=(
${options
  .flatMap(flagSpecs)
  .map((spec) => `    ${spec}`)
  .join('\n')}
  )
  _arguments -C -s -A '-*' : $options ${general.flatMap(flagSpecs).join(' ')} '1: :_weir_commands' '*:: :->operand' && ret=0
  if [[ $state == operand ]]; then
    case $words[1] in
${commandCases(model)}
    esac
  fi
  return ret
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _weir "$@"; else compdef _weir weir; fi
`;
}
