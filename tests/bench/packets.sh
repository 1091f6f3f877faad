# SPDX-License-Identifier: ISC
# Packets a second through established sessions, both ways, under more load than the LNS can carry.
#
# up: lacsim sends through all sessions in turn to the sink in core; what leaves the LNS on core0 is counted.
# down: lacsim --source sends from core to all subscribers in turn; what leaves on lac0 is counted. lacsim itself is
# stopped meanwhile, so that receiving costs the generator's CPU little.

PACKET_ROUNDS=${PACKET_ROUNDS:-3}
WINDOW=3        # seconds watched
LEAD=0.7        # seconds of load before

bench_packets() {
    local variant n round size way
    [ -n "$QUICK" ] && PACKET_ROUNDS=1 WINDOW=1.5
    FLOOD_SECONDS=$(python3 -c "print($WINDOW + $LEAD + 0.5)")
    for variant in ours original plain; do
        make_rig $variant
        with_napi_threads
        [ $variant = plain ] || start_radius
    done
    for n in $SESSION_COUNTS; do
        for variant in ours original plain; do packets_begin $variant "$n"; done
        for round in $(seq 1 "$PACKET_ROUNDS"); do
            for size in $SIZES; do
                for way in up down; do
                    for variant in ours original plain; do packets_once $variant $way "$n" "$size" "$round"; done
                done
            done
        done
        for variant in ours original; do
            use_rig $variant
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
    start_sessions "$2" --traffic up --traffic-on-signal --flood --size "${SIZES// /,}" --duration "$FLOOD_SECONDS" \
        --target $CORE_IP:$SINK_PORT
}

# packets_once VARIANT WAY SESSIONS SIZE ROUND
packets_once() {
    local pid offered
    use_rig "$1"
    "packets_$2" "$1" "$4"
    sleep $LEAD
    if [ "$2" = up ]; then
        ip netns exec "$NS_LAC" python3 "$BENCH_DIR/window.py" "$WINDOW" lns0 >"$WORK/offered" &
        offered=$!
        in_lns python3 "$BENCH_DIR/window.py" "$WINDOW" core0 $(lns_pids) >"$WORK/window"
    else
        in_core python3 "$BENCH_DIR/window.py" "$WINDOW" lns0 >"$WORK/offered" &
        offered=$!
        in_lns python3 "$BENCH_DIR/window.py" "$WINDOW" lac0 $(lns_pids) >"$WORK/window"
    fi
    wait $offered
    [ -z "$FLOOD_PID" ] || wait "$FLOOD_PID" 2>/dev/null
    for pid in ${LACSIM_PID[$1]:-}; do kill -CONT "$pid"; done
    [ -n "$FLOOD_PID" ] || sleep 0.8 # lacsim ends its flood by the clock
    record packets "$1" "way=$2 size=$4 sessions=$3" "$5" "kpps=$(json "$WORK/window" "round(d['pps'] / 1000, 1)")" \
        "offered=$(json "$WORK/offered" "round((d['pps'] + d['dropped']) / 1000, 1)")" \
        "cpu=$(json "$WORK/window" "round(d['cpu'], 2)")"
}

# packets_up VARIANT SIZE, packets_down VARIANT SIZE: start the load.
packets_up() {
    FLOOD_PID=
    if [ "$1" = plain ]; then
        source_flood "$NS_LAC" --to $CORE_IP+1 "$2"
    else # the next size of its list, which has the order of $SIZES
        kill -USR2 "${LACSIM_PID[$1]}"
    fi
}
packets_down() {
    [ "$1" = plain ] || kill -STOP "${LACSIM_PID[$1]}"
    source_flood "$NS_CORE" --to-list "$LIST" "$2"
}
source_flood() {
    local namespace=$1 size=$4
    generator ip netns exec "$namespace" "$LACSIM" --source "$2" "$3" --size "$size" --flood --duration "$FLOOD_SECONDS" \
        --to-port $SINK_PORT --json /dev/null >/dev/null 2>&1 &
    FLOOD_PID=$!
    STARTED+=("$FLOOD_PID")
}
