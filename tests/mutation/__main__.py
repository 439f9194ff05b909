"""Plant faults drawn at random, and list those that no test noticed."""

import argparse
import math
import random
import sys
from collections import Counter
from pathlib import Path

from tests.mutation.mutants import mutants
from tests.mutation.running import judge
from tests.mutation.targets import tests_of

HERE = Path(__file__).parent.parent.parent


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("paths", nargs="+", help="files or folders of minigrad")
    parser.add_argument("--sample", type=int, default=100, help="how many faults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60, help="stop after so many, and count what was judged")
    parser.add_argument("--lines", help="only faults in these lines, as 10-40")
    args = parser.parse_args(argv)

    given = [HERE / path for path in args.paths]
    files = sorted({file for path in given for file in ([path] if path.is_file() else path.rglob("*.py"))})
    possible = [mutant for file in files for mutant in mutants(file)]
    if args.lines:
        first, last = map(int, args.lines.split("-"))
        possible = [mutant for mutant in possible if first <= mutant.line <= last]
    drawn = random.Random(args.seed).sample(possible, min(args.sample, len(possible)))
    sources = {str(f): compile(f.read_text(), str(f), "exec", dont_inherit=True) for f in files}
    tell = lambda text: print(text, flush=True, file=sys.stderr)
    verdicts = judge(drawn, sources, [str(HERE / test) for test in tests_of(files, HERE)], tell, args.minutes)
    report(verdicts, len(possible), args.seed)
    return 0


def report(verdicts, possible: int, seed: int) -> None:
    """The score, and its 95 % interval."""
    counts = Counter(verdict for _, verdict in verdicts)
    total = len(verdicts)
    noticed = counts["noticed"] + counts["hung"]
    low, high = wilson(noticed, total)
    print(f"{total} of {possible} faults, seed {seed}: {noticed} noticed, {100 * noticed / total:.1f} %", end="")
    print(f" (95 % interval {100 * low:.1f} to {100 * high:.1f})")
    for mutant, verdict in sorted(verdicts, key=lambda pair: (str(pair[0].path), pair[0].line)):
        if verdict not in ("noticed", "hung"):
            print(f"  {verdict}: {Path(mutant.path).relative_to(HERE)}:{mutant.line}: {mutant.kind}: {mutant.text}")


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share that holds it with 95 % (Wilson 1927).

    >>> [round(bound, 3) for bound in wilson(90, 100)]
    [0.826, 0.945]
    """
    share = hits / total
    middle, spread = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


if __name__ == "__main__":
    sys.exit(main())
