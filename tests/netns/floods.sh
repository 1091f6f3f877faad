# SPDX-License-Identifier: ISC
# For tests of floods: a namespace whose link carries hostile packets and the answers to them and nothing else. Read after
# suite.sh.

NS_FLOOD=lns-$$-flood
FLOOD=$TOP_BUILDDIR/tests/netns/flood

# make_flood_namespace: joins it to the lns namespace; what goes to 198.18.0.0/15, the forged sources, goes there.
make_flood_namespace() {
    make_namespace "$NS_FLOOD"
    join "$NS_LNS" flood0 10.92.0.1/24 "$NS_FLOOD" lns0 10.92.0.2/24
    ip -n "$NS_FLOOD" route add default via 10.92.0.1
    ip -n "$NS_LNS" route add 198.18.0.0/15 via 10.92.0.2
}
in_flood() { ip netns exec "$NS_FLOOD" "$@"; }
# answers packets|bytes: how much has left towards the forged sources (and a little ARP).
answers() { ip -n "$NS_LNS" -j -s link show flood0 | python3 -c "
import json, sys; print(json.load(sys.stdin)[0]['stats64']['tx']['$1'])"; }
# came packets|bytes: how much has come from there.
came() { ip -n "$NS_LNS" -j -s link show flood0 | python3 -c "
import json, sys; print(json.load(sys.stdin)[0]['stats64']['rx']['$1'])"; }
# restarts: how often workers were started again, in all.
restarts() { cli 'show processes' | awk '$4 == "running" || $4 == "waiting" {n += $6} END {print n + 0}'; }
# worker_rss: kB of memory that the workers hold, in all.
worker_rss() {
    local pid total=0 kb
    for pid in $(ip netns pids "$NS_LNS"); do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in sessiond | datapathd | radiusd-client | clid) ;; *) continue ;; esac
        kb=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null)
        total=$((total + ${kb:-0}))
    done
    echo $total
}
