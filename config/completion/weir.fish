# fish completion of weir(1); made from the option table by `npm run generate`; `weir completion` prints it.

set -g __weir_valued -i --interface -r --read -f --filter -s --snap-length --direction --capture-ring -t --active-timeout -d --idle-timeout --linger-timeout -M --cache-size --workers --tunnel-depth --fragment-entries --packet-sampling --packet-sampling-mode --flow-sampling -T --template --biflow --first-packets --community-id-seed --dpi --dpi-tcp-packets --dpi-udp-packets --dpi-states --dpi-filter --dpi-protocols --dpi-categories --dpi-privacy --dpi-key --attribution --command-line --ancestors --socket-table --process-table --container-runtime --node-name --events --to -V --flow-version -E --observation-domain --enterprise-number -U --template-id --template-refresh -o --template-refresh-messages --max-export-rate --statistics-interval --spool --spool-size --spool-age --spool-sync --kafka-property -c --config --user --metrics --statistics-file --stats --log-level --log-format --by --sort --limit --for --every
set -g __weir_without_options fields templates completion version help

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
    commandline -ct | string replace -r '^[\'"]' '' | string replace -r '^--[a-z-]+=' ''
end

function __weir_interfaces
    set -l word (__weir_word)
    if string match -q '*@*' -- $word
        set -l name (string replace -r '@.*' '' -- $word)
        printf '%s\n' $name@{pid:,container:,pod:} $name@netns:(command ls /run/netns 2> /dev/null)
    else
        printf '%s\t%s\n' any 'every interface, as they come and go' ebpf: 'sockets of this host, no packets'
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
    set -l found (complete -C "__weir_none $argv[2]" | string replace -r '\t.*' '')
    printf '%s\n' $argv[1]$found
end

function __weir_helps
    printf '%s\n' fields templates applications doctor collect spool top config completion version help interface read filter snap-length promiscuous direction capture-ring active-timeout idle-timeout linger-timeout cache-size workers tunnels tunnel-depth fragment-entries packet-sampling packet-sampling-mode flow-sampling upscale template biflow first-packets community-id-seed dpi dpi-tcp-packets dpi-udp-packets dpi-states dpi-filter dpi-protocols dpi-categories dpi-privacy dpi-key attribution command-line ancestors attribution-sends conntrack socket-table process-table container-runtime node-name events to flow-version observation-domain enterprise-number template-id template-refresh template-refresh-messages max-export-rate statistics-interval spool spool-size spool-age spool-sync kafka-property config user supervise metrics statistics-file stats log-level log-format progress
end

function __weir_urls
    set -l word (__weir_word)
    if string match -q 'file://*' -- $word
        __weir_paths file:// (string replace 'file://' '' -- $word)
    else
        printf '%s\n' udp:// tcp:// file://
    end
end

function __weir_describe
    switch $argv[1]
        case format
            echo 'how records are written'
        case template
            echo 'template of this sink instead of --template'
        case biflow
            echo 'both directions in one record (RFC 5103) or one record each'
        case events
            echo 'events of these types instead of flows, or off'
        case profile
            echo 'IPFIX within what a collector reads'
        case naming
            echo 'JSON keys'
        case time
            echo 'JSON times'
        case domain
            echo 'Observation Domain of this sink instead of --observation-domain'
        case options
            echo 'options records'
        case statistics
            echo 'time between two statistics records, 60s unless given'
        case legacysampling
            echo 'announce sampling by elements 34 and 35 alone, for collectors that misread RFC 5477 (goflow2)'
        case balance
            echo 'sinks of one group share the flows, each flow going to one of them, instead of getting all'
        case rate
            echo 'flow records per second at most, instead of --max-export-rate'
        case queue
            echo 'bytes that may wait in memory for this sink, 8 MiB unless given'
        case spool
            echo 'keep on disk what the sink cannot take now'
        case spoolsize
            echo 'bytes on disk at most, instead of --spool-size'
        case spoolage
            echo 'how long flows are kept on disk at most, instead of --spool-age'
        case spoolsync
            echo 'when the spool calls fsync, instead of --spool-sync'
        case mtu
            echo 'octets of one IP packet at most, 1500 unless given'
        case refresh
            echo 'time between templates instead of --template-refresh'
        case refreshmessages
            echo 'messages between templates instead of --template-refresh-messages'
        case templateid
            echo 'id of the first template instead of --template-id'
        case sendbuffer
            echo 'bytes of the socket\'s send buffer'
        case bind
            echo 'local address to send from'
        case reconnect
            echo 'time between two connection attempts, 60s unless given (RFC 7011 section 10.4.4)'
        case resend
            echo 'records sent so shortly before a session broke are sent again on the next one, 5s unless given'
        case resendsize
            echo 'bytes kept for that at most, 1 MiB unless given'
        case ca
            echo 'certificates (PEM) that sign the collector\'s'
        case cert
            echo 'the probe\'s own certificate (PEM), for mutual authentication'
        case key
            echo 'its private key (PEM)'
        case names
            echo 'names that the collector\'s certificate may have, instead of the host'
        case batch
            echo 'flows (lines) in one Kafka message, 1 unless given'
        case batchsize
            echo 'bytes of one request at most, before compression'
        case batchtime
            echo 'time that flows wait for a full request at most, 1s unless given'
        case timeout
            echo 'time that a request may take, 30s unless given'
        case gzip
            echo 'compress requests'
        case bulk
            echo 'write Elasticsearch _bulk requests into this index or data stream'
        case token
            echo 'file with the token of an Authorization'
        case headers
            echo 'further request headers'
        case facility
            echo 'syslog facility, local0 unless given'
        case severity
            echo 'syslog severity, info unless given'
        case app
            echo 'APP-NAME of RFC 5424, weir unless given'
        case messagekey
            echo 'Kafka key'
        case statisticstopic
            echo 'topic for the options and statistics records'
        case client
            echo 'auto'
        case schemaheader
            echo 'Kafka header with the name and version of the schema'
        case acks
            echo 'brokers that must have a message'
        case compression
            echo 'of Kafka batches'
        case rotate
            echo 'begin a new file after this time'
        case size
            echo 'begin a new file at this size'
        case append
            echo 'add to an existing file instead of beginning it anew'
        case compress
            echo 'compress finished files'
        case keep
            echo 'finished files that stay, the oldest are removed'
        case keepsize
            echo 'bytes that finished files may take together, the oldest are removed'
    end
end

# HEAD PART: parameters of the sink that begins HEAD, or values of the one that PART begins
function __weir_parameters
    set -l head $argv[1]
    set -l name (string replace -r '=.*' '' -- $argv[2])
    if string match -q '*=*' -- $argv[2]
        set -l part (string replace -r '^[^=]*=' '' -- $argv[2])
        switch $name
            case format
                printf '%s\n' $head$name={ipfix,netflow9,netflow5,json,text}
            case template
                printf '%s\n' $head$name={default,dns,dpi,events,full,http,kubernetes,minimal,nprobe,process,sockets,tcp,text-events,text,tls,top}
            case biflow
                printf '%s\n' $head$name={on,off}
            case events
                printf '%s\n' $head$name={connect,accept,use,listen,close,retransmit,refused,exec,exit,fork,all,off}
            case profile
                printf '%s\n' $head$name={rfc,nfdump,goipfix}
            case naming
                printf '%s\n' $head$name={ipfix,nprobe,ecs,goflow2}
            case time
                printf '%s\n' $head$name={iso,ms}
            case options
                printf '%s\n' $head$name={on,off}
            case legacysampling
                printf '%s\n' $head$name={on,off}
            case spoolsync
                printf '%s\n' $head$name={always,second,segment,never}
            case ca
                __weir_paths $head$name= $part
            case cert
                __weir_paths $head$name= $part
            case key
                __weir_paths $head$name= $part
            case gzip
                printf '%s\n' $head$name={on,off}
            case token
                __weir_paths $head$name= $part
            case facility
                printf '%s\n' $head$name={kern,user,mail,daemon,auth,syslog,lpr,news,uucp,cron,authpriv,ftp,local0,local1,local2,local3,local4,local5,local6,local7}
            case severity
                printf '%s\n' $head$name={emerg,alert,crit,err,warning,notice,info,debug}
            case messagekey
                printf '%s\n' $head$name={flow,host,exporter,none}
            case client
                printf '%s\n' $head$name={auto,librdkafka,kafkajs}
            case schemaheader
                printf '%s\n' $head$name={on,off}
            case acks
                printf '%s\n' $head$name={all,-1,0,1}
            case compression
                printf '%s\n' $head$name={none,gzip,snappy,lz4,zstd}
            case append
                printf '%s\n' $head$name={on,off}
            case compress
                printf '%s\n' $head$name={none,gzip,zstd}
        end
        return
    end
    set -l names
    switch (string replace -r '[:?].*' '' -- $head)
        case 'udp'
            set names format template biflow events profile naming time domain options statistics legacysampling balance rate queue mtu refresh refreshmessages templateid sendbuffer bind
        case 'tcp'
            set names format template biflow events profile naming time domain options statistics legacysampling balance rate queue spool spoolsize spoolage spoolsync templateid bind reconnect resend resendsize
        case 'tls'
            set names format template biflow events profile naming time domain options statistics legacysampling balance rate queue spool spoolsize spoolage spoolsync templateid bind reconnect resend resendsize ca cert key names
        case 'sctp'
            set names format template biflow events profile naming time domain options statistics legacysampling balance rate queue spool spoolsize spoolage spoolsync templateid reconnect
        case 'unix'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid reconnect resend resendsize
        case 'http'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid batchsize batchtime timeout gzip bulk token headers
        case 'https'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid ca cert key names batchsize batchtime timeout gzip bulk token headers
        case 'syslog'
            set names format template biflow events profile naming time domain options statistics balance rate queue templateid facility severity app
        case 'syslog+tcp'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid reconnect resend resendsize facility severity app
        case 'syslog+tls'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid reconnect resend resendsize ca cert key names facility severity app
        case 'kafka'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid batch messagekey statisticstopic client schemaheader acks compression
        case 'kafka+tls'
            set names format template biflow events profile naming time domain options statistics balance rate queue spool spoolsize spoolage spoolsync templateid ca cert key batch messagekey statisticstopic client schemaheader acks compression
        case 'file'
            set names format template biflow events profile naming time domain options statistics rate queue templateid rotate size append compress keep keepsize
        case '-'
            set names format template biflow events profile naming time domain options statistics rate queue templateid
    end
    for name in $names
        printf '%s\t%s\n' $head$name= (__weir_describe $name)
    end
end

function __weir_sinks
    set -l word (__weir_word)
    if string match -q '*\?*' -- $word
        __weir_parameters (string replace -r '[^?&]*$' '' -- $word) (string replace -r '^.*[?&]' '' -- $word)
    else if string match -qr '^(file|unix)://' -- $word
        set -l scheme (string replace -r '//.*' '//' -- $word)
        __weir_paths $scheme (string replace -r '^[a-z]+://' '' -- $word)
    else
        printf '%s\t%s\n' 'udp://' 'IPFIX or NetFlow, a message a datagram' 'tcp://' 'IPFIX or JSON lines over TCP' 'tls://' 'IPFIX or JSON lines over TLS' 'sctp://' 'IPFIX over SCTP, where the kernel has it' 'unix://' 'a stream socket of this host' 'http://' 'batches of JSON lines by POST' 'https://' 'batches of JSON lines by POST' 'syslog://' 'RFC 5424 messages over UDP' 'syslog+tcp://' 'RFC 5424 messages over TCP' 'syslog+tls://' 'RFC 5424 messages over TLS' 'kafka://' 'a Kafka topic' 'kafka+tls://' 'a Kafka topic, over TLS' 'file://' 'a file, rotated and compressed where asked' '-' 'stdout: text on a terminal, else JSON lines' 'none' 'nowhere: measures only'
    end
end

complete -c weir -f
complete -c weir -n '__weir_at ""' -a fields -d 'list the fields a template may name'
complete -c weir -n '__weir_at fields' -l json -d 'print JSON'
complete -c weir -n '__weir_at ""' -a templates -d 'list the named templates, or the fields of one'
complete -c weir -n '__weir_at templates' -a 'default dns dpi events full http kubernetes minimal nprobe process sockets tcp text-events text tls top'
complete -c weir -n '__weir_at templates' -l json -d 'print JSON'
complete -c weir -n '__weir_at ""' -a applications -d 'list the applications that nDPI knows, with category and breed'
complete -c weir -n '__weir_at applications' -l json -d 'print JSON'
complete -c weir -n '__weir_at ""' -a doctor -d 'what this host allows, and how to turn on what is off'
complete -c weir -n '__weir_at doctor' -l json -d 'print JSON'
complete -c weir -n '__weir_at ""' -a collect -d 'receive IPFIX and NetFlow at udp://:4739 or tcp://:4739, or read files (-r FILE), and print NDJSON'
complete -c weir -n '__weir_at collect' -a '(__weir_urls)'
complete -c weir -n '__weir_at ""' -a spool -d 'list the flows that wait on disk, and check them'
complete -c weir -n '__weir_at spool' -a '(__weir_folders)'
complete -c weir -n '__weir_at ""' -a top -d 'who uses the network, live in the terminal'
complete -c weir -n '__weir_at top' -a '(__weir_urls)'
complete -c weir -n '__weir_at top' -l json -d 'print JSON'
complete -c weir -n '__weir_at top' -l by -d 'put flows together by this [process]' -x -a 'process pid user container pod application host port client interface protocol flow'
complete -c weir -n '__weir_at top' -l sort -d 'largest first by this column [octets]' -x -a 'in out octets packets connections failed retransmits rtt flows total'
complete -c weir -n '__weir_at top' -l limit -d 'rows at most, the others as one' -x
complete -c weir -n '__weir_at top' -l once -d 'print one table and end, without a screen'
complete -c weir -n '__weir_at top' -l for -d 'watch live flows for this time and end, without a screen [3s]' -x
complete -c weir -n '__weir_at top' -l every -d 'print a table this often, without a screen' -x
complete -c weir -n '__weir_at ""' -a config -d 'print the effective configuration as YAML'
complete -c weir -n '__weir_at ""' -a completion -d 'print what completes the command line in that shell'
complete -c weir -n '__weir_at completion' -a 'bash zsh fish'
complete -c weir -n '__weir_at ""' -a version -d 'print the version'
complete -c weir -n '__weir_at ""' -a help -d 'print this help, or all about one option or command'
complete -c weir -n '__weir_at help' -a '(__weir_helps)'
complete -c weir -n '__weir_at ""' -s h -s H -l help -d 'print the help'
complete -c weir -n '__weir_at ""' -s v -l version -d 'print the version'
complete -c weir -n '__weir_with_options' -s i -l interface -d 'Capture live here' -x -a '(__weir_interfaces)'
complete -c weir -n '__weir_with_options' -s r -l read -d 'Read packets from a pcap or pcapng file, plain or gzip' -r -F
complete -c weir -n '__weir_with_options' -s f -l filter -d 'Meter only packets that match this pcap-filter(7) expression' -x
complete -c weir -n '__weir_with_options' -s s -l snap-length -d 'Octets of each packet to capture, 0 for all' -x -a 'auto'
complete -c weir -n '__weir_with_options' -l promiscuous -d 'Capture what is not addressed to this host too, on interfaces given by name (not any or veth*)'
complete -c weir -n '__weir_with_options' -l no-promiscuous -d 'Not: Capture what is not addressed to this host too, on interfaces given by name (not any or veth*)'
complete -c weir -n '__weir_with_options' -l direction -d 'Which packets of a live interface' -x -a 'both rx tx'
complete -c weir -n '__weir_with_options' -l capture-ring -d 'Bytes of the kernel capture ring of each worker and interface' -x
complete -c weir -n '__weir_with_options' -s t -l active-timeout -d 'A flow that goes on is reported after this time, and again each time it passes' -x
complete -c weir -n '__weir_with_options' -s d -l idle-timeout -d 'A flow without packets for this time has ended' -x
complete -c weir -n '__weir_with_options' -l linger-timeout -d 'A TCP flow that ended by FIN or RST stays this long, so that trailing packets do not make a new flow' -x
complete -c weir -n '__weir_with_options' -s M -l cache-size -d 'Flows in the cache at a time, on each interface (or all files), its workers together' -x
complete -c weir -n '__weir_with_options' -l workers -d 'Threads that capture and meter' -x -a 'auto'
complete -c weir -n '__weir_with_options' -l tunnels -d 'Meter the packets inside GRE, VXLAN, GENEVE, GTP-U, IP-in-IP, ERSPAN and L2TP tunnels'
complete -c weir -n '__weir_with_options' -l tunnel-depth -d 'Tunnels inside each other to look into, with --tunnels' -x
complete -c weir -n '__weir_with_options' -l fragment-entries -d 'Fragmented datagrams followed at a time by each worker, so that later fragments join the flow of the first' -x
complete -c weir -n '__weir_with_options' -l packet-sampling -d 'Meter one packet of N' -x
complete -c weir -n '__weir_with_options' -l packet-sampling-mode -d 'Which packet of N' -x -a 'systematic random'
complete -c weir -n '__weir_with_options' -l flow-sampling -d 'Export one flow of N, chosen by a hash of its key, with all its records' -x
complete -c weir -n '__weir_with_options' -l upscale -d 'With --packet-sampling, multiply octets and packets of records by N'
complete -c weir -n '__weir_with_options' -s T -l template -d 'Fields of a record' -x -a 'default dns dpi events full http kubernetes minimal nprobe process sockets tcp text-events text tls top'
complete -c weir -n '__weir_with_options' -l biflow -d 'Both directions of a flow in one record (RFC 5103), or one record each' -x -a 'auto on off'
complete -c weir -n '__weir_with_options' -l first-packets -d 'Remember size, time and direction of the first N packets of each flow' -x
complete -c weir -n '__weir_with_options' -l community-id-seed -d 'Seed of communityId' -x
complete -c weir -n '__weir_with_options' -l dpi -d 'Look into flows for their application and its facts' -x -a 'auto on off'
complete -c weir -n '__weir_with_options' -l dpi-tcp-packets -d 'Packets of a TCP flow behind which nDPI gives up on it' -x
complete -c weir -n '__weir_with_options' -l dpi-udp-packets -d 'Packets of any other flow behind which nDPI gives up on it' -x
complete -c weir -n '__weir_with_options' -l dpi-states -d 'Flows of each worker that are looked into at the same time' -x
complete -c weir -n '__weir_with_options' -l dpi-filter -d 'Export only flows of these applications, categories or breeds of nDPI, or with ! all but these, such as tls,quic or !mdns,!SSDP' -x
complete -c weir -n '__weir_with_options' -l dpi-protocols -d 'Protocols of your own, by port, address and host name, in nDPI\'s format' -r -F
complete -c weir -n '__weir_with_options' -l dpi-categories -d 'List of host names and addresses with a category each, in nDPI\'s format, such as a blocklist' -r -F
complete -c weir -n '__weir_with_options' -l dpi-privacy -d 'Keep these out of records' -x -a 'urls dns-names user-agents server-names all off'
complete -c weir -n '__weir_with_options' -l dpi-key -d 'File with the key for hashed server names, a text of at least 16 characters that only weir may read' -r -F
complete -c weir -n '__weir_with_options' -l attribution -d 'Name the process, user, container and pod at both ends of live flows' -x -a 'auto bpf diag off'
complete -c weir -n '__weir_with_options' -l command-line -d 'Command lines in fields' -x -a 'redacted full off'
complete -c weir -n '__weir_with_options' -l ancestors -d 'Ancestors of a process beyond its parent in the field that lists them' -x
complete -c weir -n '__weir_with_options' -l attribution-sends -d 'Know at once who owns a socket that only sends'
complete -c weir -n '__weir_with_options' -l conntrack -d 'Follow the kernel\'s address translation, so that flows are named behind NAT and carry both addresses'
complete -c weir -n '__weir_with_options' -l no-conntrack -d 'Not: Follow the kernel\'s address translation, so that flows are named behind NAT and carry both addresses'
complete -c weir -n '__weir_with_options' -l socket-table -d 'Sockets remembered at a time' -x
complete -c weir -n '__weir_with_options' -l process-table -d 'Processes remembered at a time, ended ones included' -x
complete -c weir -n '__weir_with_options' -l container-runtime -d 'Ask this container runtime too' -r -F
complete -c weir -n '__weir_with_options' -l node-name -d 'Name of this Kubernetes node in fields' -x
complete -c weir -n '__weir_with_options' -l events -d 'Export socket and process events as they happen instead of flows' -x -a 'connect accept use listen close retransmit refused exec exit fork all off'
complete -c weir -n '__weir_with_options' -l to -d 'Send flows there' -x -a '(__weir_sinks)'
complete -c weir -n '__weir_with_options' -s V -l flow-version -d 'What udp sinks that name no format send' -x -a '10 ipfix 9 5'
complete -c weir -n '__weir_with_options' -s E -l observation-domain -d 'Observation Domain ID of IPFIX messages' -x
complete -c weir -n '__weir_with_options' -l enterprise-number -d 'Private Enterprise Number of weir\'s own fields' -x
complete -c weir -n '__weir_with_options' -s U -l template-id -d 'Id of the IPv4 template' -x
complete -c weir -n '__weir_with_options' -l template-refresh -d 'Over UDP, send templates again after this time' -x
complete -c weir -n '__weir_with_options' -s o -l template-refresh-messages -d 'Over UDP, send templates again after this many messages too' -x
complete -c weir -n '__weir_with_options' -l max-export-rate -d 'Flow records per second to each sink at most, for slow collectors' -x
complete -c weir -n '__weir_with_options' -l statistics-interval -d 'Time between two statistics records (options records of RFC 7011 section 4) to each collector' -x
complete -c weir -n '__weir_with_options' -l spool -d 'Keep here on disk what a sink that confirms delivery (tcp, tls, sctp, unix, http, kafka) cannot take now' -x -a '(__weir_folders)'
complete -c weir -n '__weir_with_options' -l spool-size -d 'Bytes that one sink\'s spool may take' -x
complete -c weir -n '__weir_with_options' -l spool-age -d 'How long flows stay in the spool at most' -x
complete -c weir -n '__weir_with_options' -l spool-sync -d 'When the spool calls fsync' -x -a 'always second segment never'
complete -c weir -n '__weir_with_options' -l kafka-property -d 'Property of librdkafka for every Kafka sink, such as sasl.mechanism=SCRAM-SHA-512' -x
complete -c weir -n '__weir_with_options' -s c -l config -d 'Read options from this YAML or JSON file' -r -F
complete -c weir -n '__weir_with_options' -l user -d 'Started as root, run as this user, keeping only the capabilities that are needed (see weir doctor)' -x -a '(__weir_users)'
complete -c weir -n '__weir_with_options' -l supervise -d 'Run live under a small process that starts weir again when it crashes (SIGSEGV, SIGABRT and their like), and without --dpi for an hour after three crashes within ten minutes'
complete -c weir -n '__weir_with_options' -l metrics -d 'Serve /status (a page for browsers), /status.json, /metrics (Prometheus), /healthz and /readyz there' -x
complete -c weir -n '__weir_with_options' -l statistics-file -d 'Write what /status.json tells into this file, anew each second' -x
complete -c weir -n '__weir_with_options' -l stats -d 'Print a line of statistics to stderr this often' -x
complete -c weir -n '__weir_with_options' -l log-level -d 'Least severe messages to log' -x -a 'error warning info debug trace'
complete -c weir -n '__weir_with_options' -l log-format -d 'Log as text for people, as JSON lines, or for the systemd journal (sd-daemon(3)' -x -a 'auto text json journal'
complete -c weir -n '__weir_with_options' -l progress -d 'Show a progress bar while reading files, when stderr is a terminal'
complete -c weir -n '__weir_with_options' -l no-progress -d 'Not: Show a progress bar while reading files, when stderr is a terminal'
