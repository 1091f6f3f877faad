# SPDX-License-Identifier: ISC
# Set-up rate: sessions through FreeRADIUS, from the first SCCRQ to the last IPCP, by sessions and unfinished set-ups.

SETUP_TUNNELS=16
SETUP_VARIANTS=${SETUP_VARIANTS:-ours original}
SETUP_PORTS=${SETUP_PORTS:-} # options of lacsim: which ports the tunnels have; without, one each

# setup_rounds SESSIONS: 50,000 take long.
setup_rounds() {
    [ -n "$QUICK" ] && echo 1 && return
    [ -n "${SETUP_ROUNDS:-}" ] && echo "$SETUP_ROUNDS" && return
    if [ "$1" -gt 10000 ]; then echo 2; else echo 3; fi
}

bench_setup() {
    local variant n w round
    for variant in $SETUP_VARIANTS; do
        make_rig $variant
        with_far_ends_apart
        FREERADIUS_FLAGS=-s FREERADIUS_EDIT=lean start_radius
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

# lean: a FreeRADIUS that costs no more than it must, since it shares its CPU with the LAC: no file of accounting records,
# no threads to hand requests to, and answers are not kept for longer than the servers of two rounds live.
lean() {
    sed -e 's/^\t\tdetail$/\t\tok/' -e 's/^modules {$/&\n\talways ok {\n\t\trcode = ok\n\t}/' \
        -e 's/^cleanup_delay = .*/cleanup_delay = 2/'
}

# cpu_so_far: a line "NAME NANOSECONDS" for each process of the LNS and for FreeRADIUS, all threads, and for the machine.
cpu_so_far() {
    local pid name
    echo "machine $(awk -v ns=$((1000000000 / $(getconf CLK_TCK))) \
        '$1 == "cpu" { printf "%.0f", ($2 + $3 + $4 + $7 + $8) * ns }' /proc/stat)"
    for pid in $(lns_pids) "${PID_OF[radius-$RIG]}"; do
        { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
        echo "$name $(awk '{ n += $1 } END { printf "%.0f", n }' /proc/"$pid"/task/*/schedstat)"
    done
}
# cpu_of_setups SESSIONS BEFORE: "cpu_NAME=MICROSECONDS" a session since cpu_so_far said BEFORE.
cpu_of_setups() {
    { echo "$2" && echo now && cpu_so_far; } | awk -v sessions="$1" '
        $1 == "now" { now = 1; next }
        { used[$1] += now ? $2 : -$2 }
        END { for (name in used) printf "cpu_%s=%.1f ", name, used[name] / sessions / 1000 }'
}

# setup_once VARIANT SESSIONS IN-FLIGHT ROUND: with a freshly started LNS.
setup_once() {
    local report=$WORK/$1-setup.json before cpu lacsim TIMEFORMAT='%U %S'
    use_rig "$1"
    start_variant
    before=$(cpu_so_far)
    lacsim=$({ time generator ip netns exec "$NS_LAC" "$LACSIM" -q -s "$2" -t $SETUP_TUNNELS -w "$3" \
        $SETUP_PORTS --auth pap --no-goodbye --json "$report" $LNS_IP 2>"$WORK/$1-lacsim.log"; } 2>&1)
    sleep 1 # accounting that was put off belongs to it
    cpu=$(cpu_of_setups "$2" "$before")
    cpu+=$(awk -v sessions="$2" '{ printf "cpu_lacsim=%.1f", ($1 + $2) / sessions * 1000000 }' <<<"$lacsim")
    stop_variant
    record setup "$1" "sessions=$2 unfinished=$3" "$4" \
        "rate=$(json "$report" "round(d['setup']['rate'], 1)") failed=$(json "$report" "$2 - d['sessions']['up']")" \
        "resent=$(json "$report" "d['l2tp']['control_retransmitted'] + d['l2tp']['control_duplicates_received']") $cpu"
}
