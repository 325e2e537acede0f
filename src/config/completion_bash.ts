// The completion of bash. It does without the package bash-completion, so words that readline breaks at = : and @ are put
// together here, and what stands before the last of them is taken off again.
import { type CompletedFlag, type CompletionModel, madeFrom, type ValueSource, written } from './completion_model.js';

/** The command that fills COMPREPLY with values; $1 of it is what stands before the value, such as --to= */
function call(value: ValueSource | undefined, before: string): string {
  if (value === undefined) return ':';
  switch (value.kind) {
    case 'words':
      return `_weir_words ${before} "${value.words.join(' ')}"`;
    case 'text':
      return ':';
    default:
      return `_weir_${value.kind}s ${before}`;
  }
}

/** One branch for all flags with the same values. */
function branches(flags: readonly CompletedFlag[], before: string): string[] {
  const byCall = new Map<string, string[]>();
  for (const flag of flags) {
    const names = [...flag.letters.map((letter) => `-${letter}`), `--${flag.long}`];
    if (flag.value === undefined) continue;
    const command = call(flag.value, before);
    byCall.set(command, [...(byCall.get(command) ?? []), ...names]);
  }
  return [...byCall].map(([command, names]) => `    ${names.join(' | ')}) ${command} ;;`);
}

function operandBranches({ commands }: CompletionModel): string[] {
  return commands.map(({ name, operand, flags, options }) => {
    const own = written(flags, true).concat(written(flags, false));
    const dashed = `${options ? '$_weir_options ' : ''}${own.join(' ')}`.trim();
    return `    ${name}) if [[ $cur == -* ]]; then _weir_words "" "${dashed}"; else ${call(operand, '""')}; fi ;;`;
  });
}

function parameterBranches({ parameters }: CompletionModel): string[] {
  return parameters
    .filter(({ value }) => value.kind !== 'text')
    .map(({ name, value }) => `      ${name}) ${call(value, '"$before"')} ;;`);
}

function schemeBranches({ sinks }: CompletionModel): string[] {
  return sinks
    .filter(({ parameters }) => parameters.length > 0)
    .map(
      ({ scheme, parameters }) =>
        `      ${scheme}) _weir_words "$before" "${parameters.map((name) => `${name}=`).join(' ')}" ;;`,
    );
}

export function bashScript(model: CompletionModel): string {
  const { options, general, commands, sinks } = model;
  const ownFlags = commands.flatMap(({ flags }) => flags);
  const all = [...written(options, true), ...written(options, false), ...written(general, false)];
  const valued = [...new Set([...written(options, true), ...written(ownFlags, true)])];
  return `# bash completion of weir(1); ${madeFrom}.

_weir_options="${all.join(' ')}"
_weir_valued=" ${valued.join(' ')} "

# Words of the line up to the cursor, with what readline breaks at = : and @ put together again.
_weir_split() {
  local line=\${COMP_LINE:0:COMP_POINT} word i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
      line=\${line#"\${line%%[![:blank:]]*}"}
      words+=("")
    fi
    ((i == COMP_CWORD)) && word=$line
    words[-1]+=$word
    line=\${line#"$word"}
  done
}

# Takes off the replies what readline thinks is another word.
_weir_cut() {
  [[ $quoted ]] && return
  local tail=\${cur##*[=:]} before i
  [[ $tail == *@* ]] && tail=@\${tail##*@} # readline keeps the @
  before=\${cur%"$tail"}
  [[ $before ]] || return
  for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=\${COMPREPLY[i]#"$before"}; done
}

# BEFORE WORDS: those that go on as the word at the cursor does.
_weir_words() {
  local word
  for word in $2; do [[ $1$word == "$cur"* ]] && COMPREPLY+=("$1$word"); done
  if [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == *[=/:@] ]]; then compopt -o nospace; fi
  _weir_cut
}

# BEFORE [compgen's letter]: names of files
_weir_files() {
  local name
  while IFS= read -r name; do COMPREPLY+=("$1$name"); done < <(compgen "-\${2:-f}" -- "\${cur#"$1"}")
  compopt -o filenames
  _weir_cut
}

_weir_folders() { _weir_files "$1" d; }

_weir_users() { _weir_words "$1" "$(compgen -u)"; }

_weir_interfaces() {
  local part=\${cur#"$1"} names
  if [[ $part == *@* ]]; then
    names=$(cd /run/netns 2> /dev/null && compgen -G '*' > /dev/null && printf 'netns:%s ' *)
    _weir_words "$1\${part%%@*}@" "pid: container: pod: $names"
  else
    names=$(cd /sys/class/net 2> /dev/null && compgen -G '*' > /dev/null && printf '%s ' *)
    _weir_words "$1" "any ebpf: $names"
  fi
}

_weir_sinks() {
  local part=\${cur#"$1"} before scheme name
  if [[ $part == *\\?* ]]; then
    scheme=\${part%%[:?]*}
    before=\${cur%"\${cur##*[?&]}"}
    name=\${cur#"$before"}
    if [[ $name == *=* ]]; then
      before+=\${name%%=*}=
      case \${name%%=*} in
${parameterBranches(model).join('\n')}
      esac
    else
      case $scheme in
${schemeBranches(model).join('\n')}
      esac
    fi
  elif [[ $part == file://* ]]; then
    _weir_files "$1file://"
  elif [[ $part == unix://* ]]; then
    _weir_files "$1unix://"
  else
    _weir_words "$1" "${sinks.map(({ start }) => start).join(' ')}"
  fi
}

_weir_urls() {
  if [[ $cur == file://* ]]; then _weir_files "file://"; else _weir_words "" "udp:// tcp:// file://"; fi
}

_weir_helps() {
  _weir_words "" "${commands.map(({ name }) => name).join(' ')} ${options
    .filter(({ long }) => !long.startsWith('no-'))
    .map(({ long }) => long)
    .join(' ')}"
}

# FLAG BEFORE: values of a flag
_weir_value() {
  case $1 in
${branches([...options, ...ownFlags], '"$2"').join('\n')}
  esac
}

_weir() {
  local words cur previous quoted= command= i
  _weir_split
  cur=\${words[-1]}
  if [[ $cur == [\\'\\"]* ]]; then quoted=1 cur=\${cur:1}; fi
  previous=\${words[-2]}
  COMPREPLY=()
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    if [[ $_weir_valued == *" \${words[i]} "* ]]; then
      ((i++))
    elif [[ \${words[i]} != -* ]]; then
      command=\${words[i]}
      break
    fi
  done
  if [[ $cur == --*=* ]]; then
    _weir_value "\${cur%%=*}" "\${cur%%=*}="
    return
  elif [[ $_weir_valued == *" $previous "* ]]; then
    _weir_value "$previous" ""
    return
  fi
  case $command in
    '')
      if [[ $cur == -* ]]; then _weir_words "" "$_weir_options"; else _weir_words "" "${commands.map(({ name }) => name).join(' ')}"; fi
      ;;
${operandBranches(model).join('\n')}
  esac
}

complete -F _weir weir
`;
}
