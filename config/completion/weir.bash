# bash completion of weir(1); made from the option table by `npm run generate`; `weir completion` prints it.

_weir_options="-i --interface -r --read -f --filter -s --snap-length --direction --capture-ring -t --active-timeout -d --idle-timeout --linger-timeout -M --cache-size --workers --tunnel-depth --fragment-entries --packet-sampling --packet-sampling-mode --flow-sampling -T --template --biflow --first-packets --community-id-seed --dpi --dpi-tcp-packets --dpi-udp-packets --dpi-states --dpi-filter --dpi-protocols --dpi-categories --dpi-privacy --dpi-key --attribution --command-line --ancestors --socket-table --process-table --container-runtime --node-name --events --to -V --flow-version -E --observation-domain --enterprise-number -U --template-id --template-refresh -o --template-refresh-messages --max-export-rate --statistics-interval --spool --spool-size --spool-age --spool-sync --kafka-property -c --config --user --metrics --statistics-file --stats --log-level --log-format --promiscuous --no-promiscuous --tunnels --upscale --attribution-sends --conntrack --no-conntrack --supervise --progress --no-progress -h -H --help -v --version"
_weir_valued=" -i --interface -r --read -f --filter -s --snap-length --direction --capture-ring -t --active-timeout -d --idle-timeout --linger-timeout -M --cache-size --workers --tunnel-depth --fragment-entries --packet-sampling --packet-sampling-mode --flow-sampling -T --template --biflow --first-packets --community-id-seed --dpi --dpi-tcp-packets --dpi-udp-packets --dpi-states --dpi-filter --dpi-protocols --dpi-categories --dpi-privacy --dpi-key --attribution --command-line --ancestors --socket-table --process-table --container-runtime --node-name --events --to -V --flow-version -E --observation-domain --enterprise-number -U --template-id --template-refresh -o --template-refresh-messages --max-export-rate --statistics-interval --spool --spool-size --spool-age --spool-sync --kafka-property -c --config --user --metrics --statistics-file --stats --log-level --log-format --by --sort --limit --for --every "

# Words of the line up to the cursor, with what readline breaks at = : and @ put together again.
_weir_split() {
  local line=${COMP_LINE:0:COMP_POINT} word i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
      line=${line#"${line%%[![:blank:]]*}"}
      words+=("")
    fi
    ((i == COMP_CWORD)) && word=$line
    words[-1]+=$word
    line=${line#"$word"}
  done
}

# Takes off the replies what readline thinks is another word.
_weir_cut() {
  [[ $quoted ]] && return
  local tail=${cur##*[=:]} before i
  [[ $tail == *@* ]] && tail=@${tail##*@} # readline keeps the @
  before=${cur%"$tail"}
  [[ $before ]] || return
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$before"}; done
}

# BEFORE WORDS: those that go on as the word at the cursor does.
_weir_words() {
  local word
  for word in $2; do [[ $1$word == "$cur"* ]] && COMPREPLY+=("$1$word"); done
  if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *[=/:@] ]]; then compopt -o nospace; fi
  _weir_cut
}

# BEFORE [compgen's letter]: names of files
_weir_files() {
  local name
  while IFS= read -r name; do COMPREPLY+=("$1$name"); done < <(compgen "-${2:-f}" -- "${cur#"$1"}")
  compopt -o filenames
  _weir_cut
}

_weir_folders() { _weir_files "$1" d; }

_weir_users() { _weir_words "$1" "$(compgen -u)"; }

_weir_interfaces() {
  local part=${cur#"$1"} names
  if [[ $part == *@* ]]; then
    names=$(cd /run/netns 2> /dev/null && compgen -G '*' > /dev/null && printf 'netns:%s ' *)
    _weir_words "$1${part%%@*}@" "pid: container: pod: $names"
  else
    names=$(cd /sys/class/net 2> /dev/null && compgen -G '*' > /dev/null && printf '%s ' *)
    _weir_words "$1" "any ebpf: $names"
  fi
}

_weir_sinks() {
  local part=${cur#"$1"} before scheme name
  if [[ $part == *\?* ]]; then
    scheme=${part%%[:?]*}
    before=${cur%"${cur##*[?&]}"}
    name=${cur#"$before"}
    if [[ $name == *=* ]]; then
      before+=${name%%=*}=
      case ${name%%=*} in
      format) _weir_words "$before" "ipfix netflow9 netflow5 json text" ;;
      template) _weir_words "$before" "default dns dpi events full http kubernetes minimal nprobe process sockets tcp text-events text tls top" ;;
      biflow) _weir_words "$before" "on off" ;;
      events) _weir_words "$before" "connect accept use listen close retransmit refused exec exit fork all off" ;;
      profile) _weir_words "$before" "rfc nfdump goipfix" ;;
      naming) _weir_words "$before" "ipfix nprobe ecs goflow2" ;;
      time) _weir_words "$before" "iso ms" ;;
      options) _weir_words "$before" "on off" ;;
      legacysampling) _weir_words "$before" "on off" ;;
      spool) _weir_folders "$before" ;;
      spoolsync) _weir_words "$before" "always second segment never" ;;
      ca) _weir_files "$before" ;;
      cert) _weir_files "$before" ;;
      key) _weir_files "$before" ;;
      gzip) _weir_words "$before" "on off" ;;
      token) _weir_files "$before" ;;
      facility) _weir_words "$before" "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7" ;;
      severity) _weir_words "$before" "emerg alert crit err warning notice info debug" ;;
      messagekey) _weir_words "$before" "flow host exporter none" ;;
      client) _weir_words "$before" "auto librdkafka kafkajs" ;;
      schemaheader) _weir_words "$before" "on off" ;;
      acks) _weir_words "$before" "all -1 0 1" ;;
      compression) _weir_words "$before" "none gzip snappy lz4 zstd" ;;
      append) _weir_words "$before" "on off" ;;
      compress) _weir_words "$before" "none gzip zstd" ;;
      esac
    else
      case $scheme in
      udp) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= legacysampling= balance= rate= queue= mtu= refresh= refreshmessages= templateid= sendbuffer= bind=" ;;
      tcp) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= legacysampling= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= bind= reconnect= resend= resendsize=" ;;
      tls) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= legacysampling= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= bind= reconnect= resend= resendsize= ca= cert= key= names=" ;;
      sctp) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= legacysampling= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= reconnect=" ;;
      unix) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= reconnect= resend= resendsize=" ;;
      http) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= batchsize= batchtime= timeout= gzip= bulk= token= headers=" ;;
      https) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= ca= cert= key= names= batchsize= batchtime= timeout= gzip= bulk= token= headers=" ;;
      syslog) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= templateid= facility= severity= app=" ;;
      syslog+tcp) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= reconnect= resend= resendsize= facility= severity= app=" ;;
      syslog+tls) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= reconnect= resend= resendsize= ca= cert= key= names= facility= severity= app=" ;;
      kafka) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= batch= messagekey= statisticstopic= client= schemaheader= acks= compression=" ;;
      kafka+tls) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= balance= rate= queue= spool= spoolsize= spoolage= spoolsync= templateid= ca= cert= key= batch= messagekey= statisticstopic= client= schemaheader= acks= compression=" ;;
      file) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= rate= queue= templateid= rotate= size= append= compress= keep= keepsize=" ;;
      -) _weir_words "$before" "format= template= biflow= events= profile= naming= time= domain= options= statistics= rate= queue= templateid=" ;;
      esac
    fi
  elif [[ $part == file://* ]]; then
    _weir_files "$1file://"
  elif [[ $part == unix://* ]]; then
    _weir_files "$1unix://"
  else
    _weir_words "$1" "udp:// tcp:// tls:// sctp:// unix:// http:// https:// syslog:// syslog+tcp:// syslog+tls:// kafka:// kafka+tls:// file:// - none"
  fi
}

_weir_urls() {
  if [[ $cur == file://* ]]; then _weir_files "file://"; else _weir_words "" "udp:// tcp:// file://"; fi
}

_weir_helps() {
  _weir_words "" "fields templates applications doctor collect spool top config completion version help interface read filter snap-length promiscuous direction capture-ring active-timeout idle-timeout linger-timeout cache-size workers tunnels tunnel-depth fragment-entries packet-sampling packet-sampling-mode flow-sampling upscale template biflow first-packets community-id-seed dpi dpi-tcp-packets dpi-udp-packets dpi-states dpi-filter dpi-protocols dpi-categories dpi-privacy dpi-key attribution command-line ancestors attribution-sends conntrack socket-table process-table container-runtime node-name events to flow-version observation-domain enterprise-number template-id template-refresh template-refresh-messages max-export-rate statistics-interval spool spool-size spool-age spool-sync kafka-property config user supervise metrics statistics-file stats log-level log-format progress"
}

# FLAG BEFORE: values of a flag
_weir_value() {
  case $1 in
    -i | --interface) _weir_interfaces "$2" ;;
    -r | --read | --dpi-protocols | --dpi-categories | --dpi-key | --container-runtime | -c | --config) _weir_files "$2" ;;
    -f | --filter | --capture-ring | -t | --active-timeout | -d | --idle-timeout | --linger-timeout | -M | --cache-size | --tunnel-depth | --fragment-entries | --packet-sampling | --flow-sampling | --first-packets | --community-id-seed | --dpi-tcp-packets | --dpi-udp-packets | --dpi-states | --dpi-filter | --ancestors | --socket-table | --process-table | --node-name | -E | --observation-domain | --enterprise-number | -U | --template-id | --template-refresh | -o | --template-refresh-messages | --max-export-rate | --statistics-interval | --spool-size | --spool-age | --kafka-property | --metrics | --statistics-file | --stats | --limit | --for | --every) : ;;
    -s | --snap-length | --workers) _weir_words "$2" "auto" ;;
    --direction) _weir_words "$2" "both rx tx" ;;
    --packet-sampling-mode) _weir_words "$2" "systematic random" ;;
    -T | --template) _weir_words "$2" "default dns dpi events full http kubernetes minimal nprobe process sockets tcp text-events text tls top" ;;
    --biflow | --dpi) _weir_words "$2" "auto on off" ;;
    --dpi-privacy) _weir_words "$2" "urls dns-names user-agents server-names all off" ;;
    --attribution) _weir_words "$2" "auto bpf diag off" ;;
    --command-line) _weir_words "$2" "redacted full off" ;;
    --events) _weir_words "$2" "connect accept use listen close retransmit refused exec exit fork all off" ;;
    --to) _weir_sinks "$2" ;;
    -V | --flow-version) _weir_words "$2" "10 ipfix 9 5" ;;
    --spool) _weir_folders "$2" ;;
    --spool-sync) _weir_words "$2" "always second segment never" ;;
    --user) _weir_users "$2" ;;
    --log-level) _weir_words "$2" "error warning info debug trace" ;;
    --log-format) _weir_words "$2" "auto text json journal" ;;
    --by) _weir_words "$2" "process pid user container pod application host port client interface protocol flow" ;;
    --sort) _weir_words "$2" "in out octets packets connections failed retransmits rtt flows total" ;;
  esac
}

_weir() {
  local words cur previous quoted= command= i
  _weir_split
  cur=${words[-1]}
  if [[ $cur == [\'\"]* ]]; then quoted=1 cur=${cur:1}; fi
  previous=${words[-2]}
  COMPREPLY=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    if [[ $_weir_valued == *" ${words[i]} "* ]]; then
      ((i++))
    elif [[ ${words[i]} != -* ]]; then
      command=${words[i]}
      break
    fi
  done
  if [[ $cur == --*=* ]]; then
    _weir_value "${cur%%=*}" "${cur%%=*}="
    return
  elif [[ $_weir_valued == *" $previous "* ]]; then
    _weir_value "$previous" ""
    return
  fi
  case $command in
    '')
      if [[ $cur == -* ]]; then _weir_words "" "$_weir_options"; else _weir_words "" "fields templates applications doctor collect spool top config completion version help"; fi
      ;;
    fields) if [[ $cur == -* ]]; then _weir_words "" "--json"; else :; fi ;;
    templates) if [[ $cur == -* ]]; then _weir_words "" "--json"; else _weir_words "" "default dns dpi events full http kubernetes minimal nprobe process sockets tcp text-events text tls top"; fi ;;
    applications) if [[ $cur == -* ]]; then _weir_words "" "$_weir_options --json"; else :; fi ;;
    doctor) if [[ $cur == -* ]]; then _weir_words "" "$_weir_options --json"; else :; fi ;;
    collect) if [[ $cur == -* ]]; then _weir_words "" "$_weir_options"; else _weir_urls ""; fi ;;
    spool) if [[ $cur == -* ]]; then _weir_words "" "$_weir_options"; else _weir_folders ""; fi ;;
    top) if [[ $cur == -* ]]; then _weir_words "" "$_weir_options --by --sort --limit --for --every --json --once"; else _weir_urls ""; fi ;;
    config) if [[ $cur == -* ]]; then _weir_words "" "$_weir_options"; else :; fi ;;
    completion) if [[ $cur == -* ]]; then _weir_words "" ""; else _weir_words "" "bash zsh fish"; fi ;;
    version) if [[ $cur == -* ]]; then _weir_words "" ""; else :; fi ;;
    help) if [[ $cur == -* ]]; then _weir_words "" ""; else _weir_helps ""; fi ;;
  esac
}

complete -F _weir weir
