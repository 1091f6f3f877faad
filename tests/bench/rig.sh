# SPDX-License-Identifier: ISC
# Rigs for benchmarks: for each variant (ours; tc, which is ours with fast_path tc; original, plain) a row of namespaces lac - lns - core of its own, so that
# all variants are up at once and measured in turn. Read after tests/netns/lib.sh, suite.sh and tests/bench/lib.sh.
#
# The LNS and the network driver's work of its namespace have CPU $LNS_CPU, everything else (subscribers, generators,
# receivers, FreeRADIUS) has CPU $GEN_CPU. The veth pairs imitate network cards: packets cross them in MTU size, are
# received by a NAPI thread with GRO. The LNS comes before that thread when both want the CPU, so that a flood is dropped
# where a card drops it, in its ring, and not in a socket after the CPU time was spent.

GEN_CPU=0 LNS_CPU=1
# With --realtime: priorities above whatever else the machine does (nice values do not reach across sessions where the
# kernel groups processes by session). The observer only reads counters.
WATCH_PRIORITY=50 LNS_PRIORITY=40 NAPI_PRIORITY=30 ALL_PRIORITY=20
POOL=10.100.0.0/16
SECRET=testing123
SINK_PORT=9

# use_rig VARIANT: the variables of lib.sh and suite.sh mean this rig from now on.
use_rig() {
    RIG=$1
    NS_LAC=lns-$$-$RIG-lac NS_LNS=lns-$$-$RIG-lns NS_CORE=lns-$$-$RIG-core
    CONFDIR=$WORK/$RIG/etc
    RUNDIR=$WORK/$RIG/run
    LIST=$WORK/$RIG.list
}

# make_rig VARIANT: namespaces and links; a sink for test packets in core and lac.
# with_far_ends_apart: what the LNS sends is received on the generator's CPU, as every other machine's work is. For set-ups
# only: to call the other CPU for a packet takes a virtual machine longer than to forward it, and the LNS's processes
# would be charged for that.
# with_napi_threads: all interfaces are received as said above, and the far ends' threads have the LNS's CPU too, where
# to wake them costs little. A veth ring holds 256 packets only, so this is for floods and TCP, not for the control
# messages of a thousand set-ups that begin at once.
make_rig() {
    use_rig "$1"
    mkdir -p "$WORK/$RIG"
    make_namespaces
    ip -n "$NS_LAC" route add 10.91.0.0/24 via $LNS_IP
    shape_link "$NS_LAC" lns0 && shape_link "$NS_CORE" lns0 && shape_link "$NS_LNS" lac0 && shape_link "$NS_LNS" core0
    start "sink-$RIG" "$NS_CORE" taskset -c $GEN_CPU python3 "$BENCH_DIR/sink.py" $SINK_PORT
    start "lac-sink-$RIG" "$NS_LAC" taskset -c $GEN_CPU python3 "$BENCH_DIR/sink.py" $SINK_PORT
}

# A card without segmentation offload, so that what is counted on the wire are packets; checksums stay the card's.
shape_link() {
    ip netns exec "$1" ethtool -K "$2" tso off tx-udp-segmentation off >/dev/null 2>&1
}
with_far_ends_apart() {
    local namespace
    for namespace in "$NS_LAC" "$NS_CORE"; do
        ip netns exec "$namespace" sh -c "printf %x $((1 << GEN_CPU)) > /sys/class/net/lns0/queues/rx-0/rps_cpus"
    done
}

# throw_away DESTINATION..., stop_throwing_away DESTINATION...: what the LNS sends there is counted by the interface
# `void` (as received: it is an ifb), which ends it, as a card would that has sent it. To send it over a link would
# charge the LNS with the far end's work.
throw_away() {
    local destination
    if ! ip -n "$NS_LNS" link show void >/dev/null 2>&1; then
        ip -n "$NS_LNS" link add void txqueuelen 0 type ifb && ip -n "$NS_LNS" link set void up || fail "no ifb"
        shape_link "$NS_LNS" void
    fi
    for destination in "$@"; do ip -n "$NS_LNS" route add "$destination" dev void || fail "route to $destination"; done
}
stop_throwing_away() {
    local destination
    for destination in "$@"; do ip -n "$NS_LNS" route del "$destination" dev void; done
}

with_napi_threads() {
    napi_thread "$NS_LNS" lac0 && napi_thread "$NS_LNS" core0 && napi_thread "$NS_LAC" lns0 &&
        napi_thread "$NS_CORE" lns0
}

# napi_thread NAMESPACE IF: the interface is received by a kernel thread on the LNS's CPU, with GRO.
napi_thread() {
    local before after pid
    before=$(napi_threads "$2")
    ip netns exec "$1" ethtool -K "$2" gro on >/dev/null 2>&1 || fail "no GRO on $2"
    ip netns exec "$1" sh -c "echo 1 > /sys/class/net/$2/threaded" || fail "no NAPI thread for $2"
    after=$(napi_threads "$2")
    for pid in $after; do
        case " $before " in *" $pid "*) continue ;; esac
        taskset -cp $LNS_CPU "$pid" >/dev/null && prefer $NAPI_PRIORITY "$pid"
    done
}
napi_threads() {
    local file comm
    for file in /proc/[0-9]*/comm; do
        { read -r comm <"$file"; } 2>/dev/null || continue
        case $comm in "napi/$1-"*) file=${file#/proc/} && printf '%s ' "${file%/comm}" ;; esac
    done
}

# prefer PRIORITY PID: all its threads; with --realtime only.
prefer() { [ -z "$REALTIME" ] || chrt -a -r -p "$1" "$2"; }

# lns_pids: the processes of the LNS of this rig.
lns_pids() {
    local pid comm
    for pid in $(ip netns pids "$NS_LNS"); do
        { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
        case $comm in l2tpns | l2tpnsd | sessiond | datapathd | radiusd-client | clid) echo "$pid" ;; esac
    done
}
pin_lns() {
    local pid
    for pid in $(lns_pids); do
        taskset -acp $LNS_CPU "$pid" >/dev/null
        prefer $LNS_PRIORITY "$pid"
    done
}

# start_radius: FreeRADIUS in the lns namespace, on the generator's CPU; any user, one password.
start_radius() {
    echo 'DEFAULT Cleartext-Password := "password"' >"$WORK/users"
    start_freeradius "radius-$RIG" "$NS_LNS" 127.0.0.1 $SECRET "$WORK/users"
    taskset -acp $GEN_CPU "$PID" >/dev/null
    prefer $ALL_PRIORITY "$PID"
}

# start_variant: the LNS of this rig, freshly started. Neither looks after silent subscribers during a run.
start_variant() {
    case $RIG in
    ours | tc)
        rm -rf "$RUNDIR"
        echo $POOL >"$WORK/ip_pool" && mkdir -p "$CONFDIR" && cp "$WORK/ip_pool" "$CONFDIR/ip_pool"
        configure_lns <<CONF
set debug 2
set datapath_workers 1
set primary_radius 127.0.0.1
set primary_radius_port 1812
set radius_secret "$SECRET"
set radius_accounting yes
set radius_authtypes "pap,chap"
set allow_duplicate_users yes
set echo_timeout 3000
set idle_echo_timeout 6000
set fast_path $([ "$RIG" = tc ] && echo tc || echo off)
CONF
        start_lns
        ;;
    original)
        original_start original $POOL '' $SECRET 'set echo_timeout 3000' 'set idle_echo_timeout 6000'
        LNS_PID=$PID
        ;;
    plain) # the subscribers' addresses are the lac namespace's own
        ip -n "$NS_LNS" route add $POOL via $LAC_IP
        ip -n "$NS_LAC" route add local $POOL dev lo
        return
        ;;
    esac
    pin_lns
}

# stop_variant: ends the LNS; one that does not go in 20 s is killed.
stop_variant() {
    local pid deadline=$((SECONDS + 20))
    local signal=TERM # of the original the end, of the suite a restart
    [ "$(cat "/proc/$LNS_PID/comm" 2>/dev/null)" = l2tpnsd ] && signal=QUIT
    kill -$signal "$LNS_PID" 2>/dev/null
    while [ -n "$(lns_pids)" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    for pid in $(lns_pids); do kill -KILL "$pid" 2>/dev/null; done
    while [ -n "$(lns_pids)" ]; do sleep 0.1; done
    wait "$LNS_PID" 2>/dev/null
    for pid in $(ip -n "$NS_LNS" -o link show type tun | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
        ip -n "$NS_LNS" link del "$pid" 2>/dev/null
    done
}

# generator COMMAND...: runs a command on the generator's CPU.
generator() { taskset -c $GEN_CPU "$@"; }

# watch_window NAMESPACE INTERFACE rx|tx [PID...]: see window.py.
watch_window() {
    local namespace=$1 command=(python3 "$BENCH_DIR/window.py" "$WINDOW")
    shift
    [ -z "$REALTIME" ] || command=(chrt -r $WATCH_PRIORITY "${command[@]}")
    generator ip netns exec "$namespace" "${command[@]}" "$@"
}

# tunnels_for SESSIONS: a LAC has thousands of sessions.
tunnels_for() {
    case $1 in 1) echo 1 ;; [0-9] | [0-9][0-9] | [0-9][0-9][0-9] | 1000) echo 4 ;; *) echo 16 ;; esac
}

# start_sessions N [OPTION...]: lacsim with N sessions until stop_sessions; waits until all are up.
start_sessions() {
    local n=$1 ready=$WORK/$RIG.ready wait=$WAIT_SECONDS
    shift
    rm -f "$ready"
    start "lacsim-$RIG" "$NS_LAC" taskset -c $GEN_CPU "$LACSIM" -q -s "$n" -t "$(tunnels_for "$n")" -w 64 \
        --hold 3000 --list "$LIST" --ready-file "$ready" --json "$WORK/$RIG.sessions.json" "$@" $LNS_IP
    LACSIM_PID[$RIG]=$PID
    prefer $ALL_PRIORITY "$PID"
    WAIT_SECONDS=600
    wait_for_start "$PID" test -e "$ready"
    WAIT_SECONDS=$wait
    [ "$(wc -l <"$LIST")" = "$n" ] || echo "warning: $RIG: only $(wc -l <"$LIST") of $n sessions are up" >&2
}
declare -A LACSIM_PID
stop_sessions() {
    kill -CONT "${LACSIM_PID[$RIG]}" 2>/dev/null
    stop "${LACSIM_PID[$RIG]}" KILL
}
