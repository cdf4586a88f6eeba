"""What came of it: ratios first, met or missed, then the times; as tables and as JSON."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from bench.contenders import DUCKDB, FLOOR, MAP, OURS, POLARS, ROW_BY_ROW, Contender
from bench.measure import QUIET, Samples, fastest, median
from rich import box
from rich.console import Console
from rich.table import Table

LIBRARIES = ("pyarrow", "datasets", "huggingface_hub", "numpy", "polars", "duckdb")
WITH_SHA256 = " + SHA-256"


@dataclass(frozen=True)
class Ratio:
    """A number with a target, or one that only informs.

    Attributes:
        name: what over what.
        value: of medians.
        of_minima: the same ratio, of the fastest runs; None for what is no time.
        target: ``("<=", 1.25)``; None when it only informs.
        unit: nothing for a ratio.
        others: the share of the machine that others took during the more disturbed of the two.
    """

    name: str
    value: float
    of_minima: float | None = None
    target: tuple[str, float] | None = None
    unit: str = ""
    others: float = 0.0

    @property
    def met(self) -> bool | None:
        """Whether the target is met."""
        if self.target is None:
            return None
        sign, limit = self.target
        if sign == "<":
            return self.value < limit
        return self.value <= limit if sign == "<=" else self.value >= limit

    @property
    def disturbed(self) -> bool:
        """Whether others were too busy meanwhile for the number to be worth much."""
        return self.others > QUIET

    @property
    def verdict(self) -> str:
        """For the table."""
        words = {True: "[green]met[/]", False: "[bold red]NOT MET[/]", None: ""}[self.met]
        return words + (", disturbed" if self.disturbed else "")

    def to_json(self) -> dict[str, Any]:
        """For the results."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            **({"unit": self.unit} if self.unit else {}),
            **({"of_minima": round(self.of_minima, 3)} if self.of_minima is not None else {}),
            **({"target": f"{self.target[0]} {self.target[1]:g}"} if self.target else {}),
            **({"met": self.met} if self.target else {}),
            **({"disturbed": True} if self.disturbed else {}),
        }


def ratio(
    name: str,
    samples: Samples,
    over: str,
    under: str,
    target: tuple[str, float] | None,
    *,
    sha256: bool = False,
) -> Ratio:
    """The time of ``over`` in times of ``under``; with ``sha256``, files hashed by either."""
    above, below = samples[over], samples[under]
    return Ratio(
        name,
        median(above, sha256=sha256) / median(below, sha256=sha256),
        fastest(above, sha256=sha256) / fastest(below, sha256=sha256),
        target,
        others=max(statistics.median(each.others for each in side) for side in (above, below)),
    )


def best_of(
    groups: Iterable[str],
    contenders: Sequence[Contender],
    samples: Samples,
    *,
    sha256: bool = False,
) -> str | None:
    """The name of the contender with the lowest median in these groups."""
    among = [each.name for each in contenders if each.group in groups and each.name in samples]
    return min(among, key=lambda name: median(samples[name], sha256=sha256), default=None)


def task_ratios(task: str, contenders: Sequence[Contender], samples: Samples) -> list[Ratio]:
    """Ours against the fastest of the others, the floor, and row by row."""
    found: list[Ratio] = []
    if OURS not in samples:
        return found
    for groups, what, limit in (
        ((POLARS, DUCKDB, MAP), "the fastest other", 1.0),
        ((FLOOR,), "the floor", 1.25),
    ):
        for sha256 in (False, True):
            best = best_of(groups, contenders, samples, sha256=sha256)
            if best is not None:
                hashed = WITH_SHA256 if sha256 else ""
                name = f"{task}: ours / {what}{hashed} ({best})"
                found.append(ratio(name, samples, OURS, best, ("<=", limit), sha256=sha256))
    if ROW_BY_ROW in samples:
        target = (">=", 40.0) if task == "squad" else None
        found.append(ratio(f"{task}: {ROW_BY_ROW} / ours", samples, ROW_BY_ROW, OURS, target))
    return found


def environment(root: Path, date: datetime) -> dict[str, Any]:
    """When, of which commit, on what."""
    return {
        "date": date.astimezone(timezone.utc).isoformat(timespec="seconds"),
        **_commit(root),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def _commit(root: Path) -> dict[str, Any]:
    git = shutil.which("git")

    def ask(*arguments: str) -> str:
        command = [str(git), "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(ask("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):  # not a checkout
        return {"commit": None, "dirty": None}


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def times(samples: Samples, rows_bytes: int = 0) -> dict[str, dict[str, Any]]:
    """Per name: seconds, MB/s of finished rows, and how quiet the machine was."""
    found = {}
    for name, each in samples.items():
        found[name] = {
            **_spread([sample.seconds for sample in each]),
            **({"mb_per_s": round(rows_bytes / median(each) / 1e6, 1)} if rows_bytes else {}),
            "cpu_seconds": round(statistics.median(sample.cpu_seconds for sample in each), 4),
            "others_share": round(statistics.median(sample.others for sample in each), 3),
            "repeats": len(each),
        }
        if any(sample.sha256_seconds for sample in each):
            found[name]["with_sha256"] = {
                **_spread([sample.with_sha256 for sample in each]),
                "mb_per_s": round(rows_bytes / median(each, sha256=True) / 1e6, 1),
            }
    return found


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "median_s": round(statistics.median(seconds), 4),
        "min_s": round(min(seconds), 4),
        "max_s": round(max(seconds), 4),
    }


def save(folder: Path, name: str, ratios: Sequence[Ratio], facts: Mapping[str, Any]) -> None:
    """Write ``folder/name.json``, ratios first."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"ratios": [each.to_json() for each in ratios], **facts}
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Times:
    """A table to be printed.

    Attributes:
        title: what was measured.
        lines: as ``times`` makes them.
        with_sha256: the names that have a second line, with the hash.
    """

    title: str
    lines: Mapping[str, Mapping[str, Any]]
    with_sha256: Sequence[str] = ()


@dataclass(frozen=True)
class Part:
    """What came of one part."""

    ratios: Sequence[Ratio]
    tables: Sequence[Times]


def print_all(ratios: Sequence[Ratio], parts: Sequence[Part]) -> None:
    """All ratios with their targets, a miss as a miss; then the times."""
    # a table in a file or a pipe is not cut to the width of a terminal that is not there
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    table = _table("ratios", ("of medians", "of minima", "target", ""))
    for each in ratios:
        table.add_row(
            each.name,
            f"{each.value:.0f} {each.unit}" if each.unit else f"{each.value:.2f}",
            "" if each.of_minima is None else f"{each.of_minima:.2f}",
            f"{each.target[0]} {each.target[1]:g}" if each.target else "",
            each.verdict,
        )
    console.print(table)
    for part in parts:
        for each in part.tables:
            _print_times(console, each)


def _print_times(console: Console, times: Times) -> None:
    optional = {
        "MB/s": ("mb_per_s", "{:.0f}"),
        "CPU s": ("cpu_seconds", "{:.3f}"),
        "peak MiB": ("peak_mib", "{:.0f}"),
        "imports only": ("imports_only_mib", "{:.0f}"),
        "others took": ("others_share", "{:.0%}"),
    }
    shown = {
        heading: cell
        for heading, cell in optional.items()
        if any(cell[0] in line for line in times.lines.values())
    }
    table = _table(times.title, ("median s", "min s", "max s", *shown))
    for name, line in times.lines.items():
        rows = {name: line}
        if name in times.with_sha256 and "with_sha256" in line:
            rows[name + WITH_SHA256] = line["with_sha256"]
        for label, each in rows.items():
            seconds = [f"{each[key]:.3f}" for key in ("median_s", "min_s", "max_s")]
            others = [form.format(each[key]) if key in each else "" for key, form in shown.values()]
            table.add_row(label, *seconds, *others)
    console.print(table)


def _table(title: str, headings: Iterable[str]) -> Table:
    table = Table(title=title, box=box.SIMPLE, title_justify="left", title_style="bold")
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
