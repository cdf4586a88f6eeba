"""What the tests of publishing stand on: builds, a Hub that asks for a token, ways to push.

``send`` goes as far as the commit, in this process, and loads nothing; ``push`` is the whole way
with the loading; the fixture ``command`` is ``python build …`` as a person runs it.

PYTEST_DONT_REWRITE: tests import it, and then name it as their plugin, for its fixtures.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from commands import Commands, load_here
from hub_server import LoopbackHub
from hub_server.clients import turn_to
from huggingface_hub import HfApi
from mixbuild.core.progress import silent
from mixbuild.declare.task import Task
from mixbuild.declare.template import Template
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import export, plots, split
from mixbuild.publish.hub import push as hub
from mixbuild.publish.hub.commit import publish
from mixbuild.publish.hub.plan import Covered, Plan, Pushed, Target, make_plan
from mixbuild.publish.hub.refs import make_place
from mixbuild.publish.hub.remote import look
from mixbuild.publish.hub.verify import Verified
from mixbuild.publish.manifest import PARQUET, PublishedConfig
from mixbuild.publish.release import File, published_configs, shard_files
from mixbuild.tasks import find

TOKEN = "a secret, of no known form"  # noqa: S105 - of a hub on the loopback
REPO = "org/mix"
COLUMNS = ["prompt", "completion", "references", "task", "template", "source", "id"]
OTHERWISE = Template("seed", "Say what the reviewer felt.\n{text}\n[OUTPUT]: {label}")


@dataclasses.dataclass(frozen=True)
class Built:
    """A build and what is to be published of it."""

    out: Path
    entries: Mapping[str, PublishedConfig]
    files: tuple[File, ...]


Builds = Callable[..., Built]


def rendered_otherwise(task: Task) -> Task:
    """Imdb with one template, another one under the name of the first."""
    slots = {"label": task.slots["label"]}
    return dataclasses.replace(task, templates=(OTHERWISE,), slots=slots)


def export_build(out: Path, file_format: str = PARQUET) -> Built:
    """What is to be published of the build in a folder."""
    entries = expect(out).configs
    splits = split.splits(out, entries, file_format=file_format)
    exported = [(each, export.export_split(each)) for each in splits]
    return Built(out, published_configs(entries, exported), tuple(shard_files(exported)))


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Builds from the samples, each made once: ``builds("squad", "imdb", otherwise=True)``.

    ``otherwise`` has imdb rendered by another template. Whoever changes a build copies it first.
    """

    @functools.cache
    def build(*names: str, otherwise: bool = False) -> Built:
        out = tmp_path_factory.mktemp("-".join(names)) / "out"
        tasks = [find(name) for name in names]
        if otherwise:
            tasks = [rendered_otherwise(task) if task.name == "imdb" else task for task in tasks]
        make(Request(tasks, out, dict.fromkeys(names, "samples")))
        return export_build(out)

    return build


@pytest.fixture
def loopback(tmp_path: Path) -> Iterator[LoopbackHub]:
    """A Hub to which the token alone may write."""
    with LoopbackHub(tmp_path / "hub", token=TOKEN) as served:
        yield served


@pytest.fixture
def api(loopback: LoopbackHub) -> HfApi:
    return HfApi(endpoint=loopback.endpoint, token=TOKEN)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No images: drawing them takes a while, and is tested elsewhere."""
    monkeypatch.setattr(plots, "rows_plot", lambda data: repr(data).encode())
    monkeypatch.setattr(plots, "lengths_plot", lambda data: repr(data).encode())
    monkeypatch.setattr(plots, "composition_plot", lambda data: repr(data).encode())


@dataclasses.dataclass
class Waits:
    """How long this process would have waited, each time; it does not."""

    by_thread: dict[int, list[float]] = dataclasses.field(default_factory=dict)

    def sleep(self, seconds: float) -> None:
        self.by_thread.setdefault(threading.get_ident(), []).append(seconds)

    @property
    def longest(self) -> float:
        return max(max(each) for each in self.by_thread.values())

    @property
    def total(self) -> float:
        """Of this thread, and of whichever it had to wait longest for."""
        sums = {thread: sum(each) for thread, each in self.by_thread.items()}
        own = sums.pop(threading.get_ident(), 0.0)
        return own + max(sums.values(), default=0.0)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Nothing in this process waits."""
    waits = Waits()
    monkeypatch.setattr(time, "sleep", waits.sleep)
    return waits


@pytest.fixture
def at_the_hub_with_workers(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> LoopbackHub:
    """The same, which this process and those that it starts find as theirs, with the token."""
    turn_to(loopback, tmp_path / "home", monkeypatch, HF_TOKEN=TOKEN)
    return loopback


@pytest.fixture
def at_the_hub(
    at_the_hub_with_workers: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> LoopbackHub:
    """The same, and what was pushed is loaded in this process: no worker starts."""
    load_here(monkeypatch.setattr)
    return at_the_hub_with_workers


def place(api: HfApi, target: Target) -> None:
    """Make the repo and the branch, where they are not there yet."""
    remote = look(api, target.repo, target.revision)
    if remote.commit is None:
        make_place(api, remote, private=target.private)


def send(api: HfApi, built: Built, target: Target | None = None, **options: Any) -> Pushed:
    """Publish, and load nothing."""
    target = target or Target(REPO)
    place(api, target)

    def plan_again(covered: Covered | None) -> Plan:
        file_format = built.files[0].path.rpartition(".")[2]
        return make_plan(api, target, built.entries, built.files, file_format, covered=covered)

    return publish(api, target, plan_again(None), plan_again, **options)


def push(
    api: HfApi, built: Built, target: Target | None = None, **options: Any
) -> tuple[Pushed, list[Verified]] | None:
    """Publish, load what was published, tag it."""
    options = {"show": lambda plan: None, "allow_mirrors": True, **options}
    return hub.push(
        built.out,
        target or Target(REPO),
        progress=lambda what, unit: nullcontext(silent),
        api=api,
        **options,
    )


def check_tree(api: HfApi, revision: str = "main") -> None:
    """Every file of the repo against the manifest that is there, and the card."""
    hub.verify_repo(api, REPO, revision, configs=())


def published(served: LoopbackHub, revision: str = "main") -> dict[str, Any]:
    """The manifest on the Hub."""
    manifest: dict[str, Any] = json.loads(served.files(REPO, revision)["manifest.json"])
    return manifest


def requests(served: LoopbackHub, method: str, part: str = "") -> list[str]:
    """The paths of the requests that match, in order."""
    return [each.path for each in served.log if each.method == method and part in each.path]


def writes(served: LoopbackHub) -> list[str]:
    """The requests that may change something; looking a card over changes nothing."""
    return [
        f"{each.method} {each.path}"
        for each in served.log
        if each.method not in ("GET", "HEAD") and each.path != "/api/validate-yaml"
    ]


Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(commands: Commands, loopback: LoopbackHub, tmp_path: Path) -> Command:
    """``python build …`` against the Hub, with the token unless another is given."""

    def run(*arguments: str | Path, **variables: str) -> CompletedProcess[str]:
        return commands.run(
            *arguments, env=environment(loopback, tmp_path) | variables, cwd=tmp_path
        )

    return run


def environment(served: LoopbackHub, tmp_path: Path) -> dict[str, str]:
    """Of a process that may write to the Hub."""
    return {**os.environ, **served.environment(tmp_path / "home"), "HF_TOKEN": TOKEN}
