# SPDX-License-Identifier: ISC
"""`DEVICE SECONDS KBITS BURST SIZE|-HEADER`: is what arrives at a network device, in IP octets, so many kbit/s? Packets of
one SIZE, or of any with a HEADER in front. By the clock that both counters are read with: 3 % are allowed, and a bucket that
was full at first, of so many milliseconds at the rate. Exit status 0: yes, 1: less, 2: more. Prints the rate."""
import sys
import time

TOLERANCE = 0.03
QUICK = 0.005


def read(device):
    for _ in range(1000):  # not when the machine did something else in the midst of it
        with open("/proc/net/dev", encoding="ascii") as file:
            before = time.monotonic()
            rows = file.readlines()
            after = time.monotonic()
        if after - before < QUICK:
            break
    now = (before + after) / 2
    octets, packets = next(row.split(":")[1].split()[:2] for row in rows if row.strip().startswith(device + ":"))
    return now, int(octets), int(packets)


def main():
    device, seconds, kbits, burst, size = sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:])
    begin, octets, packets = read(device)
    time.sleep(seconds)
    end, octets_then, packets_then = read(device)
    packets = packets_then - packets
    passed = packets * size if size > 0 else octets_then - octets + packets * size
    rate = passed * 8 / 1000 / (end - begin)
    print(f"{rate:.1f} kbit/s, {(rate / kbits - 1) * 100:+.2f} %")
    if rate > kbits * (1 + TOLERANCE + burst / 1000 / (end - begin)):
        sys.exit(2)
    sys.exit(abs(rate / kbits - 1) > TOLERANCE)


if __name__ == "__main__":
    main()
