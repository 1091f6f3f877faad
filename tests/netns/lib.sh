# SPDX-License-Identifier: ISC
# Helpers for tests in network namespaces. A test is a bash script that sources this file first:
#
#     . "$(dirname "$0")/lib.sh"
#     need_root; need_programs freeradius
#     make_namespaces
#     ...
#
# Three namespaces stand in a row: lac (10.90.0.2) - lns (10.90.0.1, 10.91.0.1) - core (10.91.0.2).
# Everything started with `start` is ended, every namespace and the directory $WORK are removed when
# the script ends, however it ends. A failed test shows the last lines of each log first.
set -u

LIB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP_SRCDIR=$(cd "$LIB_DIR/../.." && pwd)      # the source tree
TOP_BUILDDIR=${TOP_BUILDDIR:-${top_builddir:-$PWD}} # where the programs were built (automake exports top_builddir)
TOP_BUILDDIR=$(cd "$TOP_BUILDDIR" && pwd)
LACSIM=${LACSIM:-$TOP_BUILDDIR/tools/lacsim/lacsim}

NS_LAC=lns-$$-lac NS_LNS=lns-$$-lns NS_CORE=lns-$$-core
LAC_IP=10.90.0.2        # in lac, on interface lns0
LNS_IP=10.90.0.1        # in lns, on interface lac0: where the LNS serves L2TP
LNS_CORE_IP=10.91.0.1   # in lns, on interface core0
CORE_IP=10.91.0.2       # in core, on interface lns0; its default route is the LNS
WAIT_SECONDS=${WAIT_SECONDS:-60}  # how long wait_for waits
WORK=$(mktemp -d "${TMPDIR:-/tmp}/lns-$$-XXXXXX")
STARTED=()              # pids given by start
LNS_NAMESPACES=()       # namespaces to remove
AT_END=()               # commands to run at the end, before the namespaces go
declare -A PID_OF       # PID_OF[name] is the pid of what `start name` started

# fail TEXT: ends the test as failed, after showing the logs.
fail() {
    echo "FAIL: $*" >&2
    local log
    for log in "$WORK"/*.log; do
        [ -s "$log" ] || continue
        echo "--- last lines of ${log##*/}" >&2
        tail -n 25 "$log" >&2
    done
    exit 1
}

# skip TEXT: ends the test as skipped (status 77), or as failed where $LNS_TESTS_NO_SKIP is set (CI).
skip() {
    [ -z "${LNS_TESTS_NO_SKIP:-}" ] || fail "must not be skipped here: $*"
    echo "SKIP: $*" >&2
    exit 77
}

# need_root: skips unless run by root with the right to make network namespaces.
need_root() {
    [ "$(id -u)" = 0 ] || skip "needs root"
    local probe=lns-$$-probe
    ip netns add "$probe" 2>/dev/null || skip "cannot make a network namespace"
    ip netns del "$probe"
}

# need_programs NAME...: skips unless each program is installed (or is an executable file).
need_programs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "program $program is missing"
    done
}

# make_namespace NAME: a namespace of any name (say lns-$$-x), removed at the end; lo is up.
make_namespace() {
    ip netns add "$1" || fail "cannot make namespace $1"
    LNS_NAMESPACES+=("$1")
    ip -n "$1" link set lo up
    ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 2>/dev/null
}

# join NS1 IF1 ADDR1/LEN NS2 IF2 ADDR2/LEN: a veth pair between two namespaces.
join() {
    ip link add name "$2" netns "$1" type veth peer name "$5" netns "$4" || fail "cannot make veth $1 - $4"
    ip -n "$1" addr add "$3" dev "$2" && ip -n "$1" link set "$2" up || fail "cannot set up $2 in $1"
    ip -n "$4" addr add "$6" dev "$5" && ip -n "$4" link set "$5" up || fail "cannot set up $5 in $4"
}

# make_namespaces: the row lac - lns - core described above; lns forwards, core's default route is lns.
make_namespaces() {
    make_namespace "$NS_LAC"
    make_namespace "$NS_LNS"
    make_namespace "$NS_CORE"
    join "$NS_LAC" lns0 $LAC_IP/24 "$NS_LNS" lac0 $LNS_IP/24
    join "$NS_LNS" core0 $LNS_CORE_IP/24 "$NS_CORE" lns0 $CORE_IP/24
    ip netns exec "$NS_LNS" sysctl -qw net.ipv4.ip_forward=1
    ip -n "$NS_CORE" route add default via $LNS_CORE_IP
}

# mount_bpf DIRECTORY: a BPF file system of root's, made before any program starts that pins something there: one that is
# mounted within a namespace goes with it. Unmounted at the end.
mount_bpf() {
    mkdir -p "$1"
    mount -t bpf -o mode=700 bpf "$1" || fail "cannot mount a BPF file system"
    BPF_MOUNTS+=("$1")
}
BPF_MOUNTS=()
# pins DIRECTORY: what is pinned there; names with a dot are the kernel's own.
pins() { find "$1" -mindepth 1 ! -name '*.*' -printf '%f\n'; }

# offload_off NS IF: no checksum or segmentation offload, for peers that read raw frames (needs ethtool).
offload_off() { ip netns exec "$1" ethtool -K "$2" tx off gso off tso off gro off >/dev/null 2>&1; }

# in_lac COMMAND..., in_lns COMMAND..., in_core COMMAND...: runs a command there, in the foreground.
in_lac() { ip netns exec "$NS_LAC" "$@"; }
in_lns() { ip netns exec "$NS_LNS" "$@"; }
in_core() { ip netns exec "$NS_CORE" "$@"; }

# start NAME NAMESPACE COMMAND...: runs a program in the background in a process group of its own, output
# in $WORK/NAME.log. Its pid is in $PID and ${PID_OF[NAME]}; it is ended at the end of the test.
start() {
    local name=$1 namespace=$2
    shift 2
    : >"$WORK/$name.log" # now, lest somebody still finds in it what an earlier one said
    ip netns exec "$namespace" setsid "$@" >>"$WORK/$name.log" 2>&1 &
    PID=$!
    STARTED+=("$PID")
    PID_OF[$name]=$PID
}

# running PID: is it still there (and not a zombie)?
running() {
    local state
    state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    [ -n "$state" ] && [ "${state#Z}" = "$state" ]
}
not_running() { ! running "$1"; }

# stop PID [SIGNAL]: sends the signal (default TERM) and waits until the process is gone; gives its status.
stop() {
    kill -"${2:-TERM}" "$1" 2>/dev/null
    wait_for not_running "$1"
    wait "$1" 2>/dev/null
}

# wait_for COMMAND...: runs the command ten times a second until it succeeds; fails the test after
# $WAIT_SECONDS. Tests wait for conditions with this and never sleep for a guessed time.
wait_for() {
    local deadline=$((SECONDS + WAIT_SECONDS))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || fail "waited $WAIT_SECONDS s in vain for: ${WAIT_TEXT:+$WAIT_TEXT: }$*"
        sleep 0.1
    done
}

# expect_soon TEXT COMMAND...: the same, and says TEXT when it was in vain: for what another process does by and by, such as a
# line of the log.
expect_soon() {
    local text=$1
    shift
    WAIT_TEXT=$text wait_for "$@"
}

# wait_for_start PID COMMAND...: like wait_for, but fails at once when the process has ended.
wait_for_start() {
    local process=$1
    shift
    wait_for either "$process" "$@"
    running "$process" || fail "ended instead of serving (pid $process): $*"
}
either() {
    local process=$1
    shift
    "$@" || ! running "$process"
}

# expect TEXT COMMAND...: fails the test with TEXT unless the command succeeds.
expect() {
    local text=$1
    shift
    "$@" || fail "$text ($*)"
}

# json FILE EXPRESSION: the value of a Python expression over the parsed file, named d ("d['up']").
json() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

# expect_json FILE EXPRESSION: fails unless the expression over the report is true.
expect_json() {
    [ "$(json "$1" "bool($2)")" = True ] || { cat "$1" >&2; fail "not so in ${1##*/}: $2"; }
}

# udp_bound NAMESPACE PORT: does a UDP socket there listen on the port?
udp_bound() { [ -n "$(ip netns exec "$1" ss -Hnlu "sport = :$2")" ]; }
# tcp_bound NAMESPACE PORT: does a TCP socket there listen on the port?
tcp_bound() { [ -n "$(ip netns exec "$1" ss -Hnlt "sport = :$2")" ]; }

. "$LIB_DIR/radius.sh"

# none_denied: did every worker keep to the system calls of its filter, as far as the logs tell?
# sanitized: is it a build whose memory is mostly that of AddressSanitizer, which keeps what was freed?
sanitized() { grep -q 'define LNS_SANITIZED' "$TOP_BUILDDIR/config.h"; }
none_denied() { ! grep -rhs --include='*.log' --include='lns.file*' 'denied system call' "$WORK" >&2; }
none_reported() { ! grep -rhsE -A 20 --include='*.log' 'ERROR: (Address|Leak)Sanitizer|: runtime error: ' "$WORK" >&2; }

finish() {
    local status=$? pid namespace mounted
    trap - EXIT
    if [ $status = 0 ] && [ -z "${DENIED_CALLS_EXPECTED:-}" ] && ! none_denied; then
        echo "FAIL: a filter of system calls is too narrow (lib/worker/system_calls.cc)" >&2
        status=1
    fi
    if [ $status = 0 ] && ! none_reported; then
        echo "FAIL: a sanitizer found something" >&2
        status=1
    fi
    trap '' INT TERM HUP
    for pid in "${STARTED[@]:-}"; do [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null; done
    local tries=0
    for pid in "${STARTED[@]:-}"; do
        while [ -n "$pid" ] && running "$pid" && [ $tries -lt 30 ]; do
            sleep 0.1
            tries=$((tries + 1))
        done
    done
    local command
    for command in "${AT_END[@]:-}"; do $command; done
    # What is still in a namespace of this test was started by it: a daemon that ignored TERM, or a child of one.
    for namespace in "${LNS_NAMESPACES[@]:-}"; do
        [ -n "$namespace" ] || continue
        for pid in $(ip netns pids "$namespace" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null; done
        ip netns del "$namespace" 2>/dev/null
    done
    for mounted in "${BPF_MOUNTS[@]:-}"; do [ -n "$mounted" ] && umount "$mounted"; done
    [ -n "${KEEP_WORK:-}" ] || rm -rf "$WORK"
    exit $status
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
