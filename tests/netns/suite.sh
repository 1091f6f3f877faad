# SPDX-License-Identifier: ISC
# The suite in the lns namespace, for tests that source lib.sh first.

CONFDIR=$WORK/etc
RUNDIR=$WORK/run
LNS_INSTANCES=() # namespace and run directory of each that was started
LNS_CLI_PORT=2323

# stage_programs: a directory with all programs of the suite, as `make install` would lay them out.
stage_programs() {
    mkdir -p "$WORK/libexec" "$CONFDIR"
    local program
    for program in sessiond datapathd radiusd-client clid; do
        ln -sf "$TOP_BUILDDIR/$program/$program" "$WORK/libexec/$program"
    done
    ln -sf "$TOP_SRCDIR/etc/dictionary.l2tpns" "$WORK/libexec/dictionary"
}

# configure_lns: startup-config from standard input on top of the common settings; a pool of
# 10.100.0.0/16, which is routed from core. With LNS_FAST_PATH the scenario has that fast path, or what is the `default`;
# without it all is done by user space.
configure_lns() {
    [ -z "${LNS_FAST_PATH:-}" ] || { offload_off "$NS_LNS" lac0; offload_off "$NS_LAC" lns0; }
    stage_programs
    {
        echo "set debug 3"
        echo "set bind_address $LNS_IP"
        echo "set cli_port $LNS_CLI_PORT"
        echo "set cli_bind_address 127.0.0.1"
        [ "${LNS_FAST_PATH:-}" = default ] || echo "set fast_path ${LNS_FAST_PATH:-off}"
        cat
    } > "$CONFDIR/startup-config"
    [ -e "$CONFDIR/ip_pool" ] || echo 10.100.0.0/16 > "$CONFDIR/ip_pool"
}

# launch_lns [COMMAND...]: runs l2tpnsd, by the command, until the end of the test; with LNS_NO_TCX as on a kernel before
# Linux 6.6.
launch_lns() {
    local preload=()
    [ -z "${LNS_NO_TCX:-}" ] || preload=(env LD_PRELOAD="$TOP_BUILDDIR/tests/netns/no_tcx.so"
        ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
    start lns "$NS_LNS" "$@" "${preload[@]}" "$TOP_BUILDDIR/l2tpnsd/l2tpnsd" -c "$CONFDIR" -r "$RUNDIR" -l "$WORK/libexec"
    LNS_PID=$PID
    LNS_INSTANCES+=("$NS_LNS $RUNDIR")
}
# start_lns [COMMAND...]: the same, and waits until it serves.
start_lns() {
    launch_lns "$@"
    wait_for_start "$LNS_PID" lns_serves
}
# purge_lns: at the end of the test, of every instance: its workers, tables, device.
purge_lns() {
    local namespace rundir
    for instance in "${LNS_INSTANCES[@]}"; do
        read -r namespace rundir <<< "$instance"
        ip netns exec "$namespace" "$TOP_BUILDDIR/l2tpnsd/l2tpnsd" --purge -r "$rundir"
    done
}
AT_END+=(purge_lns)
lns_serves() { udp_bound "$NS_LNS" 1701 && tcp_bound "$NS_LNS" $LNS_CLI_PORT && all_run; }

# processes [STATE]: how many there are by the CLI, the parent among them; of those in that state.
processes() { cli 'show processes' | grep -cE " (${1:-starting|running|waiting}) +[0-9]"; }
workers_running() { processes running; }
all_run() {
    local shown
    shown=$(cli 'show processes')
    [ "$(grep -cE ' running +[0-9]' <<< "$shown")" -ge 5 ] && ! grep -qE ' (starting|waiting) +[0-9]' <<< "$shown"
}

# cli COMMAND...: each argument is a line typed at the CLI, on loopback; prints the dialogue.
cli() {
    in_lns python3 "$LIB_DIR/cli.py" 127.0.0.1 $LNS_CLI_PORT "$@"
}

# with_radius: lines of startup-config for a FreeRADIUS that start_freeradius runs in the lns namespace.
with_radius() {
    printf 'set %s\n' 'primary_radius 127.0.0.1' 'primary_radius_port 1812' 'radius_secret "testing123"' \
        'radius_accounting true'
}

# lac NAME OPTION...: lacsim in the lac namespace, in the background until `stop ${PID_OF[NAME]}`; returns when each
# session is up or has failed. $WORK/NAME.json is its report at the end, NAME.list has its sessions.
lac() {
    local name=$1
    shift
    rm -f "$WORK/$name.ready"
    start "$name" "$NS_LAC" "$LACSIM" --quiet --hold 3600 --ready-file "$WORK/$name.ready" --list "$WORK/$name.list" \
        --json "$WORK/$name.json" "$@" $LNS_IP
    wait_for_start "$PID" test -e "$WORK/$name.ready"
}

# reflect [OPTION...]: what answers test packets in the core, on port 9000; they come back from the first one on.
reflect() {
    start reflector "$NS_CORE" "$LACSIM" --reflector "$@" $CORE_IP:9000
    wait_for_start "$PID" udp_bound "$NS_CORE" 9000
}

# hang_up NAME: ends it cleanly; gives its status, which is 0 only if everything happened as asked.
hang_up() { stop "${PID_OF[$1]}"; }

# dial NAME OPTION...: lacsim that hangs up as soon as its sessions are up; waits for that and gives its status.
dial() {
    local name=$1
    shift
    in_lac "$LACSIM" --quiet --list "$WORK/$name.list" --json "$WORK/$name.json" "$@" $LNS_IP > "$WORK/$name.log" 2>&1
}

# refused NAME REASON OPTION...: dials in vain, for a reason that the report has (a part of its text).
refused() {
    local name=$1 reason=$2
    shift 2
    ! dial "$name" "$@" || fail "$name: not refused"
    expect_json "$WORK/$name.json" "any('$reason' in k for w in ('tunnels', 'sessions') for k in d[w]['failures'])"
}

# sessions N: does `show session` list so many users?
sessions() { [ "$(cli 'show session' | grep -c ' [YN] [YN] [YN] ')" = "$1" ]; }
# tunnels N: does `show tunnel` list so many open ones?
tunnels() { [ "$(cli 'show tunnel' | grep -c ' Open ')" = "$1" ]; }
# logged TEXT: does the suite's log have it?
logged() { grep -qF -- "$1" "$WORK/lns.log"; }
# shows COMMAND TEXT: does the CLI's answer have it?
shows() { cli "$1" | grep -qF -- "$2"; }
# shows_enabled COMMAND TEXT: the same after enable.
shows_enabled() { cli enable "$1" | grep -qF -- "$2"; }
# address_of NAME USER: which address it was given, by the LAC's list.
address_of() { sed -n "s/^$2,\([^,]*\),.*/\1/p" "$WORK/$1.list"; }

# worker_pid NAME: the pid of a worker, among the processes of the namespace.
worker_pid() {
    local pid
    for pid in $(ip netns pids "$NS_LNS"); do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "${1:0:15}" ] && echo "$pid" && return
    done
    return 1
}

# worker_pids: of all workers, whoever their parent is.
worker_pids() {
    local pid
    for pid in $(ip netns pids "$NS_LNS"); do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in sessiond | datapathd | radiusd-client | clid) echo "$pid" ;; esac
    done
}
none_running() { [ -z "$(worker_pids)" ]; }
# taken_over: does every worker run that the parent started last?
taken_over() { started_times 1; }
# started_times N: has the parent's log N starts of every worker?
started_times() {
    local workers=$(($(processes) - 1))
    [ $workers -ge 4 ] && [ "$(grep -c ' runs, pid ' "$WORK/lns.log")" -ge $((workers * $1)) ]
}
# answers: does a ping of the subscriber on device sub0 come back?
answers() { in_lac ping -q -c 1 -W 5 -I sub0 $CORE_IP > /dev/null; }
# unreachables: how many ICMP errors that say so reached the LAC.
unreachables() { in_lac awk '$1 == "Icmp:" { n = $5 } END { print n }' /proc/net/snmp; }

# counter NAME: its value, of all workers together.
counter() { cli 'show counters' | awk -v name="$1" '$2 == name { sum += $3 } END { print sum + 0 }'; }
# collect NAME NAMESPACE ADDRESS PORT: gathers UDP datagrams in the background; came NAME says how many there are.
collect() {
    : > "$WORK/$1.hex"
    start "$1" "$2" python3 "$LIB_DIR/datagrams.py" collect "$3" "$4" "$WORK/$1.hex"
    wait_for udp_bound "$2" "$4"
}
came() { wc -l < "$WORK/$1.hex"; }
# privileged COMMAND...: at the CLI, after enable.
privileged() { cli enable "$@"; }

# core_saw NAME: a counter of IP in the kernel of the core (IpInReceives, IpExtOutOctets ...), which talks to subscribers only.
core_saw() { in_core nstat -asz "$1" | awk 'END { print $2 }'; }
# Packets that the machine lost between namespaces, all of them together, since a processor had too many waiting, or an
# interface whose receiver has a queue of its own (veth with GRO or XDP): what a test's own processes did not lose.
machine_lost() {
    local lost sum=0 at
    while read -r _ lost _; do sum=$((sum + 16#$lost)); done < /proc/net/softnet_stat
    for at in "$NS_LAC lns0" "$NS_LNS lac0" "$NS_LNS core0" "$NS_CORE lns0"; do
        for lost in $(ip netns exec "${at% *}" sh -c "cat /sys/class/net/${at#* }/statistics/[rt]x_dropped"); do sum=$((sum + lost)); done
    done
    echo $sum
}
