#!/bin/bash
# Runs as root in the guest of `npm run test:service`, under a real systemd: installs the package, does to the service what
# happens to services, and purges it. A line `PROOF ok NAME` or `PROOF failed NAME: why` for each; /mnt holds the package.
set -u
read -r pause tries </mnt/patience # seconds between two looks; looks until what must happen counts as not happened
flows=/var/tmp/flows.json
second=/var/tmp/second.json
port=20000

say() { echo "PROOF $*"; }

# check NAME COMMAND...: the command succeeds.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then say "ok $name"; else
    say "failed $name: $* ${output:0:400}"
    systemctl status weir 'weir@*' --no-pager -n 12 2>&1 | sed 's/^/  | /'
  fi
}

# within COMMAND...: it succeeds some time; by counted pauses, since this script sets the clock.
within() {
  for ((i = 0; i < tries; i++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep "$pause"
  done
  echo "not within $tries looks:"
  "$@"
}

prop() { systemctl show -P "$2" "$1"; }
is() { [ "$(prop "$1" "$2")" = "$3" ] || { echo "$1 $2=$(prop "$1" "$2")"; return 1; }; }
has() { prop "$1" "$2" | grep -qE -- "$3" || { echo "$1 $2=$(prop "$1" "$2")"; return 1; }; }
active() { is "$1" ActiveState active && is "$1" SubState running; }
logged() { journalctl -u "$1" -o cat --no-pager | grep -qE -- "$2"; }
settings() { printf '%s\n' "$@" >/etc/weir/weir.yaml; }
# anew PID: another process than this one is the service now.
anew() { [ "$(prop weir MainPID)" != "$1" ] && active weir; }
gone() { [ ! -e "$1" ] || { ls -la "$1"; return 1; }; }

# A conversation of curl with the server behind the veth, from a port of its own.
ask() {
  port=$((port + 1))
  curl -s -o /dev/null --max-time 100 --local-port $port http://10.9.0.2:8080/
}
# The flow of the last conversation has arrived in the file, with the processes of both ends.
arrived() {
  grep -F "\"sourceTransportPort\":$port," "$1" | grep -F '"sourceProcessName":"curl"' |
    grep -F '"destinationProcessName":"busybox"' | grep -qF '"sourceSystemdUnit":"proof.service"'
}
flow_arrives() { ask && within arrived "${1:-$flows}"; }

prepare() {
  ip netns add far
  ip link add near0 type veth peer name far0 netns far
  ip addr add 10.9.0.1/24 dev near0
  ip link set near0 up
  ip -n far addr add 10.9.0.2/24 dev far0
  ip -n far link set far0 up
  ip -n far link set lo up
  mkdir -p /var/tmp/www
  echo answer >/var/tmp/www/index.html
  systemd-run -q --unit=server ip netns exec far busybox httpd -f -p 8080 -h /var/tmp/www
}

collect() { # UNIT URL FILE
  systemd-run -q --unit="$1" -p "StandardOutput=append:$3" -p StandardError=journal weir collect "$2"
  within logged "$1" 'listening on'
}

files() {
  find / -xdev \( -path /var/log/journal -o -path /var/cache -o -path /var/backups -o -path /var/tmp -o -path /tmp \) -prune -o -print | sort
  find /run/weir /run/systemd/transient -name 'weir*' 2>/dev/null
}

install_package() {
  check 'install by apt' apt-get install -y --no-install-recommends /mnt/weir.deb
  check 'enabled and running after installation' eval 'systemctl is-enabled weir && active weir'
  check 'units are clean for systemd-analyze verify' eval \
    '[ -z "$(systemd-analyze verify --man=no weir.service weir@second.service 2>&1)" ]'
  systemctl stop weir
}

start_and_export() {
  collect collector udp://127.0.0.1:4739 $flows
  settings 'observationPoints: [any]' 'template: process' 'idleTimeout: 2s' 'lingerTimeout: 200ms' \
    'sinks: ["udp://127.0.0.1:4739"]'
  check 'systemctl start returns when weir is ready' eval 'systemctl start weir && has weir StatusText "^metering .*near0"'
  check 'no other user, capability or system call than the unit says' eval '
    s=/proc/$(prop weir MainPID)/status
    [ "$(stat -c %U /proc/$(prop weir MainPID))" = weir ] && grep -q "^NoNewPrivs:.1" $s && grep -q "^Seccomp:.2" $s &&
    grep -q "^CapEff:.000000c000083004" $s && grep -q "^CapBnd:.000000c000083004" $s'
  check 'ends of flows are named by BPF' within logged weir 'ends of flows are named by [0-9]+ BPF programs'
  check 'a flow arrives with process, unit and peer named' flow_arrives
  check 'the status is told' within has weir StatusText 'metering .*packets/s'
  check 'its directories belong to weir' eval '[ "$(stat -c %U:%a /var/lib/weir)" = weir:750 ] && [ "$(stat -c %U /run/weir)" = weir ]'
  check 'the statistics file is there' within test -s "/run/weir/$(prop weir MainPID).stats"
}

reload() {
  local pid
  pid=$(prop weir MainPID)
  settings 'observationPoints: [any]' 'template: process' 'idleTimeout: 1s' 'lingerTimeout: 100ms' \
    'sinks: ["udp://127.0.0.1:4739"]'
  check 'systemctl reload takes the new timeouts' eval 'systemctl reload weir && within logged weir "reloaded .*idleTimeout=.1000 ms"'
  check 'reload keeps the process' eval "active weir && is weir MainPID $pid"
  cp /etc/weir/weir.yaml /var/tmp/good.yaml
  settings 'idleTimeout: never'
  check 'a reload with a mistake is told, and changes nothing' eval \
    'systemctl reload weir; within has weir StatusText "not reloaded: .*idleTimeout" && active weir && is weir MainPID '"$pid"
  cp /var/tmp/good.yaml /etc/weir/weir.yaml
  check 'flows after the reloads' flow_arrives
}

# comes_back NAME SIGNAL RESULT: the main process gets the signal, systemd starts a new one, flows go on.
comes_back() {
  local pid
  pid=$(prop weir MainPID)
  kill "-$2" "$pid"
  check "$1: systemd starts it again" eval "within anew $pid && within logged weir '$3'"
  check "$1: flows after it" eval 'within has weir StatusText ^metering && flow_arrives'
}

clock() {
  local pid
  pid=$(prop weir MainPID)
  for step in '+1 hour' '-1 hour' '-1 hour' '+1 hour'; do
    date -s "$step" >/dev/null
    check "flows after the clock went $step" eval 'flow_arrives && flow_arrives'
  done
  check 'the clock ended nothing' eval "active weir && is weir MainPID $pid"
}

mistakes() {
  settings 'observationPoints: [eth77]' 'idleTimeout: never'
  check 'a mistake in the configuration fails at once, and is not tried again' eval \
    '! systemctl restart weir; is weir ActiveState failed && is weir ExecMainStatus 2'
  settings 'observationPoints: [eth77]' 'template: process' 'idleTimeout: 1s' 'lingerTimeout: 100ms' \
    'sinks: ["tcp://127.0.0.1:4739"]'
  systemctl start --no-block weir
  sleep 12 # longer than systemd would try by default: five times within 10 s
  ip link add eth77 type veth peer name eth78 && ip link set eth78 up && ip link set eth77 up
  check 'an interface that comes late is no end' eval 'within active weir && within has weir StatusText "^metering eth77"'
  systemctl stop weir
  ip link del eth77
}

supervised() {
  local pid restarts
  cp /var/tmp/good.yaml /etc/weir/weir.yaml
  echo 'supervise: true' >>/etc/weir/weir.yaml
  check 'supervised: ready by the word of the child' eval 'systemctl start weir && has weir StatusText ^metering'
  pid=$(prop weir MainPID)
  restarts=$(prop weir NRestarts)
  child() { cat "/proc/$1/task/$1/children"; }
  kill -SEGV $(child "$pid")
  check 'supervised: a crash is met by the supervisor' eval \
    "within logged weir 'weir crashed .SIGSEGV' && within has weir StatusText ^metering && flow_arrives"
  check 'supervised: systemd has restarted nothing' eval "is weir MainPID $pid && is weir NRestarts $restarts"
  kill -STOP $(child "$pid")
  check 'supervised: a child that hangs is met by the watchdog' eval \
    "within anew $pid && within has weir StatusText ^metering && flow_arrives"
  check 'supervised: stop' eval 'systemctl stop weir && is weir Result success && no_process'
}

no_process() { ! grep -qs "^Uid:.$(id -u weir)" /proc/[0-9]*/status; }

template() {
  cp /var/tmp/good.yaml /etc/weir/weir.yaml
  sed 's|udp://127.0.0.1:4739|tcp://127.0.0.1:4740|' /var/tmp/good.yaml >/etc/weir/second.yaml
  check 'weir@second beside weir' eval 'systemctl start weir weir@second && active weir && active weir@second'
  check 'each has its statistics file' eval \
    'within test -s /run/weir/$(prop weir MainPID).stats && within test -s /run/weir/second/$(prop weir@second MainPID).stats'
  ask
  check 'weir@second spools while its collector is away, in its own directory' within eval \
    'compgen -G "/var/lib/weir/second/spool/*"'
  collect second tcp://127.0.0.1:4740 $second
  check 'and delivers when it comes' within arrived $second
  check 'stopping weir leaves the directory of weir@second' eval 'systemctl stop weir && [ -d /run/weir/second ] && active weir@second'
  check 'stopping weir@second takes it away' eval 'systemctl stop weir@second && gone /run/weir/second && is weir@second Result success'
}

other_namespaces() {
  mkdir -p /etc/systemd/system/weir.service.d
  cp /mnt/namespaces.conf /etc/systemd/system/weir.service.d/
  systemctl daemon-reload
  sed 's|\[any\]|["far0@netns:far"]|' /var/tmp/good.yaml >/etc/weir/weir.yaml
  check "README's drop-in: capture in another network namespace" eval \
    'systemctl start weir && has weir StatusText "^metering far0" && flow_arrives'
  systemctl stop weir
  rm -r /etc/systemd/system/weir.service.d
  systemctl daemon-reload
}

stop() {
  cp /var/tmp/good.yaml /etc/weir/weir.yaml
  systemctl start weir
  ask
  check 'systemctl stop is clean' eval 'systemctl stop weir && is weir Result success && is weir ExecMainStatus 0 && no_process &&
    ! compgen -G "/run/weir/*.stats"'
  check 'the last flows have left' within arrived $flows
}

purge() {
  systemctl stop collector second
  cp /var/tmp/good.yaml /etc/weir/weir.yaml
  systemctl start weir
  systemctl enable -q weir@second
  check 'apt purge' apt-get purge -y weir
  check 'no process is left' eval '! ls -l /proc/[0-9]*/exe 2>/dev/null | grep /weir'
  files >/var/tmp/after
  # What apt, dpkg and adduser write about themselves, and what the journal and this script keep.
  check 'no file is left' eval '! diff /var/tmp/before /var/tmp/after |
    grep -vE "^[<>] /(var/lib/(dpkg|apt|systemd)|var/log/(apt|dpkg|alternatives)|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|run|sys|proc|dev)" |
    grep "^[<>]"'
  check 'no user and no group is left' eval '! getent passwd weir && ! getent group weir'
  check 'no unit is left' eval '[ -z "$(systemctl list-units --all --no-legend "weir*")$(systemctl list-unit-files --no-legend "weir*")" ]'
}

say "guest $(. /etc/os-release && echo "$PRETTY_NAME"), $(systemctl --version | head -1), Linux $(uname -r)"
systemctl is-system-running --wait >/dev/null
prepare
files >/var/tmp/before
install_package
start_and_export
reload
comes_back 'watchdog' STOP 'Watchdog timeout'
comes_back 'crash' SEGV 'status=11/SEGV'
comes_back 'kill -9' KILL 'status=9/KILL'
clock
stop
template
mistakes
supervised
other_namespaces
purge
say end
