# SPDX-License-Identifier: ISC
# How long a packet takes from one far end to the other when the LNS is not overloaded: all variants carry the same,
# half of what 2.4.1 can (measured first in each round, or $LATENCY_KPPS thousand packets a second). All are timed.

LATENCY_ROUNDS=${LATENCY_ROUNDS:-5}
LATENCY_VARIANTS=${LATENCY_VARIANTS:-$([ -n "$QUICK" ] && echo ours tc original plain || echo "$FRAME_VARIANTS")}
LATENCY_KPPS=${LATENCY_KPPS:-}
LATENCY_WINDOW=${LATENCY_WINDOW:-4}

bench_latency() {
    local variant variants n round size way kpps
    [ -n "$QUICK" ] && LATENCY_ROUNDS=1 LATENCY_WINDOW=0.5
    variants=$(understood $LATENCY_VARIANTS)
    [ -n "$LATENCY_KPPS" ] || grep -qx original <<<"$variants" || fail "latency without 2.4.1: set LATENCY_KPPS"
    frames_rigs $variants
    for n in $SESSION_COUNTS; do
        frames_begin "$n" $variants
        for round in $(seq 1 "$LATENCY_ROUNDS"); do
            for size in $SIZES; do
                for way in up down; do
                    kpps=${LATENCY_KPPS:-$(half_of_original $way "$size")}
                    for variant in $variants; do latency_once "$variant" $way "$n" "$size" "$round" "$kpps"; done
                done
            done
        done
        frames_end $variants
    done
}
# half_of_original WAY SIZE: kpps.
half_of_original() {
    send_frames original "$1" "$2" 0 1
    window "max(1, round(d['carried'] / 2000))"
}

# latency_once VARIANT WAY SESSIONS SIZE ROUND KPPS
latency_once() {
    send_frames "$1" "$2" "$4" "$6"000 "$LATENCY_WINDOW"
    record latency "$1" "way=$2 size=$4 sessions=$3" "$5" "p50=$(window "d['p50_us']")" "p99=$(window "d['p99_us']")" \
        "kpps=$(window "round(d['offered'] / 1000, 1)")" \
        "lost=$(window "round(max(0, 100 * (1 - d['carried'] / d['offered'])), 2)")" \
        "busy=$(window "round(d['busy'], 2)")"
}
