# SPDX-License-Identifier: ISC
# systemd as process 1 of namespaces of its own, for tests that source lib.sh and suite.sh first. It sees the machine's
# files with what `make install` adds, starts no unit but those it is told to, and nothing of it remains.

SYSTEMD=/usr/lib/systemd/systemd
SYSTEMD_CGROUP=
SYSTEMD_PID= # as seen from here

# need_systemd: skips where it cannot run, also in CI: that may be a container without these rights.
need_systemd() {
    local LNS_TESTS_NO_SKIP=
    need_programs unshare nsenter make systemctl systemd-sysusers "$SYSTEMD"
    grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || skip "no overlay filesystem"
    local hierarchy
    hierarchy=$(findmnt -n -t cgroup2 -o TARGET | head -1)
    [ -n "$hierarchy" ] || skip "no cgroup2 hierarchy"
    SYSTEMD_CGROUP=$hierarchy/lns-$$
    mkdir "$SYSTEMD_CGROUP" 2>/dev/null || skip "cannot make a control group"
    AT_END+=(halt_systemd)
}

# boot_systemd: installs the suite to $WORK/root, and runs systemd in the lns namespace; /var/log there is $WORK/log here.
boot_systemd() {
    make -s -C "$TOP_BUILDDIR" install DESTDIR="$WORK/root" > "$WORK/install.log" 2>&1 || fail "make install"
    mkdir "$WORK/log"
    if sanitized; then # leaks are looked for by ptrace(2), which the unit's filter denies
        local drop_in=$WORK/root/usr/lib/systemd/system/l2tpns.service.d
        mkdir "$drop_in"
        printf '[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' > "$drop_in/sanitized.conf"
    fi
    # Into the group first: the namespace of `ip netns exec` has no view of it.
    setsid bash -c 'echo $$ > "$0/cgroup.procs" && exec ip netns exec "$@"' "$SYSTEMD_CGROUP" "$NS_LNS" \
        unshare --pid --mount --ipc --uts --cgroup --fork --kill-child \
        bash "$LIB_DIR/systemd-init" "$SYSTEMD" "$WORK/root" "$WORK/log" > "$WORK/systemd.log" 2>&1 &
    PID=$!
    STARTED+=("$PID")
    wait_for_start "$PID" systemd_answers "$PID"
}
systemd_answers() {
    SYSTEMD_PID=$(pgrep -P "$1") && [ "$(systemd systemctl is-system-running)" = running ]
}

# systemd COMMAND...: runs it there.
systemd() { nsenter -t "$SYSTEMD_PID" --all -- "$@"; }
# unit_is STATE: is the suite's unit in it?
unit_is() { [ "$(systemd systemctl show -P ActiveState l2tpns)" = "$1" ]; }
main_pid() { systemd systemctl show -P MainPID l2tpns; }

halt_systemd() {
    [ -z "$SYSTEMD_PID" ] || kill -KILL "$SYSTEMD_PID" 2>/dev/null # and with it all of its namespace
    local tries=0
    while [ -d "$SYSTEMD_CGROUP" ] && [ $tries -lt 50 ]; do
        find "$SYSTEMD_CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
        tries=$((tries + 1))
    done
}
