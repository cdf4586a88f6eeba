"""``python build/bench``: measure ours against other ways to do the job.

Nothing here is a test: a target that is missed is printed as missed, and the
exit status is 0 all the same. It is 1 only when something fails, or makes other
rows than ours.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for `bench` and `mixbuild`

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
PARTS = (
    *("squad", "imdb", "start-up", "processes", "publishing", "scale", "mix", "duplicates"),
    "formats",
)


def main() -> None:
    """Read the arguments, measure, report."""
    asked = _parse()
    if asked.alone:
        from bench.contenders import ALL
        from bench.job import Job

        ALL[asked.alone](Job.from_json(sys.stdin.read()))
        return
    scratch: Path = asked.scratch.resolve()
    if scratch.exists() and any(scratch.iterdir()):
        raise SystemExit(f"benchmark: {scratch} is not empty; delete it, or choose --scratch")
    # read when the libraries are imported; nobody's caches are touched
    os.environ.setdefault("HF_HOME", str(scratch / "huggingface"))
    os.environ.setdefault("DATASETS_VERBOSITY", "error")
    try:
        _measure(asked, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python build/bench", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--rows", type=int, default=100_000, help="source rows of each task  [100000]")
    add("--repeats", type=int, default=5, help="of each measurement  [5]")
    add("--only", nargs="+", default=PARTS, choices=PARTS, metavar="PART", help=", ".join(PARTS))
    add("--results", type=Path, default=BENCH / "results.json", metavar="FILE")
    add("--scratch", type=Path, default=ROOT / "out/bench", metavar="DIR")
    add(
        "--patience",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long to wait for a quiet machine before each measurement  [5]",
    )
    add("--alone", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(asked: argparse.Namespace, scratch: Path) -> None:
    from bench import duplicates, formats, mix, publishing, report, rows, whole
    from bench.run import Bench

    bench = Bench(ROOT, scratch / "work", asked.rows, asked.repeats, asked.patience)
    parts: dict[str, Callable[[Bench], None]] = {
        "squad": partial(rows.measure_rows, task="squad"),
        "imdb": partial(rows.measure_rows, task="imdb"),
        "start-up": whole.measure_start_up,
        "processes": whole.measure_processes,
        "publishing": publishing.measure_publishing,
        "scale": whole.measure_scale,
        "mix": mix.measure_mix,
        "duplicates": duplicates.measure_duplicates,
        "formats": formats.measure_formats,
    }
    every = set(asked.only) == set(PARTS)
    how = {"rows": asked.rows, "repeats": asked.repeats}
    for number, name in enumerate(asked.only, 1):
        parts[name](bench)
        report.save(
            asked.results, bench.found, ROOT, apart=() if every else asked.only[:number], **how
        )
    report.show(bench.found)


if __name__ == "__main__":
    main()
