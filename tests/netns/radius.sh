# SPDX-License-Identifier: ISC
# A FreeRADIUS with a private configuration; read by lib.sh.

# start_freeradius NAME NAMESPACE ADDRESS SECRET USERS [PORT [ACCT-PORT [ACCT-SECRET]]]
# Runs Debian's freeradius in the foreground of NAMESPACE on ADDRESS (PORT, default 1812, and ACCT-PORT, default
# PORT + 1), for clients of any address with SECRET (ACCT-SECRET for accounting, default the same). USERS is a file in
# users(5) format; PAP and CHAP work with Cleartext-Password entries. Accounting records are appended to
# $WORK/NAME/detail; every reply is written to $WORK/NAME.log. Waits until it listens. FREERADIUS_FLAGS are added to its
# command line, and the configuration passes through the command FREERADIUS_EDIT, where one is set.
start_freeradius() {
    local name=$1 namespace=$2 address=$3 secret=$4 users=$5
    local port=${6:-1812}
    local acct_port=${7:-$((port + 1))} acct_secret=${8:-$4}
    local dir=$WORK/$name
    mkdir -p "$dir"
    cp "$users" "$dir/users" || fail "no users file $users"
    freeradius_config "$dir" "$address" "$secret" "$port" "$acct_port" "$acct_secret" |
        ${FREERADIUS_EDIT:-cat} >"$dir/radiusd.conf"
    start "$name" "$namespace" freeradius -d "$dir" -f -l stdout ${FREERADIUS_FLAGS:-}
    wait_for_start "$PID" udp_bound "$namespace" "$acct_port"
}

# accounting_records NAME TYPE: how many accounting records of an Acct-Status-Type (Start, Stop, Interim-Update) came.
accounting_records() { grep -c "Acct-Status-Type = $2" "$WORK/$1/detail" 2>/dev/null || true; }

# freeradius_config DIR ADDRESS SECRET PORT ACCT-PORT ACCT-SECRET: writes radiusd.conf to standard output.
freeradius_config() {
    cat <<CONF
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = $1
logdir = $1
run_dir = $1
pidfile = $1/pid
max_request_time = 30
cleanup_delay = 30
max_requests = 262144
hostname_lookups = no
log {
	destination = stdout
	auth = no
}
security {
	max_attributes = 200
	reject_delay = 0
	status_server = yes
}
thread pool {
	start_servers = 2
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 4
	max_queue_size = 65536
}
clients authentication {
	client any4 {
		ipaddr = 0.0.0.0/0
		secret = "$3"
		require_message_authenticator = no
	}
}
clients accounting {
	client any4 {
		ipaddr = 0.0.0.0/0
		secret = "$6"
	}
}
modules {
	pap {
	}
	chap {
	}
	files {
		usersfile = $1/users
	}
	detail {
		filename = $1/detail
		permissions = 0600
		header = "%t"
	}
}
server default {
	listen {
		type = auth
		ipaddr = $2
		port = $4
		clients = authentication
	}
	listen {
		type = acct
		ipaddr = $2
		port = $5
		clients = accounting
	}
	authorize {
		chap
		files
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
	}
	accounting {
		detail
	}
}
CONF
}
