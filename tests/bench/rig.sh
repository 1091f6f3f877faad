# SPDX-License-Identifier: ISC
# Rigs for benchmarks: for each variant a row of namespaces lac - lns - core of its own, so that all variants are up at
# once and measured in turn. Read after tests/netns/lib.sh, suite.sh and tests/bench/lib.sh. A variant is
#
#     MODE[-throttled|-snooped]    this suite; `ours` is fast_path off, tc, stack and redirect are fast paths.
#                                  throttled: every session, at a rate that it never reaches. snooped: every hundredth.
#     original                     Debian's l2tpns 2.4.1
#     plain                        the kernel alone: no tunnel, the subscribers' addresses are behind the link
#
# The LNS and the network driver's work of its namespace have CPU $LNS_CPU, everything else (subscribers, generators,
# receivers, FreeRADIUS) has CPU $GEN_CPU. The veth pairs imitate network cards: packets cross them in MTU size, are
# received by a NAPI thread with GRO. With --realtime the LNS comes before that thread when both want the CPU, so that a
# flood is dropped where a card drops it, in its ring, and not in a socket after the CPU time was spent.

GEN_CPU=0 LNS_CPU=1
# With --realtime: priorities above whatever else the machine does (nice values do not reach across sessions where the
# kernel groups processes by session).
LNS_PRIORITY=40 NAPI_PRIORITY=30 ALL_PRIORITY=20
POOL=10.100.0.0/16 # of up to 60,000 sessions
LARGE_POOL=10.96.0.0/11
SECRET=testing123
DUPLICATE_USERS=yes # whether a user may have two sessions
SINK_PORT=9 COPY_PORT=10

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

# with_sinks: the LNS's interfaces are received as said above. The far ends are received by threads on the generator's
# CPU, as other machines would; they are not woken for each packet, which would cost the LNS more than to forward it,
# but look every 50 us, which is what a card with interrupt moderation does. See frames.sh for what happens there.
with_napi_threads() {
    napi_thread "$NS_LNS" lac0 $LNS_CPU && napi_thread "$NS_LNS" core0 $LNS_CPU &&
        napi_thread "$NS_LAC" lns0 $LNS_CPU && napi_thread "$NS_CORE" lns0 $LNS_CPU
}
with_sinks() {
    local namespace
    napi_thread "$NS_LNS" lac0 $LNS_CPU && napi_thread "$NS_LNS" core0 $LNS_CPU
    for namespace in "$NS_LAC" "$NS_CORE"; do
        ip netns exec "$namespace" sh -c 'cd /sys/class/net/lns0 && echo 50000 >gro_flush_timeout &&
            echo 200 >napi_defer_hard_irqs' || fail "no interrupt moderation"
        napi_thread "$namespace" lns0 $GEN_CPU
    done
}

# napi_thread NAMESPACE IF CPU: the interface is received by a kernel thread on that CPU, with GRO. One on the generator's
# comes before the generator.
napi_thread() {
    local before after pid
    before=$(napi_threads "$2")
    ip netns exec "$1" ethtool -K "$2" gro on >/dev/null 2>&1 || fail "no GRO on $2"
    ip netns exec "$1" sh -c "echo 1 > /sys/class/net/$2/threaded" || fail "no NAPI thread for $2"
    after=$(napi_threads "$2")
    for pid in $after; do
        case " $before " in *" $pid "*) continue ;; esac
        taskset -cp "$3" "$pid" >/dev/null && prefer $NAPI_PRIORITY "$pid"
        [ "$3" = $LNS_CPU ] || renice -n -10 -p "$pid" >/dev/null
        [ "$1" != "$NS_LNS" ] || CARD_THREADS[$RIG]+=" $pid"
    done
}
declare -A CARD_THREADS # of the LNS of each rig
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

# fast_path_of VARIANT: nothing for those that are not this suite.
fast_path_of() {
    case ${1%%-*} in ours) echo off ;; original | plain) ;; *) echo "${1%%-*}" ;; esac
}
# understood VARIANT...: those whose fast path this build knows; says on standard error what is left out.
understood() {
    local variant probe=$WORK/understood
    mkdir -p "$probe"
    for variant in "$@"; do
        echo "set fast_path $(fast_path_of "$variant")" >"$probe/startup-config"
        if [ -z "$(fast_path_of "$variant")" ] ||
            "$TOP_BUILDDIR/l2tpnsd/l2tpnsd" -n -c "$probe" >"$probe/errors" 2>&1; then
            echo "$variant"
        else
            echo "left out: $variant ($(grep -m 1 startup-config "$probe/errors"))" >&2
        fi
    done
}

# start_variant [SESSIONS]: the LNS of this rig, freshly started. Neither looks after silent subscribers during a run.
start_variant() {
    [ "${1:-0}" -le 60000 ] || POOL=$LARGE_POOL
    case $RIG in
    original)
        original_start original $POOL '' $SECRET \
            'set echo_timeout 3000' 'set idle_echo_timeout 6000' "set allow_duplicate_users $DUPLICATE_USERS"
        LNS_PID=$PID
        ;;
    plain) # the subscribers' addresses are the lac namespace's own
        ip -n "$NS_LNS" route replace $POOL via $LAC_IP
        ip -n "$NS_LAC" route replace local $POOL dev lo
        return
        ;;
    *)
        rm -rf "$RUNDIR"
        mkdir -p "$CONFDIR" && echo $POOL >"$CONFDIR/ip_pool"
        configure_lns <<CONF
set debug 2
set datapath_workers 1
set primary_radius 127.0.0.1
set primary_radius_port 1812
set radius_secret "$SECRET"
set radius_accounting yes
set radius_authtypes "pap,chap"
set allow_duplicate_users $DUPLICATE_USERS
set echo_timeout 3000
set idle_echo_timeout 6000
set fast_path $(fast_path_of "$RIG")
$([ "$(fast_path_of "$RIG")" != redirect ] || echo set fast_path_interfaces lac0,core0)
set throttle_speed 10000000
set snoop_host $CORE_IP
set snoop_port $COPY_PORT
$([ "${1:-0}" -le 60000 ] || echo set max_sessions "$1")
CONF
        start_lns
        ;;
    esac
    LNS_PIDS[$RIG]=$LNS_PID
    pin_lns
}
declare -A LNS_PIDS

# stop_variant: ends the LNS; one that does not go in 20 s is killed.
stop_variant() {
    local pid deadline=$((SECONDS + 20)) main=${LNS_PIDS[$RIG]}
    local signal=TERM # of the original the end, of the suite a restart
    [ "$(cat "/proc/$main/comm" 2>/dev/null)" = l2tpnsd ] && signal=QUIT
    kill -$signal "$main" 2>/dev/null
    while [ -n "$(lns_pids)" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    for pid in $(lns_pids); do kill -KILL "$pid" 2>/dev/null; done
    while [ -n "$(lns_pids)" ]; do sleep 0.1; done
    wait "$main" 2>/dev/null
    for pid in $(ip -n "$NS_LNS" -o link show type tun | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
        ip -n "$NS_LNS" link del "$pid" 2>/dev/null
    done
}

# generator COMMAND...: runs a command on the generator's CPU.
generator() { taskset -c $GEN_CPU "$@"; }

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
    WAIT_SECONDS=$((600 + n / 500))
    wait_for_start "$PID" test -e "$ready"
    WAIT_SECONDS=$wait
    [ "$(wc -l <"$LIST")" = "$n" ] || echo "warning: $RIG: only $(wc -l <"$LIST") of $n sessions are up" >&2
}
declare -A LACSIM_PID
stop_sessions() {
    kill -CONT "${LACSIM_PID[$RIG]}" 2>/dev/null
    stop "${LACSIM_PID[$RIG]}" KILL
}
