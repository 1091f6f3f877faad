# SPDX-License-Identifier: ISC
# TCP through one session: CPU seconds of all processes of the LNS for a gigabyte, each way. The ends share the
# generator's CPU with the emulated LAC, so the throughput says little. The LNS's card to the core cuts TCP itself, as
# cards do; the one to the LAC, whose packets are UDP, does not.

TCP_ROUNDS=${TCP_ROUNDS:-5}
TCP_SECONDS=5

bench_tcp() {
    local variant round way
    [ -n "$QUICK" ] && TCP_ROUNDS=1 TCP_SECONDS=3
    for variant in ours original; do
        make_rig $variant
        with_napi_threads
        in_lns ethtool -K core0 tso on || fail "no TSO on core0"
        start_radius
        start_variant
        start_sessions 1 --tun sub0 --tun-route $CORE_IP/32
        start "iperf-$variant" "$NS_CORE" taskset -c $GEN_CPU iperf3 -s -B $CORE_IP
        prefer $ALL_PRIORITY "$PID"
        wait_for tcp_bound "$NS_CORE" 5201
    done
    for round in $(seq 1 "$TCP_ROUNDS"); do
        for way in up down; do
            for variant in ours original; do tcp_once $variant $way "$round"; done
        done
    done
}

# tcp_once VARIANT WAY ROUND
tcp_once() {
    local before after reverse=()
    use_rig "$1"
    [ "$2" = down ] && reverse=(-R)
    before=$(cpu_ticks)
    in_lac taskset -c $GEN_CPU iperf3 -c $CORE_IP -B "$(cut -d, -f2 "$LIST")" -t $TCP_SECONDS "${reverse[@]}" \
        --json >"$WORK/iperf.json" || { tail -n 5 "$WORK/iperf.json" >&2; fail "iperf3"; }
    after=$(cpu_ticks)
    record tcp "$1" "way=$2" "$3" "cpu_s_per_gb=$(json "$WORK/iperf.json" \
        "round(($after - $before) / $(getconf CLK_TCK) / (d['end']['sum_received']['bytes'] / 1e9), 3)")" \
        "gbit=$(json "$WORK/iperf.json" "round(d['end']['sum_received']['bits_per_second'] / 1e9, 2)")"
}

# cpu_ticks: user and system time of the LNS's processes so far.
cpu_ticks() {
    local pid total=0 stat
    for pid in $(lns_pids); do
        { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
        # shellcheck disable=SC2086
        set -- ${stat##*) }
        total=$((total + ${12} + ${13}))
    done
    echo $total
}
