# SPDX-License-Identifier: ISC
# l2tpnsd with stub workers (stub_worker.cc) in a namespace of its own, for tests that source lib.sh first.

NS=lns-$$-parent
CONFDIR=$WORK/etc
RUNDIR=$WORK/run
LIBEXEC=$WORK/libexec
LOG=$WORK/parent.log
L2TPNSD=$TOP_BUILDDIR/l2tpnsd/l2tpnsd
WORKERS=5 # sessiond, two datapathd, radiusd-client, clid

# make_machine: the namespace, with the address 10.90.0.1, and the directories.
make_machine() {
    make_namespace "$NS"
    ip -n "$NS" addr add $LNS_IP/32 dev lo
    mkdir -p "$CONFDIR" "$LIBEXEC"
    local program
    for program in sessiond datapathd radiusd-client clid; do
        ln -sf "$TOP_BUILDDIR/tests/netns/${WORKER_PROGRAM:-stub_worker}" "$LIBEXEC/$program"
    done
    printf '10.20.0.0/16\n10.30.0.1\n' > "$CONFDIR/ip_pool"
    touch "$CONFDIR/subscribers"
    configure
}

# purge: what a parent that is gone left.
purge() { ip netns exec "$NS" "$L2TPNSD" --purge -r "$RUNDIR"; }
AT_END+=(purge)

# configure [LINE...]: startup-config; the lines follow the common ones.
configure() {
    printf '%s\n' 'set debug 4' "set bind_address $LNS_IP" 'set datapath_workers 2' 'set l2tp_secret "abc"' \
        'set fast_path off' "$@" > "$CONFDIR/startup-config"
}

parent() { ip netns exec "$NS" "$L2TPNSD" -c "$CONFDIR" -r "$RUNDIR" -l "$LIBEXEC" "$@"; }

# start_parent [OPTION...]: runs it until all workers serve. Its pid is in $PARENT.
start_parent() {
    start parent "$NS" "$L2TPNSD" -c "$CONFDIR" -r "$RUNDIR" -l "$LIBEXEC" "$@"
    PARENT=$PID
    wait_for_start "$PARENT" logged_times $WORKERS ' runs, pid '
}

# reload LINE...: a new startup-config, and SIGHUP.
reload() {
    configure "$@"
    kill -HUP "$PARENT"
}

logged() { grep -qF -- "$1" "$LOG"; }
logged_times() { [ "$(grep -cF -- "$2" "$LOG")" -ge "$1" ]; }

# worker NAME: the pid of a worker, by the parent's own children.
worker() { pgrep -P "$PARENT" -x "${1:0:15}" | head -1; }
# worker_other_than PID NAME: does another one run now?
worker_other_than() { [ -n "$(worker "$2")" ] && [ "$(worker "$2")" != "$1" ]; }

# segments: how many shared-memory segments the instance has; their names hold a hash of RUNDIR.
segments() {
    find /dev/shm -name "l2tpns-$(python3 - "$RUNDIR" <<'EOF'
import sys
h = 0xcbf29ce484222325  # FNV-1a as in shm/segment.cc
for octet in sys.argv[1].encode():
    h = ((h ^ octet) * 0x100000001b3) & (2**64 - 1)
print("%016x" % h)
EOF
    )-*" | wc -l
}

no_process_left() {
    local pid
    for pid in $(ip netns pids "$NS"); do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
        l2tpnsd | sessiond | datapathd | radiusd-client | clid) running "$pid" && return 1 ;;
        esac
    done
    return 0
}

# nothing_left: no worker, device, route, segment or file of the instance.
nothing_left() {
    no_process_left && [ -z "$(ip -n "$NS" -br link show type tun)" ] &&
        [ -z "$(ip -n "$NS" route)" ] && [ "$(segments)" = 0 ] &&
        [ ! -e "$RUNDIR/l2tpnsd.pid" ] && [ ! -e "$RUNDIR/empty" ] && [ ! -e "$RUNDIR/lock" ] &&
        [ ! -e "$RUNDIR/l2tpnsd.lock" ] && [ ! -e "$RUNDIR/instance" ]
}

# status_of FILE COMMAND...: runs the command, its output to the file; prints its exit status.
status_of() {
    local file=$1
    shift
    "$@" > "$file" 2>&1
    echo $?
}
