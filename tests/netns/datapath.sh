# SPDX-License-Identifier: ISC
# datapathd alone, for tests that source lib.sh first: datapath_rig in the lns namespace, in lac a subscriber made by
# hand with the address 10.100.0.5 on interface sub0.

SUB_IP=10.100.0.5
TUN_IP=10.100.255.254

# start_datapath: the worker, its one session up, and the subscriber; sub0's MTU is 1400.
start_datapath() {
    make_namespaces
    mkfifo "$WORK/commands"
    mkdir "$WORK/empty"
    start rig "$NS_LNS" "$TOP_BUILDDIR/tests/netns/datapath_rig" "$TOP_BUILDDIR/datapathd/datapathd" "$WORK/empty" \
        "$WORK/commands" $LNS_IP $LAC_IP $SUB_IP $TUN_IP
    RIG=$PID
    wait_for_start "$RIG" grep -q ready "$WORK/rig.log"
    start subscriber "$NS_LAC" python3 "$LIB_DIR/l2tp_subscriber.py" sub0 $LAC_IP $LNS_IP
    wait_for_start "$PID" grep -q ready "$WORK/subscriber.log"
    ip -n "$NS_LAC" addr add $SUB_IP/32 dev sub0
    ip -n "$NS_LAC" link set sub0 mtu 1400 up
    ip -n "$NS_LAC" route add 10.91.0.0/24 dev sub0 src $SUB_IP
    rig active
    count up_datagrams > /dev/null # the record is written: no packet of the subscriber's comes too early to be counted
    wait_for in_lac ping -q -c 1 -W 1 $CORE_IP
}

# rig COMMAND...: one command for datapath_rig. They are executed later, in order; a count waits for all before it.
rig() { echo "$*" > "$WORK/commands"; }

# count NAME: a counter of the worker, now.
count() {
    rm -f "$WORK/counters"
    rig counters "$WORK/counters"
    wait_for test -s "$WORK/counters"
    sed -n "s/^$1=//p" "$WORK/counters"
}
count_above() { [ "$(count "$1")" -gt "$2" ]; }

# sum NAME...: counters as last fetched, added up.
sum() {
    local name total=0
    for name; do total=$((total + $(sed -n "s/^$name=//p" "$WORK/counters"))); done
    echo $total
}

# expect_conserved: every packet is either forwarded or in one of the counters of what was not, as soon as none is
# being handled: the counters are read one after the other while the worker works.
expect_conserved() { wait_for conserved; }
conserved() {
    count up_datagrams > /dev/null
    local up down
    up=$(sed -n '/^up_datagrams=/,/^down_packets=/p' "$WORK/counters" | grep -v '^up_datagrams\|^up_writes\|^up_octets\|^down' |
        cut -d= -f1)
    down=$(sed -n '/^down_bad_ip=/,/^down_send_refused=/p' "$WORK/counters" | cut -d= -f1)
    cp "$WORK/counters" "$WORK/counters.log" # shown when this stays wrong
    [ "$(sum up_datagrams)" = "$(sum $up)" ] && [ "$(sum down_packets down_extra)" = "$(sum down_sent $down)" ]
}

# transfer OCTETS: that many by TCP each way between subscriber and core, compared by digest.
transfer() {
    tcp_bound "$NS_CORE" 7001 || start sink "$NS_CORE" python3 "$LIB_DIR/transfer.py" serve $CORE_IP 7001
    wait_for tcp_bound "$NS_CORE" 7001
    in_lac python3 "$LIB_DIR/transfer.py" both $CORE_IP 7001 "$1" > "$WORK/transfer.log" 2>&1 ||
        fail "TCP transfer: $(cat "$WORK/transfer.log")"
}
