# SPDX-License-Identifier: ISC
# A reconnect storm: a LAC with N sessions goes down without a word and, restarted, brings them all again, from the same
# address and port and for the same users, while the LNS still has the old ones. Measured is the time from its end until
# the last session is up; `failed` did not come up within 30 seconds of their own.

STORM_ROUNDS=${STORM_ROUNDS:-3}
STORM_VARIANTS=${STORM_VARIANTS:-ours tc original}
STORM_IN_FLIGHT=${STORM_IN_FLIGHT:-64 1024}
STORM_SECONDS=${STORM_SECONDS:-900} # a storm that takes longer is given up, and so is its variant

bench_storm() {
    local variant variants n w round
    [ -n "$QUICK" ] && STORM_ROUNDS=1 STORM_IN_FLIGHT=64
    variants=$(understood $STORM_VARIANTS)
    for variant in $variants; do
        make_rig "$variant"
        with_far_ends_apart
        start_radius
    done
    DUPLICATE_USERS=no # a new session ends the old one
    for n in $SESSION_COUNTS; do
        [ "$n" -ge 1000 ] || continue
        for w in $STORM_IN_FLIGHT; do
            for round in $(seq 1 "$STORM_ROUNDS"); do
                for variant in $variants; do
                    [ -n "${GIVEN_UP[$variant-$n-$w]:-}" ] || storm_once "$variant" "$n" "$w" "$round"
                done
            done
        done
    done
}
declare -A GIVEN_UP

# storm_once VARIANT SESSIONS IN-FLIGHT ROUND
storm_once() {
    local report=$WORK/$1-storm.json lac=(--same-port --bind $LAC_IP:1701 --auth pap) began took
    use_rig "$1"
    start_variant "$2"
    start_sessions "$2" "${lac[@]}"
    stop "${LACSIM_PID[$RIG]}" KILL
    rm -f "$report"
    began=${EPOCHREALTIME/./}
    generator ip netns exec "$NS_LAC" timeout -s KILL "$STORM_SECONDS" "$LACSIM" -q -s "$2" -w "$3" \
        -t "$(tunnels_for "$2")" "${lac[@]}" --no-goodbye --json "$report" $LNS_IP 2>"$WORK/$1-lacsim.log"
    took=$((${EPOCHREALTIME/./} - began))
    if [ -s "$report" ]; then
        record storm "$1" "sessions=$2 unfinished=$3" "$4" "seconds=$(json "$report" "round($took / 1e6, 2)")" \
            "failed=$(json "$report" "$2 - d['sessions']['up']")"
    else
        GIVEN_UP[$1-$2-$3]=yes
        echo "$1: the storm of $2 sessions, $3 unfinished, was not over after $STORM_SECONDS s" >&2
    fi
    stop_variant
}
