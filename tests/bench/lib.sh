# SPDX-License-Identifier: ISC
# Helpers for benchmarks against the original program: Debian's l2tpns 2.4.1, unpacked and never installed. Read this
# after tests/netns/lib.sh, whose namespaces and `start` it uses.

ORIGINAL_CACHE=${ORIGINAL_CACHE:-${XDG_CACHE_HOME:-/var/cache}/l2tpns-original} # the package stays here between runs
ORIGINAL=$ORIGINAL_CACHE/root/usr/sbin/l2tpns

# original_fetch: downloads and unpacks the package once; skips the test when that is impossible. Needs libcli1.10 on
# the host.
original_fetch() {
    [ -x "$ORIGINAL" ] && return
    mkdir -p "$ORIGINAL_CACHE" || fail "cannot make $ORIGINAL_CACHE"
    (cd "$ORIGINAL_CACHE" && apt-get -qq download l2tpns 2>/dev/null && dpkg -x l2tpns_2.4.1*.deb root) ||
        skip "cannot fetch Debian's package l2tpns 2.4.1"
    ldd "$ORIGINAL" | grep -q 'not found' && skip "a library of l2tpns 2.4.1 is missing (libcli1.10)"
    return 0
}

# original_start NAME POOL SECRET RADIUS-SECRET [SET-LINE...]: runs it in the lns namespace on $LNS_IP, with RADIUS at
# 127.0.0.1 of that namespace and POOL (A.B.C.D/N) as its pool, and waits until it serves (about 2 s: it believes in a
# cluster even when alone). Further arguments are lines of its startup-config. Its log is $WORK/NAME-l2tpns.log.
original_start() {
    local name=$1 pool=$2 secret=$3 radius_secret=$4 dir=$WORK/$1
    shift 4
    mkdir -p "$dir/upper" "$dir/work"
    original_config "$secret" "$radius_secret" "$WORK/$name-l2tpns.log" "$@" >"$dir/startup-config"
    printf '%s\n' "$pool" >"$dir/ip_pool"
    # Its paths are fixed at compile time; a private mount namespace with an overlay on /etc gives it its own. TERM of
    # its whole process group at exit reaches only itself, since start makes a group for it.
    start "$name" "$NS_LNS" unshare -m sh -c '
        set -e
        mount -t tmpfs tmpfs "$1/upper"
        mkdir "$1/upper/etc" "$1/upper/work"
        mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper/etc,workdir=$1/upper/work" /etc
        mkdir -p /etc/l2tpns
        cp "$1/startup-config" "$1/ip_pool" /etc/l2tpns/
        exec "$2" -c /etc/l2tpns/startup-config' sh "$dir" "$ORIGINAL"
    wait_for_start "$PID" grep -q 'declaring myself the master' "$WORK/$name-l2tpns.log"
}

# original_config SECRET RADIUS-SECRET LOG [SET-LINE...]: its startup-config, to standard output.
original_config() {
    local secret=$1 radius_secret=$2 log=$3
    shift 3
    cat <<CONF
set debug 2
set log_file "$log"
set bind_address $LNS_IP
set peer_address $LNS_IP
set iftun_address $LNS_IP
set tundevicename l2tp0
set cluster_interface core0
set cluster_hb_interval 1
set cluster_hb_timeout 15
set l2tp_secret "$secret"
set primary_dns 10.91.0.53
set secondary_dns 10.91.0.54
set primary_radius 127.0.0.1
set primary_radius_port 1812
set radius_secret "$radius_secret"
set radius_authtypes "pap,chap"
set radius_accounting yes
set cli_bind_address 127.0.0.1
set allow_duplicate_users yes
set accounting_dir ""
CONF
    printf '%s\n' "$@"
}
