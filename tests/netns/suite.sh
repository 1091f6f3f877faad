# SPDX-License-Identifier: ISC
# The suite in the lns namespace, for tests that source lib.sh first.

CONFDIR=$WORK/etc
RUNDIR=$WORK/run
LNS_CLI_PORT=2323

# stage_programs: a directory with all programs of the suite, as `make install` would lay them out.
stage_programs() {
    mkdir -p "$WORK/libexec" "$CONFDIR"
    local program
    for program in sessiond datapathd radiusd-client clid; do
        ln -sf "$TOP_BUILDDIR/$program/$program" "$WORK/libexec/$program"
    done
    ln -sf "$TOP_SRCDIR/etc/dictionary.l2tpns" "$WORK/libexec/dictionary"
}

# configure_lns: startup-config from standard input on top of the common settings; a pool of
# 10.100.0.0/16, which is routed from core.
configure_lns() {
    stage_programs
    {
        echo "set debug 3"
        echo "set bind_address $LNS_IP"
        echo "set cli_port $LNS_CLI_PORT"
        echo "set cli_bind_address 127.0.0.1"
        cat
    } > "$CONFDIR/startup-config"
    [ -e "$CONFDIR/ip_pool" ] || echo 10.100.0.0/16 > "$CONFDIR/ip_pool"
}

# start_lns: runs l2tpnsd until the end of the test; waits until it serves.
start_lns() {
    start lns "$NS_LNS" "$TOP_BUILDDIR/l2tpnsd/l2tpnsd" -c "$CONFDIR" -r "$RUNDIR" -l "$WORK/libexec"
    LNS_PID=$PID
    wait_for_start "$LNS_PID" lns_serves
}
lns_serves() { udp_bound "$NS_LNS" 1701 && tcp_bound "$NS_LNS" $LNS_CLI_PORT && [ "$(workers_running)" -ge 4 ]; }

# workers_running: how many workers the CLI reports as running.
workers_running() { cli 'show processes' | grep -c running; }

# cli COMMAND...: each argument is a line typed at the CLI, on loopback; prints the dialogue.
cli() {
    in_lns python3 "$LIB_DIR/cli.py" 127.0.0.1 $LNS_CLI_PORT "$@"
}

# worker_pid NAME: the pid of a worker, among the processes of the namespace.
worker_pid() {
    local pid
    for pid in $(ip netns pids "$NS_LNS"); do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "${1:0:15}" ] && echo "$pid" && return
    done
    return 1
}
