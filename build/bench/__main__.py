"""``python build/bench``: measure ours against other ways to do the job.

Nothing here is a test: a target that is missed is printed as missed, and the
exit status is 0 all the same. It is 1 only when something fails, or makes other
rows than ours.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for `bench` and `mixbuild`

from bench.contenders import ALL
from bench.job import Job
from bench.measure import peak_mib

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
START_UP = "start-up"
SCALE = "scale"
PUBLISHING = "publishing"
OPTIONS = "options"
TASKS = ("squad", "imdb")
PARTS = (*TASKS, START_UP, PUBLISHING, OPTIONS, SCALE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, report."""
    asked = _parse(arguments)
    if asked.alone:
        _alone(asked.alone)
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


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python build/bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", type=int, default=100_000, help="source rows of each task  [100000]"
    )
    parser.add_argument("--repeats", type=int, default=5, help="of each measurement  [5]")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=[*PARTS, *(each.name for each in ALL)],
        metavar="NAME",
        help=f"parts ({', '.join(PARTS)}), contenders as the table names them, or both",
    )
    parser.add_argument(
        "--scale",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the part with worker processes, on twenty times the rows",
    )
    parser.add_argument("--results", type=Path, default=BENCH / "results", metavar="DIR")
    parser.add_argument("--scratch", type=Path, default=ROOT / "out/bench", metavar="DIR")
    parser.add_argument(
        "--patience",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long to wait for a quiet machine before each measurement  [5]",
    )
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _alone(name: str) -> None:
    """Be the fresh process: print MiB after the imports, and at the peak, as JSON."""
    job = Job(**json.load(sys.stdin))
    contender = next(each for each in ALL if each.name == name)
    contender.import_needs()
    imports = peak_mib()
    contender.run(job)
    print(json.dumps([imports, peak_mib()]))


def _measure(asked: argparse.Namespace, scratch: Path) -> None:
    from bench import options, parts, publishing, report

    bench = parts.Bench(
        root=ROOT,
        scratch=scratch,
        results=asked.results,
        facts=report.environment(ROOT, datetime.now(timezone.utc)),
        rows=asked.rows,
        repeats=asked.repeats,
        patience_seconds=asked.patience,
        contenders=[each for each in ALL if each.name in asked.only] or list(ALL),
    )
    tasks = [task for task in TASKS if task in asked.only]
    chosen = [part for part in PARTS if part in asked.only] or list(PARTS)
    done = [parts.measure_task(bench, task) for task in TASKS if task in chosen]
    if START_UP in chosen:
        done.append(parts.measure_start_up(bench))
    if PUBLISHING in chosen:
        done += [publishing.measure_publishing(bench, task) for task in tasks or TASKS]
    if OPTIONS in chosen:
        done.append(options.measure_options(bench))
    if SCALE in chosen and asked.scale:
        done.append(parts.measure_scale(bench, tasks or TASKS))
    report.print_all([ratio for each in done for ratio in each.ratios], done)


if __name__ == "__main__":
    main()
