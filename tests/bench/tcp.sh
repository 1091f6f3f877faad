# SPDX-License-Identifier: ISC
# TCP through one session: CPU seconds of all processes of the LNS for a gigabyte, each way, and of these with the threads
# that receive its two links, which is where the kernel forwards. The ends share the generator's CPU with the emulated LAC,
# so the throughput says little. The LNS's card to the core cuts TCP itself, as cards do; the one to the LAC, whose packets
# are UDP, does not.

TCP_ROUNDS=${TCP_ROUNDS:-5}
TCP_SECONDS=5
TCP_VARIANTS=${TCP_VARIANTS:-ours tc original plain}

bench_tcp() {
    local variant variants round way
    [ -n "$QUICK" ] && TCP_ROUNDS=1 TCP_SECONDS=3
    variants=$(understood $TCP_VARIANTS)
    for variant in $variants; do
        make_rig $variant
        with_napi_threads
        in_lns ethtool -K core0 tso on || fail "no TSO on core0"
        case $variant in # what the kernel itself sends to lacsim nobody finishes but it
        ours | original | plain) ;;
        *) in_lns ethtool -K lac0 tx off gso off >"$WORK/ethtool.log" || fail "no sums on lac0" ;;
        esac
        case $variant in # a program in the driver sees sums that the other end's card has still to make: it forwards no such
        stack | redirect) in_lac ethtool -K lns0 tx off >>"$WORK/ethtool.log" || fail "no sums on lns0" ;;
        esac
        [ "$variant" = plain ] || start_radius
        start_variant
        if [ "$variant" = plain ]; then
            list_of_addresses 1 >"$LIST"
        else
            start_sessions 1 --tun sub0 --tun-route $CORE_IP/32
            [ -z "$(fast_path_of "$variant")" ] || [ "$variant" = ours ] || wait_for fast_sessions 1
        fi
        start "iperf-$variant" "$NS_CORE" taskset -c $GEN_CPU iperf3 -s -B $CORE_IP
        prefer $ALL_PRIORITY "$PID"
        wait_for tcp_bound "$NS_CORE" 5201
    done
    for round in $(seq 1 "$TCP_ROUNDS"); do
        for way in up down; do
            for variant in $variants; do tcp_once $variant $way "$round"; done
        done
    done
}

fast_sessions() { [ "$(counter fast_sessions_added)" -ge "$1" ] && shows 'show fast-path' 'Interfaces: lac0'; }

# tcp_once VARIANT WAY ROUND
tcp_once() {
    local before cards_before reverse=() processes cards
    use_rig "$1"
    [ "$2" = down ] && reverse=(-R)
    before=$(cpu_ticks $(lns_pids)) cards_before=$(cpu_ticks ${CARD_THREADS[$1]})
    in_lac taskset -c $GEN_CPU iperf3 -c $CORE_IP -B "$(cut -d, -f2 "$LIST")" -t $TCP_SECONDS "${reverse[@]}" \
        --json >"$WORK/iperf.json" || { tail -n 5 "$WORK/iperf.json" >&2; fail "iperf3"; }
    processes=$(($(cpu_ticks $(lns_pids)) - before)) cards=$(($(cpu_ticks ${CARD_THREADS[$1]}) - cards_before))
    record tcp "$1" "way=$2" "$3" "processes=$(seconds_per_gb $processes) all=$(seconds_per_gb $((processes + cards)))" \
        "gbit=$(json "$WORK/iperf.json" "round(d['end']['sum_received']['bits_per_second'] / 1e9, 2)")"
}
seconds_per_gb() { # TICKS
    json "$WORK/iperf.json" "round($1 / $(getconf CLK_TCK) / (d['end']['sum_received']['bytes'] / 1e9), 3)"
}

# cpu_ticks PID...: user and system time of these so far.
cpu_ticks() {
    local pid total=0 stat
    for pid; do
        { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
        # shellcheck disable=SC2086
        set -- ${stat##*) }
        total=$((total + ${12} + ${13}))
    done
    echo $total
}
