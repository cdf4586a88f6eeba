"""Publishing on a loopback Hub: our push against ``push_to_hub`` and ``upload_folder``.

Each publishes the same rows three times: new, unchanged, and with one template of several changed.
Seconds are those of whole processes, bytes are those that the Hub received.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from bench.measure import Command, Sample, in_turns
from bench.report import say
from bench.run import Bench, empty
from mixbuild.declare import EVERY
from mixbuild.make import Request, make
from mixbuild.tasks import find

TOKEN = "hf_benchmark"  # noqa: S105 - of a Hub that is gone afterwards
OURS, PUSH_TO_HUB, UPLOAD_FOLDER = "push", "push_to_hub", "upload_folder"
LOAD = """
import sys
from pathlib import Path
from datasets import Dataset, concatenate_datasets, disable_progress_bars
disable_progress_bars()
shards = sorted(Path(sys.argv[1]).rglob("*.arrow"))
rows = concatenate_datasets([Dataset.from_file(str(path)) for path in shards])
"""
SCRIPTS = {
    PUSH_TO_HUB: LOAD + "rows.push_to_hub(sys.argv[2], 'imdb', split='train')",
    UPLOAD_FOLDER: LOAD
    + """
from huggingface_hub import HfApi
folder = Path(sys.argv[1]).with_name("parquet")
rows.to_parquet(folder / "imdb/train.parquet")
HfApi().create_repo(sys.argv[2], repo_type="dataset", exist_ok=True)
HfApi().upload_folder(repo_id=sys.argv[2], folder_path=folder, repo_type="dataset")
""",
}


def measure_publishing(bench: Bench) -> None:
    """Every way, new, unchanged, and with one template changed; then ``verify``, ``rebuild``."""
    source = bench.source("imdb", rows=bench.rows // 8)
    task = find("imdb")
    first, *rest = task.templates
    text = first.text.replace("Classify", "Please classify")
    changed = replace(task, templates=(replace(first, text=text), *rest))
    builds = {"before": task, "after": changed}
    for name, each in builds.items():
        say(f"publishing: making {bench.rows // 8:,} rows by {len(task.templates)} templates")
        sources = {task.name: str(source.folder)}
        make(Request([each], bench.scratch / name, sources, splits=("train",), templates=EVERY))
    sys.path.insert(0, str(bench.root / "tests"))  # where the loopback Hub is
    from hub_server import LoopbackHub

    samples: dict[str, list[Sample]] = {}
    received: dict[str, int] = {}
    with LoopbackHub(bench.scratch / "hub", token=TOKEN) as hub:
        env = {**hub.environment(bench.scratch / "home"), "HF_TOKEN": TOKEN}
        for turn in range(min(bench.repeats, 3)):
            for when, build in (("new", "before"), ("unchanged", "before"), ("changed", "after")):
                for way in (OURS, *SCRIPTS):
                    say(f"publishing: {way}: {when}")
                    words = (str(bench.scratch / build), f"org/{way}_{turn}")
                    work = bench.command("-c", SCRIPTS.get(way, ""), *words, **env)
                    if way == OURS:
                        options = ("--out", words[0], "--allow-mirrors")
                        work = bench.command("build", "push", words[1], *options, **env)
                    asked = len(hub.log)
                    samples.setdefault(f"{way}, {when}", []).extend(_once(bench, work))
                    received[f"{way}, {when}"] = sum(
                        each.bytes_received for each in hub.log[asked:]
                    )
        first = f"org/{OURS}_0@v1.0.0"
        again = ("rebuild", first, "--source", f"{task.name}={source.folder}")
        for words in (("verify", first), again):
            say(f"publishing: {words[0]}")
            samples[words[0]] = _once(bench, bench.command("build", *words, **env))
    for when in ("new", "unchanged", "changed"):
        for other in SCRIPTS:
            target = "<= 1.0" if (when, other) == ("new", PUSH_TO_HUB) else ""
            bench.found.compare(
                "publishing", samples, f"{OURS}, {when}", f"{other}, {when}", target
            )
    bench.found.add("publishing: imdb by every template", samples, bytes_sent=received)
    empty(bench.scratch)


def _once(bench: Bench, work: Command) -> list[Sample]:
    return in_turns({"": work}, 1, patience_seconds=bench.patience_seconds)[""]
