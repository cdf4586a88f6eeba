"""Whole processes, as users start them: start-up, against scripts, and by workers."""

from __future__ import annotations

from pathlib import Path

from bench.contenders import compare, read_rows
from bench.measure import in_turns
from bench.report import Ratio, say
from bench.run import Bench, empty

LIST, IMPORT = "python build list", "import datasets"
MAKE = "python build make"
SCRIPTS = ("polars", "DuckDB")
FILES = 8


def measure_start_up(bench: Bench) -> None:
    """The shortest command, and the import that it must not need."""
    say("start-up")
    empty(bench.scratch)
    works = {LIST: bench.command("build", "list"), IMPORT: bench.command("-c", IMPORT)}
    for work in works.values():
        work()
    samples = in_turns(works, 2 * bench.repeats, patience_seconds=bench.patience_seconds)
    bench.found.compare("start-up", samples, LIST, IMPORT, "<= 0.35")
    bench.found.add("start-up", samples)


def measure_processes(bench: Bench) -> None:
    """``make`` of four times the rows of imdb, against scripts that do the same."""
    rows = 4 * bench.rows
    source = bench.source("imdb", rows=rows)
    job, out = bench.job("imdb", source), Path(bench.out)
    works = {MAKE: bench.make("imdb", source)}
    works |= {f"a {name} script": bench.alone(name, job) for name in SCRIPTS}
    peaks = {}
    reference = None
    for name, work in works.items():
        say(f"processes: {name}: comparing, and peak memory")
        empty(out)
        peaks[name] = round(work.peak_mib())
        reference = reference or read_rows(out)
        compare(name, out, reference)
    del reference
    samples = in_turns(
        works,
        bench.repeats,
        before=lambda: empty(out),
        memory_mib=2_048,
        patience_seconds=bench.patience_seconds,
    )
    what = f"whole process, {rows:,} imdb rows"
    bench.found.compare(what, samples, MAKE, f"a {SCRIPTS[0]} script", "<= 1.2")
    bench.found.compare(what, samples, MAKE, f"a {SCRIPTS[1]} script")
    bench.found.ratios.append(Ratio(f"{what}: peak memory", peaks[MAKE], "<= 297", "MiB"))
    bench.found.add(what, samples, peak_mib=peaks)


def measure_scale(bench: Bench) -> None:
    """Two workers against one, twenty times the rows of imdb in ``FILES`` files."""
    rows = 20 * bench.rows
    say(f"scale: making {rows:,} rows")
    source = bench.source("imdb", rows=rows, files=FILES)
    one, two = "--num-proc 1", "--num-proc 2"
    works = {words: bench.make("imdb", source, *words.split()) for words in (one, two)}
    manifests = set()

    def look(_name: str) -> None:
        manifests.add((bench.out / "manifest.json").read_bytes())
        if len(manifests) > 1:
            raise SystemExit("benchmark: one worker and two make different manifests")

    samples = in_turns(
        works,
        min(bench.repeats, 3),
        before=lambda: empty(bench.out),
        after=look,
        memory_mib=5_120,
        patience_seconds=bench.patience_seconds,
    )
    what = f"scale, {rows:,} imdb rows in {FILES} files"
    bench.found.compare(what, samples, one, two, ">= 1.7")
    bench.found.add(what, samples)
    empty(bench.scratch)
