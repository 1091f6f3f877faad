# SPDX-License-Identifier: ISC
"""`SEED TIMES NAME...`: in which order processes are killed, each so often, and how many seconds after the one before was
replaced. The same for the same seed."""
import random
import sys


def main():
    dice = random.Random(int(sys.argv[1]))
    plan = sys.argv[3:] * int(sys.argv[2])
    dice.shuffle(plan)
    for name in plan:
        print(name, f"{dice.uniform(0.2, 1.5):.3f}")


if __name__ == "__main__":
    main()
