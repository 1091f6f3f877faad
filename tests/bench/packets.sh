# SPDX-License-Identifier: ISC
# Packets a second through established sessions, both ways, under more load than the LNS can carry.
#
# up: lacsim sends through all sessions in turn to the sink in core; what leaves the LNS for it is counted.
# down: lacsim --source sends from core to all subscribers in turn; what leaves for the LAC is counted. lacsim itself is
# stopped meanwhile.
# What was counted is thrown away where it leaves.

PACKET_ROUNDS=${PACKET_ROUNDS:-3}
PACKET_VARIANTS=${PACKET_VARIANTS:-ours tc original plain}
WINDOW=3        # seconds watched
LONGEST=120     # seconds that a generator runs if it is not stopped

bench_packets() {
    local variant n round size way
    [ -n "$QUICK" ] && PACKET_ROUNDS=1 WINDOW=1.5
    for variant in $PACKET_VARIANTS; do
        make_rig "$variant"
        with_napi_threads
        [ "$variant" = plain ] || start_radius
    done
    for n in $SESSION_COUNTS; do
        for variant in $PACKET_VARIANTS; do packets_begin "$variant" "$n"; done
        for round in $(seq 1 "$PACKET_ROUNDS"); do
            for size in $SIZES; do
                for way in up down; do
                    for variant in $PACKET_VARIANTS; do packets_once "$variant" $way "$n" "$size" "$round"; done
                done
            done
        done
        for variant in $PACKET_VARIANTS; do
            [ "$variant" != plain ] || continue
            use_rig "$variant"
            stop_sessions
            stop_variant
        done
    done
}

packets_begin() {
    use_rig "$1"
    if [ "$1" = plain ]; then
        [ -n "${PLAIN_READY:-}" ] || start_variant
        PLAIN_READY=1
        seq 0 $(($2 - 1)) | awk '{ printf "user,10.100.%d.%d\n", 1 + int($1 / 250), 1 + $1 % 250 }' >"$LIST"
        return
    fi
    start_variant
    start_sessions "$2" --traffic up --traffic-on-signal --flood --size "${SIZES// /,}" --duration $LONGEST \
        --target $CORE_IP:$SINK_PORT
}

# packets_once VARIANT WAY SESSIONS SIZE ROUND
packets_once() {
    local pids offered
    use_rig "$1"
    pids=$(lns_pids)
    begin_load "$1" "$2" "$4"
    watch_window "$([ "$2" = up ] && echo "$NS_LAC" || echo "$NS_CORE")" lns0 tx >"$WORK/offered" &
    offered=$!
    watch_window "$NS_LNS" void rx $pids >"$WORK/window"
    wait $offered
    end_load "$1" "$2"
    record packets "$1" "way=$2 size=$4 sessions=$3" "$5" "kpps=$(json "$WORK/window" "round(d['pps'] / 1000, 1)")" \
        "offered=$(json "$WORK/offered" "round((d['pps'] + d['dropped']) / 1000, 1)")" \
        "cpu=$(json "$WORK/window" "round(d['cpu'], 2)")"
}

# begin_load VARIANT WAY SIZE, end_load VARIANT WAY
begin_load() {
    FLOOD_PID=
    throw_away $(destinations "$1-$2")
    case $1-$2 in
    plain-up) source_flood "$NS_LAC" --to $CORE_IP+1 "$3" ;;
    *-up) kill -USR2 "${LACSIM_PID[$1]}" ;; # the next size of its list, which has the order of $SIZES
    *)
        [ "$1" = plain ] || kill -STOP "${LACSIM_PID[$1]}"
        source_flood "$NS_CORE" --to-list "$LIST" "$3"
        ;;
    esac
}
end_load() {
    case $1-$2 in
    plain-*) ;;
    *-up) kill -USR2 "${LACSIM_PID[$1]}" ;;
    *) kill -CONT "${LACSIM_PID[$1]}" ;;
    esac
    [ -z "$FLOOD_PID" ] || stop "$FLOOD_PID"
    stop_throwing_away $(destinations "$1-$2")
}
# destinations VARIANT-WAY: where what is measured goes, by routes that come before the rig's own.
destinations() {
    case $1 in
    *-up) echo $CORE_IP ;;
    plain-down) echo 10.100.0.0/17 10.100.128.0/17 ;;
    *-down) echo $LAC_IP ;;
    esac
}
source_flood() {
    start source "$1" taskset -c $GEN_CPU "$LACSIM" --source "$2" "$3" --size "$4" --flood --duration $LONGEST --to-port $SINK_PORT \
        --json /dev/null
    FLOOD_PID=$PID
    prefer $ALL_PRIORITY "$PID"
}
