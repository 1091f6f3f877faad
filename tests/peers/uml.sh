# SPDX-License-Identifier: ISC
# A guest in User Mode Linux whose kernel has PPP and L2TP, for tests that source lib.sh first. The guest runs on
# the host's own root, read-only, below an overlay in its memory; nothing of it remains.

UML_MODULES=/usr/lib/uml/modules
UML_SECONDS=${UML_SECONDS:-240} # a guest that takes longer is ended

# module_files NAME...: the files of the modules and of what they need, in the order in which to load them.
module_files() {
    local base name
    base=$(echo "$UML_MODULES"/*/modules.dep)
    base=${base%/modules.dep}
    for name in "$@"; do
        awk -F'[: ]+' -v file="/$name.ko" 'index($1, file) {
            for (i = NF; i > 1; i--) if ($i != "") print $i
            print $1
        }' "$base/modules.dep"
    done | awk -v base="$base/" '!seen[$0]++ { print base $0 }'
}

# uml_guest NAME JOB: starts a guest in the lac namespace with the LAC's address; it runs the script JOB as root with
# the directory $WORK/NAME as /out and the arguments of the test's choice in the environment file $WORK/NAME/env. It
# powers off when JOB ends; uml_result tells how.
uml_guest() {
    local name=$1 job=$2
    mkdir -p "$WORK/$name"
    cp "$job" "$WORK/$name/job"
    touch "$WORK/$name/env"
    module_files overlay ppp_generic ppp_async l2tp_ppp >"$WORK/$name/modules"
    sed -e "s|@OUT@|$WORK/$name|g" -e "s|@ADDRESS@|$LAC_IP/24|g" -e "s|@GATEWAY@|$LNS_IP|g" \
        "$PEERS_DIR/uml-init" >"$WORK/$name/init"
    chmod 755 "$WORK" "$WORK/$name" "$WORK/$name/init"
    # The guest gets the whole end of the veth pair, raw: its frames must be complete.
    ip -n "$NS_LAC" addr flush dev lns0
    offload_off "$NS_LAC" lns0
    offload_off "$NS_LNS" lac0
    start "$name" "$NS_LAC" timeout -k 5 "$UML_SECONDS" linux.uml root=/dev/root rootfstype=hostfs rootflags=/ ro \
        "init=$WORK/$name/init" mem=192M con=null con0=null,fd:1 ssl=null \
        "vec0:transport=raw,ifname=lns0,depth=128,gro=0"
    UML_PID=$PID
}

# uml_result NAME: waits for the guest's end; fails the test unless its job ended with status 0.
uml_result() {
    local name=$1
    WAIT_SECONDS=$UML_SECONDS wait_for not_running "$UML_PID"
    [ "$(cat "$WORK/$name/status" 2>/dev/null)" = 0 ] && return
    for log in "$WORK/$name"/*.txt; do
        echo "--- ${log##*/}" >&2
        tail -n 60 "$log" >&2
    done
    fail "guest $name: status $(cat "$WORK/$name/status" 2>/dev/null || echo none)"
}
