# SPDX-License-Identifier: ISC
"""Checks a FreeRADIUS detail file: `FILE PREFIX`. Every accounting session has one Start, and after it one Stop; what
Interim-Updates in between say only grows. A record that comes again as it was is a retransmission: a radiusd-client that
is killed behind a server's answer sends it once more, with the same identifier (RFC 5080 2.2.2), but FreeRADIUS forgets what
it has answered. Prints how many sessions of users with names PREFIX... there are, the sums of their input octets, output
octets, input packets and output packets, and the number of such retransmissions."""
import sys

from detail import records

SUMS = ("Acct-Input-Octets", "Acct-Output-Octets", "Acct-Input-Packets", "Acct-Output-Packets")
OF_ITS_TIME = ("Timestamp", "Acct-Delay-Time")


def main():
    known, kinds, latest, totals, repeated = {}, {}, {}, [0] * (1 + len(SUMS)), 0
    for record in records(sys.argv[1]):
        if "User-Name" not in record:
            continue
        key, kind = record["Acct-Session-Id"], record["Acct-Status-Type"]
        content = {name: value for name, value in record.items() if name not in OF_ITS_TIME}
        if content in known.setdefault(key, []):
            repeated += 1
            continue
        known[key].append(content)
        if kind != "Interim-Update":
            kinds.setdefault(key, []).append(kind)
        said = [int(record.get(name, 0)) for name in SUMS]
        if any(now < before for now, before in zip(said, latest.get(key, said))):
            sys.exit(f"less than before: {record}")
        latest[key] = said
        if kind == "Stop" and record["User-Name"].startswith(sys.argv[2]):
            totals = [total + more for total, more in zip(totals, [1, *said])]
    odd = {key: seen for key, seen in kinds.items() if seen != ["Start", "Stop"]}
    if odd:
        sys.exit(f"{len(odd)} of {len(kinds)} sessions are not one Start and one Stop: {list(odd.items())[:20]}")
    print(*totals, repeated)


if __name__ == "__main__":
    main()
