# SPDX-License-Identifier: ISC
# Sessions of all variants at once, and packets that cross each LNS in turn, from frame_source in the kernel. For
# packets.sh and latency.sh.
#
# Who pays for what: the generator and the far ends, where an XDP program counts what arrives and drops it, run on
# $GEN_CPU. On $LNS_CPU is what the LNS's machine does: to receive, to forward, and to put the packet into the ring of
# the far end. That is the same for all variants, whatever way a packet takes through the LNS.
FRAME_SOURCE=$TOP_BUILDDIR/tests/bench/frame_source
FRAME_VARIANTS='ours ours-throttled tc tc-throttled tc-snooped stack redirect original plain'

need_frame_source() {
    [ -x "$FRAME_SOURCE" ] || skip "no frame_source: make -C $TOP_BUILDDIR tests/bench/frame_source"
}

# frames_rigs VARIANT...: their namespaces.
frames_rigs() {
    local variant
    need_frame_source
    for variant in "$@"; do
        make_rig "$variant"
        with_sinks
        [ "$variant" = plain ] || start_radius
    done
}

# frames_begin SESSIONS VARIANT...: all sessions are up; frames_end VARIANT...: no LNS runs any more.
frames_begin() {
    local n=$1 variant
    shift
    for variant in "$@"; do
        use_rig "$variant"
        start_variant "$n"
        if [ "$variant" = plain ]; then
            list_of_addresses "$n" >"$LIST"
        else
            start_sessions "$n"
            order_services
        fi
    done
}
frames_end() {
    local variant
    for variant in "$@"; do
        [ "$variant" != plain ] || continue
        use_rig "$variant"
        stop_sessions
        stop_variant
    done
}
# As lacsim's list: in the pool, no tunnel.
list_of_addresses() {
    seq 0 $(($1 - 1)) | awk -v pool="$POOL" 'BEGIN { split(pool, octet, ".") } {
        printf "user,10.%d.%d.%d,0,0,,,0,0,0\n", octet[2] + int($1 / 62500), 1 + int($1 / 250) % 250, 1 + $1 % 250 }'
}

# order_services: what the variant's name says, for the sessions that are up, by the CLI.
order_services() {
    local log=$WORK/$RIG-cli.log orders=$WORK/$RIG.orders
    case $RIG in
    *-throttled) awk -F, '{ print "throttle " $1 }' "$LIST" >"$orders" ;;
    *-snooped) awk -F, 'NR % 100 == 0 { print "snoop " $1 }' "$LIST" >"$orders" ;;
    *) return ;;
    esac
    in_lns xargs -r -d '\n' -n 2000 -a "$orders" taskset -c $GEN_CPU \
        python3 "$LIB_DIR/cli.py" 127.0.0.1 $LNS_CLI_PORT enable >"$log"
    [ "$(grep -cE '^(Throttl|Snoop)ing user' "$log")" = "$(wc -l <"$orders")" ] ||
        fail "$RIG: not everything was ordered"
}

# send_frames VARIANT WAY SIZE RATE SECONDS: its measurements are in $WORK/window, as frame_source prints them. RATE in
# packets a second; 0: more than anybody can carry.
send_frames() {
    local from via to plain=()
    use_rig "$1"
    from=$NS_LAC:lns0 via=$NS_LNS:lac0 to=$NS_CORE:lns0
    [ "$2" = up ] || { from=$NS_CORE:lns0 via=$NS_LNS:core0 to=$NS_LAC:lns0; }
    [ "$1" != plain ] || plain=(--plain)
    # shellcheck disable=SC2046
    generator "$FRAME_SOURCE" --from "$from" --via "$via" --to "$to" --way "$2" "${plain[@]}" --sessions "$LIST" \
        --lac $LAC_IP --lns $LNS_IP --core $CORE_IP --port $SINK_PORT --copy-port $COPY_PORT --size "$3" --rate "$4" \
        --window "$5" --cpu $LNS_CPU $(lns_pids) >"$WORK/window" || fail "frame_source: $1 $2 $3"
}
window() { json "$WORK/window" "$1"; }
