# SPDX-License-Identifier: ISC
"""memory_search.py PID NAME=TEXT...: prints the names of the texts that the process has in memory that it may write."""
import re
import sys

pid = sys.argv[1]
texts = dict(word.split("=", 1) for word in sys.argv[2:])
found = set()
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        start, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
        if not mode.startswith("rw") or mode.endswith("s"):
            continue
        try:
            memory.seek(int(start, 16))
            octets = memory.read(int(end, 16) - int(start, 16))
        except OSError:  # guard pages, [vvar]
            continue
        found |= {name for name, text in texts.items() if text.encode() in octets}
print(*sorted(found))
