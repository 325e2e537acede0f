// The completion of fish.
import { type CompletedFlag, type CompletionModel, madeFrom, type ValueSource, written } from './completion_model.js';

/** In single quotes, where fish knows \' and \\ alone. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (character) => `\\${character}`)}'`;
}

/** Arguments of `complete` for a value: -x takes words alone, -r files too. */
function valueArguments(value: ValueSource): string {
  switch (value.kind) {
    case 'words':
      return `-x -a ${quote(value.words.join(' '))}`;
    case 'file':
      return '-r -F';
    case 'text':
      return '-x';
    default:
      return `-x -a '(__weir_${value.kind}s)'`;
  }
}

function flagLine({ letters, long, doc, value }: CompletedFlag, condition: string): string {
  const names = [...letters.map((letter) => `-s ${letter}`), `-l ${long}`].join(' ');
  const rest = value === undefined ? '' : ` ${valueArguments(value)}`;
  return `complete -c weir -n ${quote(condition)} ${names} -d ${quote(doc)}${rest}`;
}

function parameterCases({ parameters }: CompletionModel): string[] {
  return parameters.flatMap(({ name, value }) => {
    if (value.kind === 'words')
      return [`            case ${name}`, `                printf '%s\\n' $head$name=${`{${value.words.join(',')}}`}`];
    if (value.kind === 'file') return [`            case ${name}`, '                __weir_paths $head$name= $part'];
    return [];
  });
}

/** NAME=, a tab and what it is, for those the scheme takes. */
function schemeCases({ sinks }: CompletionModel): string[] {
  return sinks
    .filter(({ parameters }) => parameters.length > 0)
    .flatMap(({ scheme, parameters }) => [
      `        case ${quote(scheme)}`,
      `            set names ${parameters.join(' ')}`,
    ]);
}

function commandLines({ commands }: CompletionModel): string[] {
  return commands.flatMap(({ name, doc, operand, flags }) => [
    `complete -c weir -n '__weir_at ""' -a ${name} -d ${quote(doc)}`,
    ...(operand === undefined || operand.kind === 'text'
      ? []
      : [`complete -c weir -n '__weir_at ${name}' ${valueArguments(operand).replace(/^-[xr] /, '')}`]),
    ...flags.map((flag) => flagLine(flag, `__weir_at ${name}`)),
  ]);
}

const functions = `
# The command on the line, or nothing.
function __weir_command
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l value 0
    for token in $tokens
        if test $value = 1
            set value 0
        else if contains -- $token $__weir_valued
            set value 1
        else if not string match -q -- '-*' $token
            echo $token
            return
        end
    end
end

function __weir_at
    test "$(__weir_command)" = "$argv[1]"
end

function __weir_with_options
    not contains -- (__weir_command) $__weir_without_options
end

# The word at the cursor without a quote, and without --flag= in front.
function __weir_word
    commandline -ct | string replace -r '^[\\'"]' '' | string replace -r '^--[a-z-]+=' ''
end

function __weir_interfaces
    set -l word (__weir_word)
    if string match -q '*@*' -- $word
        set -l name (string replace -r '@.*' '' -- $word)
        printf '%s\\n' $name@{pid:,container:,pod:} $name@netns:(command ls /run/netns 2> /dev/null)
    else
        printf '%s\\t%s\\n' any 'every interface, as they come and go' ebpf: 'sockets of this host, no packets'
        command ls /sys/class/net 2> /dev/null
    end
end

function __weir_users
    __fish_complete_users
end

function __weir_folders
    __fish_complete_directories (__weir_word)
end

# BEFORE PART: files that PART begins, with BEFORE in front
function __weir_paths
    set -l found (complete -C "__weir_none $argv[2]" | string replace -r '\\t.*' '')
    printf '%s\\n' $argv[1]$found
end
`;

export function fishScript(model: CompletionModel): string {
  const { options, general, commands, sinks, parameters } = model;
  const valued = [
    ...new Set([
      ...written(options, true),
      ...written(
        commands.flatMap(({ flags }) => flags),
        true,
      ),
    ]),
  ];
  const without = commands.filter(({ options: takes }) => !takes).map(({ name }) => name);
  const helps = [...commands.map(({ name }) => name), ...options.map(({ long }) => long)];
  return `# fish completion of weir(1); ${madeFrom}.

set -g __weir_valued ${valued.join(' ')}
set -g __weir_without_options ${without.join(' ')}
${functions}
function __weir_helps
    printf '%s\\n' ${helps.filter((name) => !name.startsWith('no-')).join(' ')}
end

function __weir_urls
    set -l word (__weir_word)
    if string match -q 'file://*' -- $word
        __weir_paths file:// (string replace 'file://' '' -- $word)
    else
        printf '%s\\n' udp:// tcp:// file://
    end
end

function __weir_describe
    switch $argv[1]
${parameters.map(({ name, doc }) => `        case ${name}\n            echo ${quote(doc)}`).join('\n')}
    end
end

# HEAD PART: parameters of the sink that begins HEAD, or values of the one that PART begins
function __weir_parameters
    set -l head $argv[1]
    set -l name (string replace -r '=.*' '' -- $argv[2])
    if string match -q '*=*' -- $argv[2]
        set -l part (string replace -r '^[^=]*=' '' -- $argv[2])
        switch $name
${parameterCases(model).join('\n')}
        end
        return
    end
    set -l names
    switch (string replace -r '[:?].*' '' -- $head)
${schemeCases(model).join('\n')}
    end
    for name in $names
        printf '%s\\t%s\\n' $head$name= (__weir_describe $name)
    end
end

function __weir_sinks
    set -l word (__weir_word)
    if string match -q '*\\?*' -- $word
        __weir_parameters (string replace -r '[^?&]*$' '' -- $word) (string replace -r '^.*[?&]' '' -- $word)
    else if string match -qr '^(file|unix)://' -- $word
        set -l scheme (string replace -r '//.*' '//' -- $word)
        __weir_paths $scheme (string replace -r '^[a-z]+://' '' -- $word)
    else
        printf '%s\\t%s\\n' ${sinks.map(({ start, doc }) => `${quote(start)} ${quote(doc)}`).join(' ')}
    end
end

complete -c weir -f
${[
  ...commandLines(model),
  ...general.map((flag) => flagLine(flag, '__weir_at ""')),
  ...options.map((flag) => flagLine(flag, '__weir_with_options')),
].join('\n')}
`;
}
