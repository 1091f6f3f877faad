# SPDX-License-Identifier: ISC
# Packets a second through established sessions, both ways, under more load than the LNS can carry: what arrives at the
# far end, of packets of all sessions in turn.

PACKET_ROUNDS=${PACKET_ROUNDS:-5}
PACKET_VARIANTS=${PACKET_VARIANTS:-$FRAME_VARIANTS}
WINDOW=${WINDOW:-2} # seconds watched

bench_packets() {
    local variant variants n round size way
    [ -n "$QUICK" ] && PACKET_ROUNDS=1 WINDOW=0.5
    variants=$(understood $PACKET_VARIANTS)
    frames_rigs $variants
    for n in $SESSION_COUNTS; do
        [ "$n" -le 60000 ] || variants=$(without_limit $variants)
        frames_begin "$n" $variants
        for round in $(seq 1 "$PACKET_ROUNDS"); do
            for size in $SIZES; do
                for way in up down; do
                    for variant in $variants; do packets_once "$variant" $way "$n" "$size" "$round"; done
                done
            done
        done
        frames_end $variants
    done
}
# without_limit VARIANT...: those that can have a million sessions, and do not take hours to give a million orders.
without_limit() { printf '%s\n' "$@" | grep -vx 'original\|.*-.*'; }

# packets_once VARIANT WAY SESSIONS SIZE ROUND
packets_once() {
    send_frames "$1" "$2" "$4" 0 "$WINDOW"
    record packets "$1" "way=$2 size=$4 sessions=$3" "$5" "kpps=$(window "round(d['carried'] / 1000, 1)")" \
        "offered=$(window "round(d['offered'] / 1000, 1)")" "cpu=$(window "round(d['cpu'], 2)")" \
        "busy=$(window "round(d['busy'], 2)")" "copied=$(window "round(d['copied'] / 1000, 1)")"
}
