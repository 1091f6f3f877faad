# SPDX-License-Identifier: ISC
"""Checks a FreeRADIUS detail file: `FILE PREFIX`. Every accounting session has one Start, and after it one Stop. A record
that comes again as it was is a retransmission: a radiusd-client that is killed behind a server's answer sends it once more,
with the same identifier (RFC 5080 2.2.2), but FreeRADIUS forgets what it has answered. Prints how many sessions of users
with names PREFIX... there are, the sums of their input and output octets, and the number of such retransmissions."""
import sys

from detail import records

OF_ITS_TIME = ("Timestamp", "Acct-Delay-Time")


def main():
    kinds, totals, repeated = {}, [0, 0, 0], 0
    for record in records(sys.argv[1]):
        if "User-Name" not in record:
            continue
        content = {name: value for name, value in record.items() if name not in OF_ITS_TIME}
        seen = kinds.setdefault(record["Acct-Session-Id"], [])
        if content in seen:
            repeated += 1
            continue
        seen.append(content)
        if record["Acct-Status-Type"] == "Stop" and record["User-Name"].startswith(sys.argv[2]):
            totals[0] += 1
            totals[1] += int(record["Acct-Input-Octets"])
            totals[2] += int(record["Acct-Output-Octets"])
    odd = {key: seen for key, seen in kinds.items() if [r["Acct-Status-Type"] for r in seen] != ["Start", "Stop"]}
    if odd:
        sys.exit(f"{len(odd)} of {len(kinds)} sessions are not one Start and one Stop: {list(odd.items())[:20]}")
    print(*totals, repeated)


if __name__ == "__main__":
    main()
