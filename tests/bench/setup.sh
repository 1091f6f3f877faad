# SPDX-License-Identifier: ISC
# Set-up rate: sessions through FreeRADIUS, from the first SCCRQ to the last IPCP, by sessions and unfinished set-ups.

SETUP_TUNNELS=16
SETUP_VARIANTS=${SETUP_VARIANTS:-ours original}

# setup_rounds SESSIONS: 50,000 take long.
setup_rounds() {
    [ -n "$QUICK" ] && echo 1 && return
    if [ "$1" -gt 10000 ]; then echo 2; else echo 3; fi
}

bench_setup() {
    local variant n w round
    for variant in $SETUP_VARIANTS; do
        make_rig $variant
        with_far_ends_apart
        start_radius
    done
    for n in $SESSION_COUNTS; do
        [ "$n" -ge 1000 ] || [ -n "$QUICK" ] || continue
        for w in $IN_FLIGHT; do
            for round in $(seq 1 "$(setup_rounds "$n")"); do
                for variant in $SETUP_VARIANTS; do setup_once $variant "$n" "$w" "$round"; done
            done
        done
    done
}

# setup_once VARIANT SESSIONS IN-FLIGHT ROUND: with a freshly started LNS.
setup_once() {
    local report=$WORK/$1-setup.json
    use_rig "$1"
    start_variant
    generator ip netns exec "$NS_LAC" "$LACSIM" -q -s "$2" -t $SETUP_TUNNELS -w "$3" --auth pap --no-goodbye --json "$report" \
        $LNS_IP 2>"$WORK/$1-lacsim.log"
    stop_variant
    record setup "$1" "sessions=$2 unfinished=$3" "$4" \
        "rate=$(json "$report" "round(d['setup']['rate'], 1)") failed=$(json "$report" "$2 - d['sessions']['up']")"
}
